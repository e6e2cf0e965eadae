import Datasets
import Foundation
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct WelcomeTests {
  private let alamat = Fixture.field("alamat")

  @Test func `a welcome is stored at once: incarnation, documents, positions and copy`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1)], now: Fixture.clock(1))
    let centre = FakeCentre()
    let outcome = try await store.store(
      centre.welcome(
        store.incarnation, feed: .reset(sweepAt: 7), ruleVersion: 42,
        documents: [Document(name: "profile", text: "x")]),
      now: Fixture.clock(2))
    #expect(outcome.hasDocuments && outcome.findings == [.agrees(Fixture.attendance)])
    let standing = try await store.copyStanding()
    #expect(standing.ruleVersion == 42 && standing.isResetting)
    #expect(standing.cursor == FeedCursor(epoch: centre.epoch, position: 0))
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(3), report: NodeReport())
    #expect(hello.ruleVersion == 42 && hello.lineage.count == 1 && hello.documents.count == 1)
  }

  @Test func `acks are taken only for what was sent, on this chain, under incarnations of this node`()
    async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<9).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let batch = try #require(
      try await store.loadBatch(
        Fixture.attendance, after: .none, rawBytesMax: 1 << 20, entriesMax: 5, now: Fixture.clock(2)))
    func ack(_ sequence: UInt64, head: Hash256, incarnation: Incarnation) -> Ack {
      Ack(
        session: 1, dataset: Fixture.attendance, incarnation: incarnation,
        applied: StreamMark(sequence: Fixture.sequence(sequence), head: head), quarantined: [],
        visibleAt: FakeCentre().cursor, backedUp: nil, credit: Credit(bytes: 0, messages: 0))
    }
    let head = batch.batch.head
    let stranger = Incarnation(generation: 9, random: 9)
    for nonsense in [
      ack(6, head: head, incarnation: store.incarnation), ack(5, head: .zero, incarnation: store.incarnation),
      ack(4, head: head, incarnation: store.incarnation), ack(5, head: head, incarnation: stranger),
    ] {
      #expect(try await store.apply(nonsense, now: Fixture.clock(3)) != .taken)
    }
    #expect(try await store.stream(Fixture.attendance).acknowledged == .none)
    #expect(
      try await store.apply(ack(5, head: head, incarnation: store.incarnation), now: Fixture.clock(3))
        == .taken)
    let stream = try await store.stream(Fixture.attendance)
    #expect(stream.acknowledged == Fixture.sequence(5) && stream.backlogChanges == 4)
  }

  @Test func `edits that a restored centre lost lie over the copy again and are sent again`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    let backup = centre
    _ = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("JL. BARU"))], version: nil, now: Fixture.clock(5))
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    #expect(try await store.digest(Fixture.population).pending == 0)

    centre = backup
    centre.epoch = Incarnation(generation: 2, random: 7)
    let outcome = try await store.store(
      centre.welcome(store.incarnation, feed: .reset(sweepAt: centre.position)), now: Fixture.clock(6))
    #expect(
      outcome.findings == [
        .centreBehind(Fixture.population, acknowledged: Fixture.sequence(2), applied: Fixture.sequence(1))
      ])
    try await store.take(try centre.feed())
    #expect(try await store.person(1)[alamat] == .text("JL. BARU"))
    #expect(try await store.digest(Fixture.population).pending == 1)
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    let digest = try await store.digest(Fixture.population)
    #expect(digest.pending == 0 && digest.digest == centre.digest().sum)
    #expect(centre.states[id]?[alamat].siblings.map(\.value) == [.text("JL. BARU")])
  }

  @Test func `a store restored from a backup takes the centre's stand for what it had not sealed`()
    async throws
  {
    let temporary = try TemporaryStore()
    let restored = try TemporaryStore()
    var centre = FakeCentre()
    let store = try await temporary.open(random: 1)
    _ = try await store.record(
      Fixture.attendance, rows: (0..<10).map { Fixture.punch($0) }, now: Fixture.clock(1))
    try store.close()
    try temporary.copy(to: restored)
    // The original goes on and sends; then its disk is lost.
    let lost = try await temporary.open(random: 2)
    try await lost.send(Fixture.attendance, to: &centre)
    try lost.close()

    let again = try await restored.open(random: 3)
    _ = try await again.record(Fixture.attendance, rows: [Fixture.punch(77)], now: Fixture.clock(30))
    #expect(try await again.stream(Fixture.attendance).sealed == .none)
    let findings = try await again.applyWelcomePositions(
      [
        Welcome.Position(
          dataset: Fixture.attendance, applied: try #require(centre.applied[Fixture.attendance]))
      ],
      now: Fixture.clock(31))
    #expect(
      findings == [.centreStands(Fixture.attendance, sealed: .none, applied: Fixture.sequence(10))])
    try await again.send(Fixture.attendance, to: &centre)
    #expect(centre.applied[Fixture.attendance]?.sequence == Fixture.sequence(11))
    #expect(try await again.stream(Fixture.attendance).backlogChanges == 0)
  }

  @Test func `a snapshot that is older than a stream has another history than the centre`() async throws {
    let store = try await TemporaryStore().open()
    let dataset = try #require(DatasetName("tamu"))
    let applied = StreamMark(sequence: Fixture.sequence(3), head: .zero)
    let findings = try await store.applyWelcomePositions(
      [Welcome.Position(dataset: dataset, applied: applied)], now: Fixture.clock(1))
    #expect(findings == [.diverged(dataset, applied: applied)])
    // One of which the centre has nothing either says nothing.
    let start = Welcome.Position(dataset: dataset, applied: .start)
    #expect(try await store.applyWelcomePositions([start], now: Fixture.clock(1)).isEmpty)
  }

  @Test func `what became of entries is asked again until an ack has said it, whatever the welcomes say`()
    async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<10).map { Fixture.punch($0) }, now: Fixture.clock(1))
    var centre = FakeCentre()
    func answered() async throws -> UInt64? {
      let outcome = try await store.store(centre.welcome(store.incarnation), now: Fixture.clock(3))
      return outcome.streams.first { $0.dataset == Fixture.attendance }?.answered.value
    }
    // The acks are lost, and so is the session after them.
    try await store.send(Fixture.attendance, to: &centre, takesAcks: false)
    #expect(try await answered() == 0)
    #expect(try await store.stream(Fixture.attendance).backlogChanges == 0)
    #expect(try await answered() == 0)
    let batch = try #require(
      try await store.loadBatch(
        Fixture.attendance, after: .none, rawBytesMax: 1 << 20, now: Fixture.clock(4)))
    #expect(try await store.apply(try centre.receive(batch.batch), now: Fixture.clock(5)) == .taken)
    #expect(try await answered() == 10)
  }

  @Test func `an ack answers for its own batch and no further, however far the centre is`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<10).map { Fixture.punch($0) }, now: Fixture.clock(1))
    var batches: [NodeSession.LoadedBatch] = []
    for after: UInt64 in [0, 5] {
      let loaded = try await store.loadBatch(
        Fixture.attendance, after: Fixture.sequence(after), rawBytesMax: 1 << 20, entriesMax: 5,
        now: Fixture.clock(2))
      batches.append(try #require(loaded).batch)
    }
    // Both are known there: each answer names the whole position, and what was held within its own batch.
    func ack(_ held: UInt64) -> Ack {
      Ack(
        session: 1, dataset: Fixture.attendance, incarnation: store.incarnation,
        applied: StreamMark(sequence: batches[1].last, head: batches[1].head),
        quarantined: [Ack.Quarantined(sequence: Fixture.sequence(held), code: "schema", reason: "x")],
        visibleAt: FakeCentre().cursor, backedUp: nil, credit: Credit(bytes: 0, messages: 0))
    }
    func answered() async throws -> UInt64? {
      var centre = FakeCentre()
      centre.applied[Fixture.attendance] = StreamMark(sequence: batches[1].last, head: batches[1].head)
      let outcome = try await store.store(centre.welcome(store.incarnation), now: Fixture.clock(3))
      return outcome.streams.first { $0.dataset == Fixture.attendance }?.answered.value
    }
    #expect(try await store.apply(ack(2), through: batches[0].last, now: Fixture.clock(4)) == .taken)
    #expect(try await answered() == 5)
    #expect(try await store.apply(ack(7), through: batches[1].last, now: Fixture.clock(5)) == .taken)
    #expect(try await answered() == 10)
    #expect(try await store.heldBack().map(\.sequence.value) == [2, 7])
  }

  @Test func `a disk that was set back hears what became of what it had sent, though the centre has more`() async throws
  {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<4).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let batch = try #require(try await store.batches(Fixture.attendance).first)
    let far = StreamMark(sequence: Fixture.sequence(90), head: .zero)
    let ack = Ack(
      session: 1, dataset: Fixture.attendance, incarnation: store.incarnation, applied: far,
      quarantined: [Ack.Quarantined(sequence: Fixture.sequence(2), code: "schema", reason: "x")],
      visibleAt: FakeCentre().cursor, backedUp: nil, credit: Credit(bytes: 0, messages: 0))
    guard case .ignored = try await store.apply(ack, now: Fixture.clock(3)) else {
      Issue.record("an ack of nothing that was sent was taken")
      return
    }
    #expect(try await store.apply(ack, through: batch.last, now: Fixture.clock(4)) == .taken)
    #expect(try await store.heldBack().map(\.sequence.value) == [2])
    #expect(try await store.stream(Fixture.attendance).acknowledged == .none)
  }

  @Test func `what a lost disk had sealed is not sent again from an older copy, whose seals differ`() async throws {
    let temporary = try TemporaryStore()
    let restored = try TemporaryStore()
    var centre = FakeCentre()
    let store = try await temporary.open(random: 1)
    _ = try await store.record(
      Fixture.attendance, rows: (0..<10).map { Fixture.punch($0) }, now: Fixture.clock(1))
    try store.close()
    try temporary.copy(to: restored)
    let lost = try await temporary.open(random: 2)
    try await lost.send(Fixture.attendance, to: &centre)
    try lost.close()
    let again = try await restored.open(random: 3)
    let outcome = try await again.store(centre.welcome(again.incarnation), now: Fixture.clock(31))
    #expect(outcome.streams.first { $0.dataset == Fixture.attendance }?.answered == Fixture.sequence(10))
  }

  @Test func `what the centre has under a number that is not sealed here is taken only where it says the same`()
    async throws
  {
    let temporary = try TemporaryStore()
    let snapshot = try TemporaryStore()
    var centre = FakeCentre()
    let store = try await temporary.open(random: 1)
    try store.close()
    try temporary.copy(to: snapshot)
    // The machine goes on, and then once more from its snapshot, which is started anew before it hears of that.
    let first = try await temporary.open(random: 2)
    _ = try await first.record(Fixture.attendance, rows: [Fixture.punch(1)], now: Fixture.clock(1))
    try await first.send(Fixture.attendance, to: &centre)
    let second = try await snapshot.open(random: 2)
    _ = try await second.record(Fixture.attendance, rows: [Fixture.punch(2)], now: Fixture.clock(2))
    try second.close()
    let again = try await snapshot.open(random: 3)
    func bodies(_ row: ValidRow) throws -> Welcome.Bodies {
      var digest = BodyDigest()
      let occurrence = Occurrence(fields: row.fields.map { Occurrence.FieldValue(name: $0.name, value: $0.value) })
      digest.add(.occurrence, occurrence.bytes[...])
      return Welcome.Bodies(after: .none, digest: digest.hash)
    }
    let applied = try #require(centre.applied[Fixture.attendance])
    func findings(_ row: ValidRow) async throws -> [WelcomeFinding] {
      let position = Welcome.Position(dataset: Fixture.attendance, applied: applied, unsealed: try bodies(row))
      return try await again.applyWelcomePositions([position], now: Fixture.clock(3))
    }
    #expect(try await findings(Fixture.punch(1)) == [.diverged(Fixture.attendance, applied: applied)])
    #expect(try await again.stream(Fixture.attendance).acknowledged == .none)
    // It branches off, and what it has recorded goes to the centre.
    _ = try await again.branch(random: 4, now: Fixture.clock(4))
    var later = FakeCentre()
    try await again.send(Fixture.attendance, to: &later)
    #expect(later.occurrences.count == 1)
  }

  @Test func `a save that waits behind a branch takes the new incarnation`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    let alamat = Fixture.field("alamat")
    @Sendable func save(_ number: Int) async throws -> SavedRecord {
      try await store.save(
        Fixture.population, id: id, values: [(alamat, .text("JL. \(number)"))], version: nil,
        now: Fixture.clock(Int64(10 + number)))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<40 {
        group.addTask { _ = try await save(number) }
        if number == 20 { group.addTask { _ = try await store.branch(random: 0xB, now: Fixture.clock(9)) } }
      }
      try await group.waitForAll()
    }
    #expect(store.incarnation == Incarnation(generation: 2, random: 0xB))
    let last = try await save(99)
    #expect(last.dot?.author == store.author)
    let entries = try await store.batches(Fixture.population).flatMap { try $0.decoded() }
    #expect(entries.count == 42)
    for case .change(_, let change) in entries {
      let contexts = change.edits.map(\.saw) + [change.affirmation].compactMap { $0 }
      #expect(contexts.allSatisfy { $0.entries.allSatisfy { $0.author == store.author } })
    }
  }

  @Test func `another chain within one incarnation is told, and a branch goes on from the last common place`()
    async throws
  {
    let store = try await TemporaryStore().open(random: 1)
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1)], now: Fixture.clock(1))
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    try await store.send(Fixture.attendance, to: &centre)
    try await store.take(try centre.feed())
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(2)], now: Fixture.clock(2))
    var saved = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("SATU"))], version: nil, now: Fixture.clock(3))
    saved = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("DUA"))], version: saved.view.version,
      now: Fixture.clock(4))
    _ = try await store.batches(Fixture.population)
    // A copy of the machine went on under the same incarnation, and was heard first.
    let other = StreamMark(
      sequence: Fixture.sequence(2), head: Hash256(Array(repeating: 9, count: 32)) ?? .zero)
    let positions = [
      Welcome.Position(dataset: Fixture.population, applied: other),
      Welcome.Position(
        dataset: Fixture.attendance, applied: StreamMark(sequence: Fixture.sequence(40), head: .zero)),
    ]
    let findings = try await store.applyWelcomePositions(positions, now: Fixture.clock(5))
    #expect(
      findings == [
        .diverged(Fixture.attendance, applied: positions[1].applied),
        .diverged(Fixture.population, applied: other),
      ])
    let branch = try await store.branch(random: 0xB, now: Fixture.clock(6))
    #expect(branch == Incarnation(generation: 2, random: 0xB) && store.incarnation == branch)
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(7), report: NodeReport())
    #expect(hello.cursor == nil && hello.lineage.first?.incarnation == branch)
    #expect(hello.lineage.first?.ends.map(\.last.value) == [1, 0, 1])
    #expect(try await store.person(1)[alamat] == .text("DUA"))
    // What comes after the place has new dots, and its own `saw` names them.
    try await store.send(Fixture.population, to: &centre)
    try await store.send(Fixture.attendance, to: &centre)
    let siblings = try #require(centre.states[id]?[alamat].siblings)
    #expect(siblings.map(\.value) == [.text("DUA")] && siblings.first?.dot.author.incarnation == branch)
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 1)
    try await store.take(try centre.feed())
    let digest = try await store.digest(Fixture.population)
    #expect(digest.pending == 0 && digest.digest == centre.digest().sum)
    #expect(try await store.add([Fixture.person(1)], at: 9).unchanged == 1)
    let occurrences = try await store.occurrences(Fixture.attendance)
    #expect(
      occurrences.elements.map { $0.dot?.author.incarnation } == [
        Incarnation(generation: 1, random: 1), branch,
      ])
  }
}
