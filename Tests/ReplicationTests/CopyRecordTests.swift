import Datasets
import Replication
import Testing
import Wire

/// The overlay rule: an own edit stays laid over the copy until the feed shows it.
@Suite struct CopyRecordTests {
  private let rule = Fixture.residents.rule(for: Fixture.alamat)

  private func pending(_ sequence: UInt64, _ value: String, saw: Context = .empty) -> CopyRecord.Pending {
    CopyRecord.Pending(
      change: Fixture.change([(Fixture.alamat, .text(value), saw)], affirming: .empty),
      dot: Fixture.dot("kec-lalabata", sequence), time: Fixture.time(Int64(sequence)), isSuspect: false)
  }

  private func state(_ changes: [CopyRecord.Pending], others: [(UInt64, String)] = []) -> RecordState {
    var state = RecordState.empty
    for (sequence, value) in others {
      state.apply(
        Fixture.change([(Fixture.alamat, .text(value), .empty)]), dot: Fixture.dot("disdukcapil", sequence),
        time: Fixture.time(0), isSuspect: false)
    }
    for change in changes {
      state.apply(change.change, dot: change.dot, time: change.time, isSuspect: change.isSuspect)
    }
    return state
  }

  private func shown(_ record: CopyRecord) -> Value? { record.state[Fixture.alamat].shown(by: rule) }

  @Test func `an own edit shows at once and lies over what the feed said`() {
    var record = CopyRecord()
    record.receive(state([], others: [(1, "lama")]), pending: [])
    let edit = pending(1, "baru", saw: Fixture.context(("disdukcapil", 1)))
    record.edit(edit)
    #expect(shown(record) == .text("baru"))
    #expect(record.base == state([], others: [(1, "lama")]))
    #expect(record.own[Fixture.alamat] == Context(edit.dot))
    #expect(record.own[.lifecycle] == Context(edit.dot))
  }

  @Test func `an ack that overtakes an older snapshot does not take the edit away`() {
    // The ack says: visible at 10. A snapshot of position 8 is still on its way.
    let edit = pending(1, "baru", saw: Fixture.context(("disdukcapil", 1)))
    let visibleAt = FeedCursor(epoch: Incarnation(generation: 1, random: 0), position: 10)
    var record = CopyRecord()
    record.receive(state([], others: [(1, "lama")]), pending: [])
    record.edit(edit)

    let older = FeedCursor(epoch: visibleAt.epoch, position: 8)
    record.receive(state([], others: [(1, "lama")]), pending: older.hasReached(visibleAt) ? [] : [edit])
    #expect(shown(record) == .text("baru"))

    let after = FeedCursor(epoch: visibleAt.epoch, position: 10)
    record.receive(
      state([edit], others: [(1, "lama")]), pending: after.hasReached(visibleAt) ? [] : [edit])
    #expect(shown(record) == .text("baru"))
    #expect(record.state == record.base)
  }

  @Test func `a restarted centre's epoch does not end an overlay before its position`() {
    let visibleAt = FeedCursor(epoch: Incarnation(generation: 1, random: 0), position: 100)
    let restarted = Incarnation(generation: 2, random: 0)
    #expect(FeedCursor(epoch: restarted, position: 95) > visibleAt)
    #expect(!FeedCursor(epoch: restarted, position: 95).hasReached(visibleAt))
    #expect(FeedCursor(epoch: restarted, position: 100).hasReached(visibleAt))
  }

  @Test func `an edit that the centre holds back goes when its overlay ends`() {
    var record = CopyRecord()
    record.receive(state([], others: [(1, "lama")]), pending: [])
    record.edit(pending(1, "ditahan"))
    record.endOverlays(remaining: [])
    #expect(shown(record) == .text("lama"))
    // It stays an own edit: the next one must have seen it.
    #expect(record.own[Fixture.alamat] == Context(Fixture.dot("kec-lalabata", 1)))
  }

  @Test func `overlays outlive a retraction, and the record is gone after the last`() {
    let first = pending(1, "a")
    let second = pending(2, "b", saw: Fixture.context(("kec-lalabata", 1)))
    var record = CopyRecord()
    record.edit(first)
    record.edit(second)
    record.retract(pending: [second])
    #expect(record.base == nil)
    #expect(shown(record) == .text("b"))
    record.retract(pending: [])
    #expect(record.state.isEmpty)
    #expect(record.own[Fixture.alamat] == Context(second.dot))
  }

  @Test func `what the feed shows already is not doubled by an overlay that stays longer`() {
    let edit = pending(1, "baru")
    var record = CopyRecord()
    record.receive(state([edit]), pending: [edit])
    #expect(record.state == record.base)
    #expect(record.state[Fixture.alamat].siblings.count == 1)
  }

  @Test func `own edits come back from their bytes`() throws {
    var own = OwnEdits.none
    #expect(own.isEmpty)
    own.record(pending(1, "a").change, dot: Fixture.dot("kec-lalabata", 1))
    own.record(pending(7, "b").change, dot: Fixture.dot("kec-lalabata", 7, generation: 2))
    var registry = FieldRegistry()
    let bytes = own.bytes(registry: &registry)
    #expect(try OwnEdits(bytes: bytes, registry: registry) == own)
    for length in 0..<bytes.count {
      #expect(throws: WireError.self) { try OwnEdits(bytes: Array(bytes[..<length]), registry: registry) }
    }
  }
}
