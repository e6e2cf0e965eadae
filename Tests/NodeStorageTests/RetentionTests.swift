import Datasets
import Foundation
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct RetentionTests {
  private let day: Int64 = 86_400

  /// A store with events all acknowledged at `seconds`.
  private func acknowledged(
    _ temporary: TemporaryStore, count: Int = 200, at seconds: Int64 = 10
  ) async throws -> (NodeStore, FakeCentre) {
    let store = try await temporary.open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<count).map { Fixture.punch($0) }, now: Fixture.clock(1))
    var centre = FakeCentre()
    for batch in try await store.batches(Fixture.attendance, rawBytesMax: 500) {
      _ = try await store.apply(try centre.receive(batch), now: Fixture.clock(seconds))
    }
    return (store, centre)
  }

  private func trimAll(_ store: NodeStore, at seconds: Int64, step: Int = 30) async throws -> Int {
    var turns = 1
    while try await store.trim(now: Fixture.clock(seconds), entriesMax: step) { turns += 1 }
    return turns
  }

  @Test func `acknowledged entries are kept for their time after the ack, then go in steps`() async throws {
    let (store, _) = try await acknowledged(TemporaryStore(), at: 30 * day)
    #expect(try await trimAll(store, at: 36 * day) == 1)
    #expect(try await store.stream(Fixture.attendance).earliestKept == Fixture.sequence(1))
    #expect(try await trimAll(store, at: 37 * day + 1) > 3)
    #expect(try await store.stream(Fixture.attendance).earliestKept == Fixture.sequence(201))
    // The copy stays, and with it the duplicates are known.
    let again = try await store.record(
      Fixture.attendance, rows: (0..<5).map { Fixture.punch($0) }, now: Fixture.clock(37 * day))
    #expect(again.duplicates == 5)
    #expect(try await store.digest(Fixture.attendance).count == 200)
    // And the stream goes on behind it.
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(500)], now: Fixture.clock(38 * day))
    let batch = try #require(try await store.batches(Fixture.attendance, after: Fixture.sequence(200)).first)
    #expect(batch.first == Fixture.sequence(201))
  }

  @Test func `what was not acknowledged stays, whatever its age`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1)], now: Fixture.clock(1))
    _ = try await store.batches(Fixture.attendance)
    #expect(try await trimAll(store, at: 1000 * day) == 1)
    #expect(try await store.stream(Fixture.attendance).earliestKept == Fixture.sequence(1))
  }

  @Test func `where the centre makes backups, what is not in one stays`() async throws {
    let (store, centre) = try await acknowledged(TemporaryStore())
    let mark = try #require(centre.applied[Fixture.attendance])
    let ack = Ack(
      session: 1, dataset: Fixture.attendance, incarnation: store.incarnation, applied: mark, quarantined: [],
      visibleAt: centre.cursor, backedUp: Fixture.sequence(50), credit: Credit(bytes: 0, messages: 0))
    #expect(try await store.apply(ack, now: Fixture.clock(11)) == .taken)
    _ = try await trimAll(store, at: 30 * day)
    let stream = try await store.stream(Fixture.attendance)
    #expect(stream.earliestKept > Fixture.sequence(1) && stream.earliestKept <= Fixture.sequence(51))
  }

  @Test func `a restored centre gets back what is kept, and the events that are not anew behind a gap`()
    async throws
  {
    let temporary = try TemporaryStore()
    let (store, _) = try await acknowledged(temporary)
    _ = try await store.trim(now: Fixture.clock(30 * day), entriesMax: 60)
    let kept = try await store.stream(Fixture.attendance).earliestKept
    #expect(kept > Fixture.sequence(1) && kept < Fixture.sequence(100))
    // The centre's backup knew the first few entries.
    var restored = FakeCentre()
    let early = try await batchBefore(kept)
    restored.applied[Fixture.attendance] = early
    let findings = try await store.applyWelcomePositions(
      [Welcome.Position(dataset: Fixture.attendance, applied: early)], now: Fixture.clock(31 * day))
    #expect(
      findings == [
        .centreBehind(
          Fixture.attendance, acknowledged: Fixture.sequence(200), applied: early.sequence)
      ])
    #expect(try await store.stream(Fixture.attendance).backlogChanges == 200 - kept.value + 1)
    try await store.send(Fixture.attendance, to: &restored)
    let trimmed = kept.value - 1 - early.sequence.value
    #expect(restored.applied[Fixture.attendance]?.sequence == Fixture.sequence(200 + trimmed))
    #expect(restored.gaps.map(\.reason) == [.trimmed])
    #expect(restored.gaps.first?.first == early.sequence.next && restored.gaps.first?.last == kept.previous)
    // Nothing is missing: the node's own table still had every one of them.
    #expect(restored.gaps.first?.recordCount == 0)
    #expect(try await store.ledger().isEmpty)
    #expect(restored.occurrences.count == 200 - Int(early.sequence.value))
    #expect(Set(restored.occurrences.map { $0.occurrence.bytes }).count == 200 - Int(early.sequence.value))
    let stream = try await store.stream(Fixture.attendance)
    #expect(
      stream.acknowledged == Fixture.sequence(200 + trimmed) && stream.backlogChanges == 0
        && stream.backlogBytes == 0)
    #expect(try await store.digest(Fixture.attendance).count == 200)
    // Set back once more, the centre is told the same, and nothing is recorded a second time.
    _ = try await store.applyWelcomePositions(
      [Welcome.Position(dataset: Fixture.attendance, applied: early)], now: Fixture.clock(32 * day))
    let again = try #require(try await store.batches(Fixture.attendance, after: early.sequence).first)
    let range = try #require(try EntryBlock.ranges(in: again.block()).first)
    #expect(try Entry(ByteReader(again.block(), range: range)) == .gap(try #require(restored.gaps.first)))
    #expect(try await store.stream(Fixture.attendance).last == Fixture.sequence(200 + trimmed))

    /// A place below what is kept, with the head that the chain had there.
    func batchBefore(_ kept: Datasets.Sequence) async throws -> StreamMark {
      let twin = try await TemporaryStore().open()
      _ = try await twin.record(
        Fixture.attendance, rows: (0..<200).map { Fixture.punch($0) }, now: Fixture.clock(1))
      let first = try #require(try await twin.batches(Fixture.attendance, rawBytesMax: 500).first)
      #expect(first.last < kept.previous)
      return StreamMark(sequence: first.last, head: first.head)
    }
  }

  @Test func `a trimmed gap ends where an incarnation does`() async throws {
    let temporary = try TemporaryStore()
    var centre = FakeCentre()
    for random: UInt64 in 1...3 {
      let store = try await temporary.open(random: random)
      let rows = (0..<40).map { Fixture.punch($0 + Int(random) * 100) }
      _ = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(1))
      try await store.send(Fixture.attendance, to: &centre)
      try store.close()
    }
    let store = try await temporary.open(random: 4)
    _ = try await trimAll(store, at: 30 * day, step: 1000)
    #expect(try await store.stream(Fixture.attendance).earliestKept == Fixture.sequence(121))
    _ = try await store.applyWelcomePositions([], now: Fixture.clock(31 * day))
    let batches = try await store.batches(Fixture.attendance)
    let gaps = batches.prefix(3)
    #expect(gaps.map(\.last.value) == [40, 80, 120])
    #expect(gaps.map(\.incarnation.random) == [1, 2, 3])
    #expect(gaps.last?.head == centre.applied[Fixture.attendance]?.head)
    // What they stand for comes again, as this incarnation's.
    #expect(batches.last?.last.value == 240 && batches.dropFirst(3).allSatisfy { $0.incarnation.random == 4 })
  }

  @Test func `what was trimmed of an incarnation that is forgotten goes as a gap of its own`() async throws {
    let temporary = try TemporaryStore()
    let limits = NodeStoreLimits(incarnationsKept: 1)
    var centre = FakeCentre()
    var marks: [StreamMark] = []
    for random: UInt64 in 1...3 {
      let store = try await temporary.open(random: random, limits: limits)
      try await store.welcomed(store.incarnation)
      let rows = (0..<40).map { Fixture.punch($0 + Int(random) * 100) }
      _ = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(1))
      try await store.send(Fixture.attendance, to: &centre)
      marks.append(try #require(centre.applied[Fixture.attendance]))
      try store.close()
    }
    let store = try await temporary.open(random: 4, limits: limits)
    try await store.welcomed(store.incarnation)
    for _ in 0..<2 { _ = try await trimAll(store, at: 30 * day, step: 1000) }
    #expect(try temporary.count("_incarnation") == 1)
    // The centre was set back to the end of the second.
    let position = Welcome.Position(dataset: Fixture.attendance, applied: marks[1])
    _ = try await store.applyWelcomePositions([position], now: Fixture.clock(31 * day))
    let gap = try #require(try await store.batches(Fixture.attendance, after: marks[1].sequence).first)
    #expect(gap.first.value == 81 && gap.last.value == 120)
    #expect(gap.incarnation.random == 3 && gap.head == marks[2].head)
    // And its answer is taken.
    let ack = Ack(
      session: 1, dataset: Fixture.attendance, incarnation: gap.incarnation, applied: marks[2], quarantined: [],
      visibleAt: centre.cursor, backedUp: nil, credit: Credit(bytes: 0, messages: 0))
    #expect(try await store.apply(ack, through: gap.last, now: Fixture.clock(31 * day)) == .taken)
    #expect(try await store.stream(Fixture.attendance).acknowledged.value == 120)
  }

  @Test func `events that a restored centre lost out of its quarantine come again, though they were trimmed`()
    async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<4).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let whole = try await store.digest(Fixture.attendance)
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(2), Fixture.sequence(3)]
    try await store.send(Fixture.attendance, to: &centre)
    _ = try await trimAll(store, at: 30 * day)
    #expect(try await store.heldBack().map(\.sequence.value) == [2, 3])

    var restored = FakeCentre()
    for seconds in [31 * day, 32 * day] {
      _ = try await store.applyWelcomePositions([], now: Fixture.clock(seconds))
      restored.applied = [:]
      try await store.send(Fixture.attendance, to: &restored)
    }
    // Asked twice, they come once.
    #expect(Set(restored.occurrences.map { $0.occurrence.bytes }).count == 4)
    #expect(Set(restored.occurrences.map(\.sequence)).count == 4)
    #expect(restored.gaps.allSatisfy { $0.recordCount == 0 })
    #expect(try await store.heldBack().isEmpty)
    #expect(try await store.ledger().isEmpty)
    #expect(try await store.digest(Fixture.attendance).digest == whole.digest)
  }

  @Test func `what was held and trimmed stays held where the centre has it still after it was set back and forth`()
    async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<4).map { Fixture.punch($0) }, now: Fixture.clock(1))
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(2)]
    try await store.send(Fixture.attendance, to: &centre)
    _ = try await trimAll(store, at: 30 * day)
    // A wrong backup for a moment, and the right one again before anything was sent.
    _ = try await store.applyWelcomePositions([], now: Fixture.clock(31 * day))
    let position = Welcome.Position(
      dataset: Fixture.attendance, applied: try #require(centre.applied[Fixture.attendance]))
    _ = try await store.applyWelcomePositions([position], now: Fixture.clock(31 * day))
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(9)], now: Fixture.clock(31 * day))
    try await store.send(Fixture.attendance, to: &centre)
    #expect(try await store.heldBack().map(\.sequence.value) == [2])
    #expect(try await store.digest(Fixture.attendance).count == 4)
  }

  @Test func `an edit that a restored centre lost out of its quarantine is told as lost, and what it said is shown`()
    async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)])
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(1)]
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    _ = try await trimAll(store, at: 30 * day)
    #expect(try await store.stream(Fixture.population).earliestKept == Fixture.sequence(2))
    _ = try await store.applyWelcomePositions([], now: Fixture.clock(31 * day))
    _ = try await store.batches(Fixture.population)
    let lost = try #require(try await store.heldBack().first)
    #expect(lost.code == "trimmed" && lost.change != nil)
    #expect(try await store.ledger().map(\.recordCount) == [1])
  }

  @Test func `edits of records stay until the feed has shown them`() async throws {
    let store = try await TemporaryStore().open()
    let ids = try await store.add((0..<10).map { Fixture.person($0) }).records
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    _ = try await trimAll(store, at: 30 * day)
    #expect(try await store.stream(Fixture.population).earliestKept == Fixture.sequence(1))
    try await store.take(try centre.feed())
    _ = try await trimAll(store, at: 30 * day)
    #expect(try await store.stream(Fixture.population).earliestKept == Fixture.sequence(11))
    let id = try #require(ids.first)
    #expect(try await store.history(Fixture.population, id).isEmpty)
    #expect(try await store.record(Fixture.population, id) != nil)
    #expect(try await store.add((0..<10).map { Fixture.person($0) }, at: 31 * day).unchanged == 10)
  }

  @Test func `samples leave the copy with their entries, the digest keeps them`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.camera, rows: (0..<50).map { Fixture.sample($0) }, now: Fixture.clock(1))
    var centre = FakeCentre()
    try await store.send(Fixture.camera, to: &centre)
    let digest = try await store.digest(Fixture.camera)
    _ = try await trimAll(store, at: 30 * day)
    #expect(try await store.occurrences(Fixture.camera).elements.isEmpty)
    #expect(try await store.digest(Fixture.camera) == digest)
    #expect(digest.count == 50 && digest.pending == 0)
  }

  @Test func `the same samples again change nothing also after they were trimmed`() async throws {
    let store = try await TemporaryStore().open()
    let rows = (0..<50).map { Fixture.sample($0) }
    _ = try await store.record(Fixture.camera, rows: rows, now: Fixture.clock(1))
    var centre = FakeCentre()
    try await store.send(Fixture.camera, to: &centre)
    _ = try await trimAll(store, at: 30 * day)
    let digest = try await store.digest(Fixture.camera)
    let again = try await store.record(Fixture.camera, rows: rows, now: Fixture.clock(30 * day))
    #expect(again.accepted == 50 && again.duplicates == 50 && again.first == nil)
    #expect(try await store.digest(Fixture.camera) == digest)
    // Other content of a key that was trimmed is news, but no other key.
    let other = try await store.record(
      Fixture.camera, rows: [Fixture.sample(7, detail: "lain")], now: Fixture.clock(30 * day))
    #expect(other.first == Fixture.sequence(51) && other.variants == 1)
    #expect(try await store.digest(Fixture.camera).count == 50)
    try await store.send(Fixture.camera, to: &centre)
    _ = try await trimAll(store, at: 60 * day)
    #expect(try await store.digest(Fixture.camera).digest == digest.digest)
    let third = try await store.record(
      Fixture.camera, rows: [Fixture.sample(7), Fixture.sample(7, detail: "lain")],
      now: Fixture.clock(60 * day))
    #expect(third.duplicates == 2)
  }

  @Test func `what is remembered of trimmed samples is bounded by a share of the quota`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open(limits: NodeStoreLimits(quotaBytes: 1_000_000))
    var centre = FakeCentre()
    for round in 0..<8 {
      let rows = (0..<500).map { Fixture.sample(round * 500 + $0) }
      _ = try await store.record(Fixture.camera, rows: rows, now: Fixture.clock(Int64(round) * 60 * day))
      for batch in try await store.batches(
        Fixture.camera, after: centre.applied[Fixture.camera]?.sequence ?? .none)
      {
        _ = try await store.apply(try centre.receive(batch), now: Fixture.clock(Int64(round) * 60 * day))
      }
      _ = try await trimAll(store, at: Int64(round) * 60 * day + 30 * day, step: 1000)
    }
    #expect(try await store.digest(Fixture.camera).count == 4000)
    let kept = try temporary.count("_trimmed_key")
    #expect(kept > 1000 && kept < 2000)
    let again = try await store.record(
      Fixture.camera, rows: (3500..<4000).map { Fixture.sample($0) }, now: Fixture.clock(600 * day))
    #expect(again.duplicates == 500)
  }

  @Test func `incarnations are forgotten when hello and entries no longer need them`() async throws {
    let temporary = try TemporaryStore()
    var centre = FakeCentre()
    for random: UInt64 in 1...80 {
      let store = try await temporary.open(random: random)
      _ = try await store.record(
        Fixture.attendance, rows: [Fixture.punch(Int(random))], now: Fixture.clock(1))
      try await store.send(Fixture.attendance, to: &centre)
      if random > 70 { try await store.welcomed(store.incarnation) }
      try store.close()
    }
    let store = try await temporary.open(random: 99, limits: NodeStoreLimits(incarnationsKept: 64))
    #expect(try temporary.count("_incarnation") == 81)
    _ = try await trimAll(store, at: 30 * day)
    _ = try await trimAll(store, at: 30 * day)
    #expect(try temporary.count("_incarnation") == 64)
    #expect(store.incarnation.generation == 81)
  }
}
