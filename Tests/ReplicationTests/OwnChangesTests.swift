import Datasets
import Replication
import Testing
import Wire

/// What an office wrote with a disk that it has no more: known from the feed, and its own all the same (ADR 0027).
@Suite struct OwnChangesTests {
  private let office = "kec-lalabata"

  /// A record as the feed gives it to a new disk: made at Disdukcapil, with an address of this office's lost disk.
  private func fed() -> RecordState {
    var state = RecordState.empty
    apply(&state, [(Fixture.nama, "Andi", .empty), (Fixture.wilayah, Fixture.village, .empty)], "disdukcapil", 1)
    apply(&state, [(Fixture.alamat, "JL. LAMA", .empty)], office, 7)
    return state
  }

  private func apply(
    _ state: inout RecordState, _ edits: [(FieldName, String, Context)], _ node: String, _ sequence: UInt64
  ) {
    let change = Change(
      record: Fixture.record, edits: edits.map { Change.Edit(field: $0.0, value: .text($0.1), saw: $0.2) },
      affirmation: .empty)
    state.apply(
      change, dot: Fixture.dot(node, sequence), time: Fixture.time(Int64(sequence)), isSuspect: false)
  }

  private func editor(_ state: RecordState) -> RecordEditor {
    RecordEditor(
      definition: Fixture.residents, node: Fixture.node(office), record: Fixture.record, state: state, own: .none)
  }

  private func version(_ state: RecordState) -> RecordVersion {
    RecordVersion(of: state, record: Fixture.record, definition: Fixture.residents)
  }

  @Test func `a save saw what the lost disk wrote, and is refused on a screen from before it`() throws {
    var before = RecordState.empty
    apply(&before, [(Fixture.nama, "Andi", .empty), (Fixture.wilayah, Fixture.village, .empty)], "disdukcapil", 1)
    let stale = version(before)
    let state = fed()
    let change = try #require(
      try editor(state).save([(Fixture.alamat, .text("JL. BARU"))], version: version(state)))
    #expect(change.edits[0].saw == Fixture.context((office, 7)))
    #expect(throws: EditRefusal.stale(fields: [Fixture.alamat])) {
      try editor(state).save([(Fixture.alamat, .text("JL. BARU"))], version: stale)
    }
    // Of another field it takes nothing away.
    #expect(try editor(state).save([(Fixture.nama, .text("Andi M."))], version: stale) != nil)
  }

  @Test func `a file's value does not replace what the lost disk wrote, but waits for a person`() throws {
    let plan = try editor(fed()).planImport(
      [(Fixture.alamat, .text("JL. BERKAS")), (Fixture.nama, .text("ANDI"))], memory: .none, source: "siak")
    #expect(plan.held.map(\.name) == [Fixture.alamat])
    #expect(plan.change?.edits.map(\.field) == [Fixture.nama])
    #expect(plan.change?.edits.map(\.saw) == [.empty])
  }

  // MARK: Offering back

  @Test func `what is offered back saw what both states know`() throws {
    let restored = fed()
    var shelved = restored
    apply(&shelved, [(Fixture.nama, "Andi A.", Fixture.context(("disdukcapil", 1)))], "disdukcapil", 2)
    let offer = try editor(restored).offer(shelved, reason: "x")
    let change = try #require(offer.change)
    #expect(offer.left.isEmpty)
    #expect(change.edits.map(\.field) == [Fixture.nama] && change.edits.map(\.value) == [.text("Andi A.")])
    // Not the change that the centre does not know: that would be a forged context.
    #expect(change.edits[0].saw == Fixture.context(("disdukcapil", 1)))
    #expect(change.traits == [])
    #expect(try editor(shelved).offer(shelved, reason: nil) == RecoveryOffer(change: nil, left: []))
    let creation = try #require(try editor(.empty).offer(shelved, reason: nil).change)
    #expect(creation.traits == .creation && creation.edits.allSatisfy { $0.saw == .empty })
    #expect(Set(creation.edits.map(\.field)) == [Fixture.nama, Fixture.wilayah, Fixture.alamat])
  }

  @Test func `of a union all that was lost is offered at once, and of other fields what was shown`() throws {
    let restored = fed()
    var shelved = restored
    func lose(_ field: FieldName, _ value: Value, _ node: String, _ sequence: UInt64) {
      let change = Change(
        record: Fixture.record, edits: [Change.Edit(field: field, value: value, saw: .empty)], affirmation: .empty)
      shelved.apply(
        change, dot: Fixture.dot(node, sequence), time: Fixture.time(Int64(sequence)), isSuspect: false)
    }
    lose(Fixture.hobi, .list(of: ["catur"]), "disdukcapil", 2)
    lose(Fixture.hobi, .list(of: ["voli"]), "kec-citta", 3)
    lose(Fixture.pekerjaan, .text("Petani"), "disdukcapil", 4)
    lose(Fixture.pekerjaan, .text("Nelayan"), "kec-citta", 5)
    let offer = try editor(restored).offer(shelved, reason: nil)
    #expect(offer.change?.edits.map(\.field) == [Fixture.hobi, Fixture.pekerjaan])
    #expect(offer.change?.edits.map(\.value) == [.list(of: ["catur", "voli"]), .text("Petani")])
    #expect(offer.left == [Fixture.pekerjaan])
  }

  @Test func `what this office cannot write beside its own value is left`() throws {
    let restored = fed()
    var shelved = restored
    // Later, by somebody who did not see this office's address: it was shown, and this office's stood beside it.
    apply(&shelved, [(Fixture.alamat, "JL. LAIN", .empty)], "disdukcapil", 9)
    let offer = try editor(restored).offer(shelved, reason: nil)
    #expect(offer == RecoveryOffer(change: nil, left: [Fixture.alamat]))
  }

  @Test func `the meet of two contexts is what both know`() {
    let one = Fixture.context(("disdukcapil", 3), (office, 7))
    let two = Fixture.context(("disdukcapil", 5), ("kec-citta", 1))
    #expect(one.meet(two) == Fixture.context(("disdukcapil", 3)))
    #expect(one.meet(two) == two.meet(one) && one.meet(.empty) == .empty)
  }
}
