import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

/// What hello says of a node's restarts, however many there were.
@Suite struct LineageTests {
  /// Opens the store again and again; each time an event is recorded.
  private func restart(
    _ temporary: TemporaryStore, _ randoms: ClosedRange<UInt64>, welcomes: Set<UInt64> = []
  ) async throws {
    for random in randoms {
      let store = try await temporary.open(random: random)
      _ = try await store.record(
        Fixture.attendance, rows: [Fixture.punch(Int(random))], now: Fixture.clock(Int64(random)))
      if welcomes.contains(random) { try await store.welcomed(store.incarnation) }
      try store.close()
    }
  }

  private func hello(_ store: NodeStore, hasAllParents: Bool = false) async throws -> Hello {
    try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(500), report: NodeReport(), hasAllParents: hasAllParents)
  }

  @Test func `parents before the last welcome are named when the centre asks for them`() async throws {
    let temporary = try TemporaryStore()
    try await restart(temporary, 1...6, welcomes: [2, 5])
    let store = try await temporary.open(random: 7)
    #expect(try await hello(store).lineage.map(\.incarnation.random) == [7, 6, 5])
    #expect(try await hello(store, hasAllParents: true).lineage.map(\.incarnation.random) == [7, 6, 5, 4, 3, 2, 1])
  }

  @Test func `more restarts than a hello names are told in steps, each from where the last was welcomed`() async throws
  {
    let temporary = try TemporaryStore()
    try await restart(temporary, 1...9, welcomes: [1])
    let store = try await temporary.open(random: 10, limits: NodeStoreLimits(helloParentsMax: 4))
    var told: [[UInt64]] = []
    for _ in 0..<3 {
      let hello = try await hello(store)
      told.append(hello.lineage.map(\.incarnation.random))
      let speaker = try #require(hello.lineage.first?.incarnation)
      let stream = try #require(hello.streams.first { $0.dataset == Fixture.attendance })
      // As far as the speaker had come: its stream, and no head above it.
      #expect(stream.next.value == min(speaker.random, 9) + 1)
      #expect(stream.marks.allSatisfy { $0.sequence < stream.next })
      let outcome = try await store.store(FakeCentre().welcome(speaker), now: Fixture.clock(501))
      #expect(outcome.isStep == (speaker != store.incarnation))
      #expect(outcome.streams.isEmpty == outcome.isStep)
    }
    #expect(told == [[4, 3, 2, 1], [7, 6, 5, 4], [10, 9, 8, 7]])
  }

  @Test func `a hundred restarts with an edit each leave a record of bounded size and a hello that fits`()
    async throws
  {
    let temporary = try TemporaryStore()
    var centre = FakeCentre()
    var sizes: [Int] = []
    for random: UInt64 in 1...100 {
      let store = try await temporary.open(random: random)
      if random == 1 {
        _ = try await store.add([Fixture.person(1)])
      } else {
        let person = try await store.person(1)
        _ = try await store.save(
          Fixture.population, id: person.id, values: [(Fixture.field("alamat"), .text("JL. \(random)"))],
          version: person.version, now: Fixture.clock(Int64(random)))
      }
      if random.isMultiple(of: 50) {
        let hello = try await hello(store)
        #expect(NodeMessage.hello(hello).bytes.count < 40_000)
        try await store.send(Fixture.population, to: &centre)
        try await store.take(try centre.feed())
        let digest = try await store.digest(Fixture.population)
        #expect(digest.digest == centre.digest().sum && digest.pending == 0)
        let state = try #require(centre.states.values.first)
        var registry = FieldRegistry()
        sizes.append(state.bytes(registry: &registry).count)
        #expect(state[Fixture.field("alamat")].siblings.count == 1)
      }
      try store.close()
    }
    // One author per restart that edited the field: some twenty bytes each.
    #expect(sizes[1] < 4_000 && sizes[1] - sizes[0] < 50 * 32)
  }
}
