import Datasets
import Replication
import Testing
import Wire

@Suite struct AuditTests {
  private static let time = Timestamp(milliseconds: 1_795_000_000_123)

  private func act(_ subject: String, count: UInt64? = nil, records: [RecordID] = [], reason: String? = "cek")
    -> AuditAct
  {
    AuditAct(
      caller: "socket", role: .admin, .reveal, subject, count: count, records: records, reason: reason)
  }

  /// A log of `count` entries.
  private func log(_ count: Int) -> [AuditedEntry] {
    var chain = StreamChain(at: .start)
    return (0..<count).map { index in
      chain.append(
        AuditEntry(
          sequence: chain.last.next, at: Self.time.advanced(byMilliseconds: Int64(index)),
          act: act(
            "population", count: UInt64(index), records: [RecordID(high: 1, low: UInt64(index))])))
    }
  }

  private func finding(_ entries: [AuditedEntry]) -> AuditVerification.Finding? {
    var verification = AuditVerification()
    do throws(AuditVerification.Finding) {
      for entry in entries { try verification.check(entry) }
      return nil
    } catch {
      return error
    }
  }

  private func place(_ value: UInt64) throws -> Datasets.Sequence {
    // Outside of the macro, to which a module's name is a value.
    let sequence = Datasets.Sequence(value)
    return try #require(sequence)
  }

  @Test func `the bytes of an entry are these for ever`() throws {
    let entry = AuditEntry(
      sequence: try place(300), at: Timestamp(milliseconds: 1),
      act: AuditAct(
        caller: "budi", role: .operator, office: NodeName("kec-citta"), .reveal, "population", count: 2,
        records: [RecordID(high: 0x0102_0304_0506_0708, low: 9)], reason: "KTP", outcome: nil))
    #expect(
      Hexadecimal.text(of: entry.bytes)
        == "01ac0200000000000000010462756469086f70657261746f7201096b65632d6369747461"
        + "0672657665616c0a706f70756c6174696f6e01020101020304050607080000000000000009" + "01034b545000")
  }

  @Test func `a log that nobody touched fits, and so does an empty one`() throws {
    #expect(finding(log(20)) == nil)
    var verification = AuditVerification()
    for entry in log(3) { try verification.check(entry) }
    #expect(verification.mark.sequence == (try place(3)))
    #expect(AuditVerification().mark == .start)
  }

  @Test func `an entry that was changed in any member is named`() throws {
    let entries = log(5)
    let original = entries[2].entry
    let other = original.act
    let changed: [AuditAct] = [
      AuditAct(caller: "x", role: .admin, .reveal, other.subject, count: 2, records: other.records, reason: "cek"),
      AuditAct(
        caller: "socket", role: .viewer, .reveal, other.subject, count: 2, records: other.records, reason: "cek"),
      AuditAct(caller: "socket", role: .admin, .edit, other.subject, count: 2, records: other.records, reason: "cek"),
      AuditAct(caller: "socket", role: .admin, .reveal, "x", count: 2, records: other.records, reason: "cek"),
      AuditAct(caller: "socket", role: .admin, .reveal, other.subject, count: 1, records: other.records, reason: "cek"),
      AuditAct(caller: "socket", role: .admin, .reveal, other.subject, count: 2, records: [], reason: "cek"),
      AuditAct(caller: "socket", role: .admin, .reveal, other.subject, count: 2, records: other.records, reason: nil),
      AuditAct(
        caller: "socket", role: .admin, .reveal, other.subject, count: 2, records: other.records, reason: "cek",
        outcome: "x"),
      AuditAct(
        caller: "socket", role: .admin, office: NodeName("a"), .reveal, other.subject, count: 2,
        records: other.records, reason: "cek"),
    ]
    for act in changed {
      var copy = entries
      copy[2] = AuditedEntry(
        entry: AuditEntry(sequence: original.sequence, at: original.at, act: act), head: entries[2].head)
      #expect(finding(copy) == .altered(try place(3)), "\(act)")
    }
    var later = entries
    later[2] = AuditedEntry(
      entry: AuditEntry(sequence: original.sequence, at: original.at.advanced(byMilliseconds: 1), act: other),
      head: entries[2].head)
    #expect(finding(later) == .altered(try place(3)))
  }

  @Test func `entries that changed places, are missing or doubled are named`() throws {
    let entries = log(6)
    var swapped = entries
    swapped.swapAt(2, 3)
    #expect(finding(swapped) == .misplaced(expected: try place(3), found: try place(4)))
    var missing = entries
    missing.remove(at: 1)
    #expect(finding(missing) == .misplaced(expected: try place(2), found: try place(3)))
    #expect(finding([entries[0]] + entries) == .misplaced(expected: try place(2), found: try place(1)))
    #expect(finding(Array(entries.dropFirst())) == .misplaced(expected: try place(1), found: try place(2)))
    // Numbered anew, the head gives it away.
    let third = AuditedEntry(
      entry: AuditEntry(sequence: try place(2), at: entries[2].entry.at, act: entries[2].entry.act),
      head: entries[2].head)
    #expect(finding([entries[0], third]) == .altered(try place(2)))
  }

  @Test func `a log whose end was cut off lacks the head that was noted`() throws {
    let entries = log(6)
    var whole = AuditVerification(noted: entries[3].head)
    for entry in entries { try whole.check(entry) }
    #expect(!whole.lacksNoted)
    #expect(whole.notedAt == (try place(4)))
    var cut = AuditVerification(noted: entries[3].head)
    for entry in entries.prefix(3) { try cut.check(entry) }
    #expect(cut.lacksNoted)
  }

  @Test func `an act is bounded and holds no number that somebody typed`() {
    let long = AuditAct(
      caller: String(repeating: "é", count: 200), role: .admin, .reveal, String(repeating: "x", count: 400), count: 90,
      records: (0..<90).map { RecordID(high: 0, low: $0) }, reason: "warga 7312040505680001 minta")
    #expect(long.caller.utf8.count == 100)
    #expect(long.subject.utf8.count == 200)
    #expect(long.records.count == 50)
    #expect(long.count == 90)
    #expect(long.reason == "warga **************** minta")
  }
}
