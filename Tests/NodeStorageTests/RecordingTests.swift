import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct RecordingTests {
  @Test func `sequences have no gaps, duplicates append nothing`() async throws {
    let store = try await TemporaryStore().open()
    let rows = (0..<10).map { Fixture.punch($0) }
    let first = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(1))
    #expect(first.accepted == 10 && first.duplicates == 0)
    #expect(first.first == Fixture.sequence(1) && first.last == Fixture.sequence(10))
    let again = try await store.record(
      Fixture.attendance, rows: rows + [Fixture.punch(10)], now: Fixture.clock(2))
    #expect(again.accepted == 11 && again.duplicates == 10)
    #expect(again.first == Fixture.sequence(11) && again.last == Fixture.sequence(11))
    let none = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(3))
    #expect(none.first == nil && none.duplicates == 10)
  }

  @Test func `the same key with other content is appended and the greater one stays out of sight`()
    async throws
  {
    let store = try await TemporaryStore().open()
    let key = Fixture.punch(1)
    let keyValues = key.fields.map(\.1)
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1, verify: 1)], now: Fixture.clock(5))
    let later = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1, verify: 2)], now: Fixture.clock(6))
    #expect(later.variants == 1 && later.accepted == 1 && later.last == Fixture.sequence(2))
    func shown() async throws -> [Value?] {
      try await store.occurrences(Fixture.attendance).elements.map { $0[Fixture.field("verify")] }
    }
    #expect(try await shown() == [.integer(1)])
    // A clock that went back makes this one the lesser: it comes into sight, the other goes out of it.
    let earlier = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1, verify: 3)], now: Fixture.clock(2))
    #expect(earlier.variants == 1)
    #expect(try await shown() == [.integer(3)])
    let variants = try await store.variants(Fixture.attendance, key: keyValues)
    #expect(variants.map { $0[Fixture.field("verify")] } == [.integer(1), .integer(2)])
    // A variant again is a duplicate.
    let again = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1, verify: 2)], now: Fixture.clock(9))
    #expect(again.duplicates == 1 && again.first == nil)
    #expect(try await store.digest(Fixture.attendance).count == 1)
  }

  @Test func `all entries have the shape of the definition`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1), Fixture.punch(2, verify: 4)], now: Fixture.clock(1))
    let entries = try #require(try await store.batches(Fixture.attendance).first).decoded()
    for entry in entries {
      guard case .occurrence(_, let occurrence) = entry else {
        Issue.record("not an occurrence")
        continue
      }
      #expect(occurrence.fields.map(\.name.text) == ["device", "pin", "time", "status", "verify"])
    }
  }

  @Test func `rows that do not fit are rejected with their line, the others are taken`() async throws {
    let store = try await TemporaryStore().open()
    var bad = Fixture.punch(7)
    bad.fields[3].value = .integer(999)
    let result = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1), bad], now: Fixture.clock(1))
    #expect(result.accepted == 1)
    #expect(result.rejected.map(\.line) == [8])
  }

  @Test func `a write rule of some fields takes rows that leave the others out`() async throws {
    var definition = Fixture.attendanceDefinition
    let fields = ["device", "pin", "time", "status"].map(Fixture.field)
    definition.write = [AccessRule(roles: ["*"], fields: fields)]
    let store = try await TemporaryStore().open(definitions: [definition])
    let result = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1), Fixture.punch(2, verify: 1)], now: Fixture.clock(1))
    #expect(result.accepted == 1 && result.rejected.map(\.problem.code) == ["write_rule"])
  }

  @Test func `the digest is the sum over natural keys`() async throws {
    let store = try await TemporaryStore().open()
    let rows = (0..<20).map { Fixture.punch($0) }
    _ = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(1))
    var sum = DigestSum()
    for row in rows {
      sum += OccurrenceDigest.of(dataset: Fixture.attendance, key: row.fields.map(\.1))
    }
    let digest = try await store.digest(Fixture.attendance)
    #expect(digest.digest == sum && digest.count == 20 && digest.pending == 20)
  }

  @Test func `lists come in pages, with filters`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<25).map { Fixture.punch($0) }, now: Fixture.clock(1))
    var seen: [Value?] = []
    var cursor: String?
    repeat {
      let page = try await store.occurrences(Fixture.attendance, RecordQuery(limit: 10, cursor: cursor))
      seen += page.elements.map { $0[Fixture.field("pin")] }
      cursor = page.next
    } while cursor != nil
    #expect(seen.count == 25 && Set(seen).count == 25)
    let one = try await store.occurrences(
      Fixture.attendance, RecordQuery(equals: [(Fixture.field("pin"), .text("7"))]))
    #expect(one.elements.count == 1)
    await #expect(throws: StoreError.self) {
      try await store.occurrences(Fixture.attendance, RecordQuery(cursor: "zz"))
    }
  }

  @Test func `a flipped bit in an event is not shown, and it is put back from its entry`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    let rows = (0..<10).map { Fixture.punch($0, verify: 1) }
    _ = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(1))
    let whole = try await store.occurrences(Fixture.attendance).elements.map { $0.fields.map(\.value) }
    try temporary.execute("UPDATE attendance SET verify = 9 WHERE pin = '3'")
    try temporary.execute("UPDATE attendance SET pin = '77' WHERE pin = '5'")
    #expect(try await store.occurrences(Fixture.attendance).elements.count == 8)
    try await store.check(now: Fixture.clock(2))
    #expect(try await store.occurrences(Fixture.attendance).elements.map { $0.fields.map(\.value) } == whole)
    #expect(try await store.status().damaged == 2)
    #expect(try await store.digest(Fixture.attendance).count == 10)
  }
}
