import Datasets
import NodeStorage
import Replication
import Testing
import Wire

/// Events and samples that the centre does not take at once.
@Suite struct VerdictTests {
  private func verdict(
    _ sequence: UInt64, _ outcome: Verdict.Outcome, at store: NodeStore, incarnation: Incarnation? = nil,
    of dataset: DatasetName = Fixture.attendance
  ) -> Feed {
    let verdict = Verdict(
      dataset: dataset, incarnation: incarnation ?? store.incarnation,
      sequence: Fixture.sequence(sequence), outcome: outcome, effective: Timestamp(milliseconds: Fixture.start),
      reason: "diperiksa")
    let cursor = FeedCursor(epoch: FakeCentre().epoch, position: 100 + sequence)
    return Feed(session: 1, cursor: cursor, part: .verdicts([verdict]))
  }

  @Test func `an event that is held is out of the copy, and back in it once it is taken`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<4).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let whole = try await store.digest(Fixture.attendance)
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(2), Fixture.sequence(3)]
    try await store.send(Fixture.attendance, to: &centre)
    #expect(try await store.heldBack().map(\.sequence.value) == [2, 3])
    #expect(try await store.occurrences(Fixture.attendance).elements.count == 2)
    #expect(try await store.digest(Fixture.attendance).count == 2)

    // Of another line of this office's, or of nothing that is held, it says nothing.
    _ = try await store.apply(
      verdict(2, .applied, at: store, incarnation: Incarnation(generation: 9, random: 9)), now: Fixture.clock(2))
    _ = try await store.apply(verdict(1, .discarded, at: store), now: Fixture.clock(2))
    #expect(try await store.heldBack().count == 2)
    #expect(try await store.digest(Fixture.attendance).count == 2)

    for sequence: UInt64 in [2, 3] {
      _ = try await store.apply(verdict(sequence, .applied, at: store), now: Fixture.clock(3))
    }
    #expect(try await store.heldBack().isEmpty)
    #expect(try await store.digest(Fixture.attendance).digest == whole.digest)
    #expect(try await store.ledger().isEmpty)
  }

  @Test func `what a restored centre takes in is held no more, and what it holds still is`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<4).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let whole = try await store.digest(Fixture.attendance)
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(2), Fixture.sequence(3)]
    try await store.send(Fixture.attendance, to: &centre)
    for (held, count) in [([3], 3), ([], 4)] as [([UInt64], UInt64)] {
      // Set back to before it had anything of this office.
      _ = try await store.applyWelcomePositions([], now: Fixture.clock(20))
      var restored = FakeCentre()
      restored.quarantines = Set(held.map { Fixture.sequence($0) })
      try await store.send(Fixture.attendance, to: &restored)
      #expect(try await store.heldBack().map(\.sequence.value) == held)
      #expect(try await store.digest(Fixture.attendance).count == count)
    }
    #expect(try await store.digest(Fixture.attendance).digest == whole.digest)
  }

  @Test func `a change that is given up is told as that, not as merged`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(1)]
    try await store.send(Fixture.population, to: &centre)
    func newest() async throws -> EntryTrace {
      try #require(try await store.trace(Fixture.population, id, limit: 20)?.own.first)
    }
    #expect(try await newest().heldBack != nil)
    _ = try await store.apply(verdict(1, .discarded, at: store, of: Fixture.population), now: Fixture.clock(2))
    let entry = try await newest()
    #expect(entry.discardWords == "diperiksa" && entry.heldBack == nil && !entry.isInCopy)
  }

  @Test func `an event that is given up stays out of the copy and stands in the ledger, once`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<3).map { Fixture.punch($0) }, now: Fixture.clock(1))
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(2)]
    try await store.send(Fixture.attendance, to: &centre)
    for _ in 0..<2 { _ = try await store.apply(verdict(2, .discarded, at: store), now: Fixture.clock(2)) }
    #expect(try await store.heldBack().isEmpty)
    #expect(try await store.digest(Fixture.attendance).count == 2)
    #expect(try await store.ledger().map(\.reason) == [.discarded])
    #expect(try await store.ledger().first?.first == Fixture.sequence(2))
  }

  @Test
  func `an event that was given up and that a restored centre takes in is back in the copy, and not in the ledger`()
    async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<3).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let whole = try await store.digest(Fixture.attendance)
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(2)]
    try await store.send(Fixture.attendance, to: &centre)
    _ = try await store.apply(verdict(2, .discarded, at: store), now: Fixture.clock(2))
    #expect(try await store.digest(Fixture.attendance).count == 2)
    _ = try await store.applyWelcomePositions([], now: Fixture.clock(20))
    var restored = FakeCentre()
    try await store.send(Fixture.attendance, to: &restored)
    #expect(try await store.ledger().isEmpty)
    #expect(try await store.digest(Fixture.attendance).digest == whole.digest)
  }

  @Test func `an ack that comes after the decision says that the entry was given up`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<3).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let batch = try #require(try await store.batches(Fixture.attendance).first)
    let ack = Ack(
      session: 1, dataset: Fixture.attendance, incarnation: store.incarnation,
      applied: StreamMark(sequence: batch.last, head: batch.head),
      quarantined: [Ack.Quarantined(sequence: Fixture.sequence(3), code: "discarded", reason: "percobaan")],
      visibleAt: FakeCentre().cursor, backedUp: nil, credit: Credit(bytes: 0, messages: 0))
    #expect(try await store.apply(ack, now: Fixture.clock(2)) == .taken)
    #expect(try await store.heldBack().isEmpty)
    #expect(try await store.digest(Fixture.attendance).count == 2)
    #expect(try await store.ledger().map(\.reason) == [.discarded])
  }
}
