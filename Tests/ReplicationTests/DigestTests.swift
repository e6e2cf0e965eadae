import Datasets
import Replication
import Testing
import Wire

@Suite struct DigestTests {
  private func record(_ edits: [(FieldName, Value)], sequence: UInt64 = 1) -> RecordState {
    var state = RecordState.empty
    state.apply(
      Fixture.change(edits.map { ($0.0, $0.1, .empty) }, affirming: .empty),
      dot: Fixture.dot("disdukcapil", sequence), time: Fixture.time(1), isSuspect: false)
    return state
  }

  private func digest(
    _ state: RecordState, id: RecordID = Fixture.record, fields: Set<FieldName>? = nil
  ) -> DigestSum? {
    state.digest(id: id, fields: fields, scope: Fixture.wilayah)
  }

  @Test func `sums do not depend on order, and a part can be taken out again`() throws {
    var random = SplitMix64(seed: 8)
    let parts = (0..<50).map { _ in
      let bytes = (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      return DigestSum(Fixture.required(Hash256(bytes), "a hash of 32 bytes"))
    }
    var sum = DigestSum()
    for part in parts { sum += part }
    var shuffled = DigestSum()
    for part in parts.shuffled(using: &random) { shuffled += part }
    #expect(sum == shuffled)
    #expect(sum.hash == shuffled.hash)

    var rest = sum
    for part in parts.prefix(49) { rest -= part }
    #expect(rest == parts[49])
    rest -= parts[49]
    #expect(rest == DigestSum())
  }

  @Test func `sums carry and borrow over all 256 bits`() {
    var all = DigestSum(Fixture.hash(0xFF))
    let one = DigestSum(
      Fixture.required(Hash256([UInt8](repeating: 0, count: 31) + [1]), "one"))
    all += one
    #expect(all == DigestSum())
    all -= one
    #expect(all == DigestSum(Fixture.hash(0xFF)))
    #expect(all.description == String(repeating: "f", count: 64))
  }

  @Test func `a digest sees the id, every field, dot, value, time, suspicion and context`() {
    let base = record([(Fixture.nama, .text("Andi")), (Fixture.alamat, .text("x"))])
    var variants: [DigestSum?] = [digest(base)]
    variants.append(digest(base, id: RecordID(high: 1, low: 3)))
    variants.append(digest(record([(Fixture.nama, .text("Andy")), (Fixture.alamat, .text("x"))])))
    variants.append(digest(record([(Fixture.nama, .text("Andi"))])))
    variants.append(digest(record([(Fixture.nama, .text("x")), (Fixture.alamat, .text("Andi"))])))
    variants.append(
      digest(record([(Fixture.nama, .text("Andi")), (Fixture.alamat, .text("x"))], sequence: 2)))
    for change in 0..<3 {
      var other = base
      let sibling = other[Fixture.nama].siblings[0]
      other[Fixture.nama] = FieldState(
        context: change == 0
          ? Fixture.context(("disdukcapil", 1), ("kec-citta", 1)) : other[Fixture.nama].context,
        siblings: [
          Sibling(
            dot: sibling.dot, value: sibling.value, time: change == 1 ? Fixture.time(2) : sibling.time,
            isSuspect: change == 2)
        ])
      variants.append(digest(other))
    }
    #expect(!variants.contains(nil))
    #expect(Set(variants).count == variants.count)
  }

  @Test func `tombstones are left out, open deletes are not`() {
    var state = record([(Fixture.nama, .text("Andi"))])
    var open = state
    state.apply(
      Fixture.change([(.lifecycle, Lifecycle.deleted.value, Fixture.context(("disdukcapil", 1)))]),
      dot: Fixture.dot("disdukcapil", 2), time: Fixture.time(2), isSuspect: false)
    #expect(digest(state) == nil)
    open.apply(
      Fixture.change([(.lifecycle, Lifecycle.deleted.value, .empty)]), dot: Fixture.dot("kec-citta", 1),
      time: Fixture.time(2), isSuspect: false)
    #expect(digest(open) != nil)
  }

  @Test func `a reader of some fields has the centre's digest over those`() {
    let state = record([
      (Fixture.nama, .text("Andi")), (Fixture.alamat, .text("x")), (Fixture.wilayah, .text(Fixture.village)),
    ])
    let scope = FeedScope(definition: Fixture.residents, read: Fixture.read("mitra-data"))
    let visible = scope.visible(state, fields: [Fixture.nama])
    #expect(digest(state, fields: [Fixture.nama]) == digest(visible, fields: [Fixture.nama]))
    #expect(digest(state, fields: [Fixture.nama]) == digest(visible))
    #expect(digest(state, fields: [Fixture.nama]) != digest(state))
  }

  @Test func `an event's digest is over its dataset and natural key`() {
    let key: [Value] = [.text("CKJF1"), .text("7"), .integer(0)]
    let base = OccurrenceDigest.of(dataset: Fixture.dataset("attendance"), key: key)
    #expect(base == OccurrenceDigest.of(dataset: Fixture.dataset("attendance"), key: key))
    #expect(base != OccurrenceDigest.of(dataset: Fixture.dataset("camera"), key: key))
    #expect(base != OccurrenceDigest.of(dataset: Fixture.dataset("attendance"), key: key.reversed()))
    // Two keys that would join to one text are two keys.
    let joined = OccurrenceDigest.of(dataset: Fixture.dataset("attendance"), key: [.text("a"), .text("bc")])
    #expect(
      joined != OccurrenceDigest.of(dataset: Fixture.dataset("attendance"), key: [.text("ab"), .text("c")]))
  }
}
