import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

struct BatchTests {
  /// All entries of a stream and their batch over any range.
  private func slice(
    _ office: Office, _ dataset: DatasetName, _ entries: [Entry], from first: Int, through last: Int
  ) throws -> Batch {
    var chain = StreamChain(at: .start)
    var block = ByteWriter()
    var begin = Datasets.Sequence.none
    for (index, entry) in entries.enumerated() where index <= last {
      if index == first { begin = chain.last.next }
      if index >= first { EntryBlock.append(entry.bytes, to: &block) }
      if case .gap(let gap) = entry { chain.append(gap) } else { chain.append(entry.bytes) }
    }
    return try Office.pack(dataset, office.incarnation, first: begin, end: chain.mark, block: block.bytes)
  }

  @Test func `batches in any overlap, again and again, change nothing twice`() async throws {
    let definition = try Fleet.attendance()
    var random = SeededRandom(seed: 4)
    var entries: [Entry] = []
    for index in 0..<30 { entries.append(try punch(second: Int64(index))) }
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    var applied = 0
    while applied < entries.count {
      let first = Int.random(in: 0...applied, using: &random)
      let last = Int.random(in: first..<entries.count, using: &random)
      let (ack, counts) = try await test.apply(
        office, try slice(office, attendance, entries, from: first, through: last))
      #expect(counts.applied == max(0, last + 1 - applied))
      applied = max(applied, last + 1)
      #expect(ack.applied.sequence.value == UInt64(applied))
    }
    #expect(try test.sql("SELECT count(*), count(DISTINCT sequence) FROM attendance") == ["30|30"])
    var sum = DigestSum()
    for entry in entries {
      guard case .occurrence(_, let occurrence) = entry else { continue }
      sum += OccurrenceDigest.of(dataset: attendance, key: definition.key.map { occurrence[$0] ?? .null })
    }
    let digest = try await test.store.digest(attendance, node: office.node)
    #expect(digest.count == 30)
    #expect(digest.digest == sum)
  }

  @Test func `a batch after a hole is answered with where to go back to`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let entries = try (0..<4).map { try punch(second: $0) }
    let batch = try slice(office, attendance, entries, from: 2, through: 3)
    let outcome = try await test.store.apply([IncomingBatch(node: office.node, batch: batch)], now: start)
    guard case .position(let ack)? = outcome.first else { throw TestFailure("\(outcome)") }
    #expect(ack.applied == .start)
  }

  @Test func `a broken chain is refused, and its neighbours in the group are not`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var other = try await test.office("kec-ganra")
    var broken = try office.batch(attendance, [try punch()])
    broken.head = .zero
    let good = try other.batch(attendance, [try punch(second: 9)])
    var garbage = good
    garbage.entries = CompressedBytes(rawCount: 10, bytes: [1, 2, 3])
    let outcomes = try await test.store.apply(
      [
        IncomingBatch(node: office.node, batch: broken), IncomingBatch(node: other.node, batch: garbage),
        IncomingBatch(node: other.node, batch: good),
      ], now: start)
    guard case .broken(let first) = outcomes[0], case .broken = outcomes[1], case .ack = outcomes[2] else {
      throw TestFailure("\(outcomes)")
    }
    #expect(first.code == .brokenChain)
    #expect(try test.sql("SELECT node FROM attendance") == ["kec-ganra"])
  }

  @Test func `a different end below the position is a broken chain`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let entries = try (0..<2).map { try punch(second: $0) }
    try await test.apply(office, try slice(office, attendance, entries, from: 0, through: 0))
    try await test.apply(office, try slice(office, attendance, entries, from: 1, through: 1))
    var other = try slice(office, attendance, entries, from: 0, through: 0)
    other.head = .zero
    let outcome = try await test.store.apply([IncomingBatch(node: office.node, batch: other)], now: start)
    guard case .broken? = outcome.first else { throw TestFailure("\(outcome)") }
  }

  @Test func `only the current line may write, each incarnation what it owns`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let first = try office.batch(attendance, [try punch(second: 0)])
    var old = office
    office.restart(random: 60)
    let second = try office.batch(attendance, [try punch(second: 1)])
    _ = try await test.store.admit(node: office.node, hello: office.hello(), now: start)
    func outcome(_ batch: Batch) async throws -> BatchOutcome {
      try #require(
        try await test.store.apply([IncomingBatch(node: office.node, batch: batch)], now: start).first)
    }
    // What the parent recorded comes first, under the parent's name.
    guard case .position(let early) = try await outcome(second) else { throw TestFailure("taken too early") }
    #expect(early.applied == .start)
    guard case .ack = try await outcome(first), case .ack(let ack, _) = try await outcome(second) else {
      throw TestFailure("not taken")
    }
    #expect(ack.applied == office.chain(attendance).mark)
    // The parent has ended: nothing new may come under its name.
    guard case .broken = try await outcome(try old.batch(attendance, [try punch(second: 5)])) else {
      throw TestFailure("an ended incarnation wrote")
    }
    var stranger = Office(node: office.node, incarnation: Incarnation(generation: 9, random: 9))
    guard
      case .broken(let refusal) = try await outcome(try stranger.batch(attendance, [try punch(second: 6)]))
    else {
      throw TestFailure("a stranger wrote")
    }
    #expect(refusal.code == .unknownIncarnation)
  }

  @Test func `gaps go to the ledger and the chain goes on from their head`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let head = try #require(Hash256([UInt8](repeating: 5, count: 32)))
    let gap = try #require(
      Gap(first: place(2), last: place(6), recordCount: 4, reason: .thinned, headAfter: head))
    let entries = [try punch(second: 0), .gap(gap), try punch(second: 7), try punch(second: 8)]
    try await test.apply(office, try slice(office, attendance, entries, from: 0, through: 1))
    let (ack, counts) = try await test.apply(
      office, try slice(office, attendance, entries, from: 0, through: 3))
    #expect(ack.applied.sequence.value == 8)
    #expect(counts.applied == 2)
    let ledger = try await test.store.ledger(limit: 10).elements
    #expect(ledger.map(\.count) == [4])
    #expect(ledger.map(\.reason) == ["thinned"])
    #expect(ledger.first?.first.value == 2)
    #expect(try await test.store.fleetOverview(now: start).missing == 4)
    #expect(try test.sql("SELECT sequence FROM attendance ORDER BY sequence") == ["1", "7", "8"])
  }

  @Test func `an ack that was lost is said again, with what was set aside`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let batch = try office.batch(attendance, [try punch(), try punch(status: 999), try punch(second: 2)])
    let (first, _) = try await test.apply(office, batch)
    let (again, counts) = try await test.apply(office, batch)
    #expect(first.quarantined.map(\.sequence.value) == [2])
    #expect(again == first)
    #expect(counts == IngestCounts())
  }

  @Test func `many batches of many offices go through in order`() async throws {
    let test = try await TestStore.ready()
    var offices = [try await test.office("kec-citta"), try await test.office("kec-ganra")]
    var incoming: [IncomingBatch] = []
    for round in 0..<300 {
      let batch = try offices[round % 2].batch(
        attendance, [try punch(pin: "\(round % 2)", second: Int64(round))])
      incoming.append(IncomingBatch(node: offices[round % 2].node, batch: batch))
    }
    let outcomes = try await test.store.apply(incoming, now: start)
    let acked = outcomes.filter { if case .ack = $0 { true } else { false } }
    #expect(acked.count == 300)
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["300"])
    #expect(try await test.store.streams().map(\.applied.value) == [150, 150])
  }
}
