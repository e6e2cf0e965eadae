import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct BatchTests {
  @Test func `batches over several incarnations verify as one chain and never span two`() async throws {
    let temporary = try TemporaryStore()
    for (index, random) in [UInt64(5), 6, 7].enumerated() {
      let store = try await temporary.open(random: random)
      let rows = (index * 40..<(index + 1) * 40).map { Fixture.punch($0) }
      _ = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(Int64(index + 1)))
      try store.close()
    }
    let store = try await temporary.open(random: 8)
    let batches = try await store.batches(Fixture.attendance, rawBytesMax: 700)
    #expect(batches.count > 6)
    var centre = FakeCentre()
    for batch in batches { _ = try centre.receive(batch) }
    #expect(centre.applied[Fixture.attendance]?.sequence == Fixture.sequence(120))
    #expect(centre.occurrences.map(\.sequence.value) == Array(1...120))
    for batch in batches {
      let random: UInt64 = batch.last.value <= 40 ? 5 : batch.last.value <= 80 ? 6 : 7
      #expect(batch.incarnation.random == random)
      #expect((batch.first.value - 1) / 40 == (batch.last.value - 1) / 40)
    }
  }

  @Test func `the same range has the same bytes, later, with new measurements and after a restart`()
    async throws
  {
    let temporary = try TemporaryStore()
    let store = try await temporary.open(random: 1)
    try await store.recordClockSample(offsetMilliseconds: 250, roundTripMilliseconds: 9, at: Fixture.clock(0))
    _ = try await store.record(
      Fixture.attendance, rows: (0..<60).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let first = try await store.batches(Fixture.attendance)
    try await store.recordClockSample(
      offsetMilliseconds: 9_000, roundTripMilliseconds: 9, at: Fixture.clock(1))
    #expect(try await store.batches(Fixture.attendance) == first)
    try store.close()
    let again = try await temporary.open(random: 2, boot: "boot-2")
    #expect(try await again.batches(Fixture.attendance) == first)
    // In other portions the entries and the head at the end are the same.
    let whole = try await again.batches(Fixture.attendance, rawBytesMax: 1 << 20)
    #expect(whole.count == 1 && whole.last?.head == first.last?.head)
    #expect(try whole.flatMap { try $0.decoded() } == first.flatMap { try $0.decoded() })
  }

  @Test func `a sealed time is the wall clock plus the measured offset, and sure`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1)], now: Fixture.clock(100))
    try await store.recordClockSample(
      offsetMilliseconds: -1500, roundTripMilliseconds: 9, at: Fixture.clock(160))
    let seal = try #require(try await store.seals(Fixture.attendance).first)
    #expect(seal.effective == Fixture.clock(100).wall.advanced(byMilliseconds: -1500))
    #expect(seal.suspicion == [] && seal.boot == 1)
  }

  struct Case: Sendable {
    let seconds: Int64
    let step: Int64
    let suspicion: Seal.Suspicion
    var boot = "boot-1"
  }

  @Test(arguments: [
    Case(seconds: 0, step: 0, suspicion: .notMeasured, boot: "boot-2"),
    Case(seconds: 3600, step: 2_001, suspicion: .stepped), Case(seconds: 3600, step: -1_999, suspicion: []),
    Case(seconds: 90_000, step: 0, suspicion: .measurementOld), Case(seconds: 86_400, step: 0, suspicion: []),
    Case(seconds: 90_000, step: 5_000, suspicion: [.stepped, .measurementOld]),
  ])
  func `suspicion is a function of the entry and the measurement`(_ example: Case) async throws {
    let temporary = try TemporaryStore()
    let first = try await temporary.open(boot: "boot-1")
    try await first.recordClockSample(offsetMilliseconds: 40, roundTripMilliseconds: 9, at: Fixture.clock(0))
    try first.close()
    let store = try await temporary.open(random: 2, boot: example.boot)
    let now = Fixture.clock(example.seconds, stepMilliseconds: example.step)
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1)], now: now)
    let seal = try #require(try await store.seals(Fixture.attendance).first)
    #expect(seal.suspicion == example.suspicion)
    #expect(seal.effective == now.wall.advanced(byMilliseconds: 40))
  }

  @Test func `each entry is sealed by the measurement nearest to it`() async throws {
    let store = try await TemporaryStore().open()
    for (seconds, offset) in [(0, 10), (1000, 20), (2000, 30)] as [(Int64, Int64)] {
      try await store.recordClockSample(
        offsetMilliseconds: offset * 100, roundTripMilliseconds: 1, at: Fixture.clock(seconds))
    }
    for (index, seconds) in ([100, 600, 1400, 1600, 9000] as [Int64]).enumerated() {
      _ = try await store.record(
        Fixture.attendance, rows: [Fixture.punch(index)], now: Fixture.clock(seconds))
    }
    let offsets = try await store.seals(Fixture.attendance).map { $0.effective.millisecondsSince($0.wall) }
    #expect(offsets == [1000, 2000, 2000, 3000, 3000])
  }

  @Test
  func `an entry whose bytes were flipped becomes a gap and is recorded anew from its row: nothing is missing`()
    async throws
  {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<20).map { Fixture.punch($0) }, now: Fixture.clock(1))
    try temporary.execute("UPDATE _entry SET body = zeroblob(length(body)) WHERE (id & 1099511627775) = 7")
    try temporary.execute("UPDATE _entry SET wall_ms = wall_ms + 1 WHERE (id & 1099511627775) = 9")
    try temporary.execute("DELETE FROM _entry WHERE (id & 1099511627775) IN (12, 13, 20)")
    var centre = FakeCentre()
    try await store.send(Fixture.attendance, to: &centre)
    #expect(centre.applied[Fixture.attendance]?.sequence == Fixture.sequence(25))
    #expect(centre.gaps.map(\.first.value) == [7, 9, 12, 20])
    #expect(centre.gaps.map(\.recordCount) == [0, 0, 0, 0])
    #expect(centre.gaps.allSatisfy { $0.reason == .damaged })
    #expect(try await store.ledger().isEmpty)
    #expect(try await store.status().damaged == 4)
    #expect(try await store.stream(Fixture.attendance).backlogChanges == 0)
    #expect(centre.occurrences.count == 20)
    #expect(try await store.heldBack().isEmpty)
    #expect(try await store.digest(Fixture.attendance).count == 20)
    // Loaded again: the same bytes, nothing more in the ledger.
    var second = FakeCentre()
    try await store.send(Fixture.attendance, to: &second, takesAcks: false)
    #expect(second.applied == centre.applied)
    #expect(try await store.ledger().isEmpty)
  }

  @Test func `an entry damaged after it was sealed is chained anew from there`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<60).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let sealed = try await store.batches(Fixture.attendance)
    #expect(sealed.count > 2)
    var centre = FakeCentre()
    let ack = try centre.receive(try #require(sealed.first))
    #expect(try await store.apply(ack, now: Fixture.clock(2)) == .taken)
    try temporary.execute("UPDATE _entry SET checksum = checksum + 1 WHERE (id & 1099511627775) = 40")
    try await store.send(Fixture.attendance, to: &centre)
    #expect(centre.applied[Fixture.attendance]?.sequence == Fixture.sequence(61))
    #expect(centre.gaps.map(\.first.value) == [40])
    #expect(centre.occurrences.count == 60)
    #expect(try await store.stream(Fixture.attendance).acknowledged == Fixture.sequence(61))
  }

  @Test
  func
    `what neither its entry nor its row has soundly leaves the copy and the digest, and is shown as held back`()
    async throws
  {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<5).map { Fixture.punch($0) } + [Fixture.punch(1, verify: 3)],
      now: Fixture.clock(1))
    try temporary.execute("UPDATE _entry SET checksum = checksum + 1 WHERE (id & 1099511627775) IN (2, 4, 6)")
    try temporary.execute("UPDATE attendance SET verify = 9 WHERE pin IN ('1', '3')")
    var centre = FakeCentre()
    try await store.send(Fixture.attendance, to: &centre)
    // The other content of one of them had a sound row: the ledger counts the others, as the centre's does.
    #expect(centre.occurrences.count == 4)
    #expect(centre.gaps.map(\.recordCount) == [1, 1, 0])
    #expect(try await store.ledger().map(\.first.value) == [2, 4])
    let digest = try await store.digest(Fixture.attendance)
    #expect(digest.count == 4 && digest.pending == 0)
    #expect(try await store.occurrences(Fixture.attendance).elements.count == 4)
    #expect(try await store.heldBack().map(\.sequence.value) == [2, 4])
  }

  @Test func `one entry larger than a batch still goes`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.camera, rows: (0..<3).map { Fixture.sample($0, detail: String(repeating: "x", count: 900)) },
      now: Fixture.clock(1))
    let batches = try await store.batches(Fixture.camera, rawBytesMax: 100)
    #expect(batches.map(\.last.value) == [1, 2, 3])
  }

  @Test func `the numbers of entries bound a batch`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<10).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let loaded = try await store.loadBatch(
      Fixture.attendance, after: .none, rawBytesMax: 1 << 20, entriesMax: 4, now: Fixture.clock(2))
    #expect(loaded?.batch.last == Fixture.sequence(4))
    #expect(
      try await store.loadBatch(
        Fixture.attendance, after: Fixture.sequence(10), rawBytesMax: 1 << 20, now: Fixture.clock(2))?.batch
        .first
        == Fixture.sequence(5))
  }

  @Test func `the heads that hello gives are those of the chain`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(
      Fixture.attendance, rows: (0..<200).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let batches = try await store.batches(Fixture.attendance, rawBytesMax: 500)
    var centre = FakeCentre()
    for batch in batches.prefix(3) {
      #expect(try await store.apply(try centre.receive(batch), now: Fixture.clock(2)) == .taken)
    }
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(3), report: NodeReport())
    let stream = try #require(hello.streams.first { $0.dataset == Fixture.attendance })
    #expect(stream.next == Fixture.sequence(201) && stream.earliestKept == Fixture.sequence(1))
    #expect(stream.marks.count > 3 && stream.marks.count <= 16)
    #expect(stream.marks.map(\.sequence) == stream.marks.map(\.sequence).sorted())
    for mark in stream.marks {
      #expect(batches.contains { $0.last == mark.sequence && $0.head == mark.head })
    }
    #expect(
      stream.marks.first?.sequence == batches[2].last && stream.marks.last?.sequence == batches.last?.last)
  }
}

extension NodeStore {
  func seals(_ dataset: DatasetName) async throws -> [Seal] {
    try await batches(dataset).flatMap { try $0.decoded() }.compactMap { entry in
      if case .occurrence(let seal, _) = entry { seal } else { nil }
    }
  }
}
