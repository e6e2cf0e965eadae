import Datasets
import Testing
import Wire

@testable import NodeStorage

/// The way of a record or event as its office knows it.
struct TraceTests {
  @Test func `a change is followed from the disk to the feed that shows it`() async throws {
    let store = try await TemporaryStore().open()
    var centre = FakeCentre()
    _ = try await store.add([Fixture.person(1)])
    let id = try await store.person(1).id
    func newest() async throws -> EntryTrace {
      try #require(try await store.trace(Fixture.population, id, limit: 20)?.own.first)
    }
    var entry = try await newest()
    #expect(!entry.isSealed && !entry.isAcknowledged && !entry.isInCopy && entry.sealedAt == nil)
    #expect(entry.time == Fixture.clock(1).wall && entry.waitsBehind == 0)
    _ = try await store.loadBatch(
      Fixture.population, after: .none, rawBytesMax: 2_000, now: Fixture.clock(4))
    entry = try await newest()
    #expect(entry.isSealed && entry.sealedAt == Fixture.clock(4).wall && !entry.isAcknowledged)
    try await store.send(Fixture.population, to: &centre)
    entry = try await newest()
    #expect(entry.isAcknowledged && entry.acknowledgedAt == Fixture.clock(10).wall)
    #expect(entry.sealedAt == Fixture.clock(4).wall, "the first time counts")
    #expect(!entry.isInCopy && entry.visibleAt == centre.position)
    try await store.take(try centre.feed())
    entry = try await newest()
    #expect(entry.isInCopy && entry.visibleAt == nil && entry.heldBack == nil)
    try store.close()
  }

  @Test func `what waits says how much goes first, in its stream and in lanes before it`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add((1...4).map { Fixture.person($0) })
    _ = try await store.record(Fixture.attendance, rows: (0..<3).map { Fixture.punch($0) }, now: Fixture.clock(2))
    let third = try await store.trace(Fixture.population, store.person(3).id, limit: 20)
    #expect(third?.own.first?.waitsBehind == 2 && third?.own.first?.waitsBehindLanes == 0)
    let row = Fixture.punch(2)
    let key = Fixture.attendanceDefinition.key.compactMap { name in
      row.fields.first { $0.name == name }.map { (field: $0.name, value: $0.value) }
    }
    let event = try #require(try await store.trace(Fixture.attendance, key: key))
    #expect(event.own.first?.waitsBehind == 2 && event.own.first?.waitsBehindLanes == 4)
    #expect(event.shown?.dot == event.own.first?.dot)
    try store.close()
  }

  @Test func `what the centre holds back is found with the reason, a record's and an event's`() async throws {
    let store = try await TemporaryStore().open()
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(1)]
    _ = try await store.add([Fixture.person(1)])
    let id = try await store.person(1).id
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1)], now: Fixture.clock(2))
    try await store.send(Fixture.population, to: &centre)
    try await store.send(Fixture.attendance, to: &centre)
    let trace = try #require(try await store.trace(Fixture.population, id, limit: 20))
    #expect(trace.own.first?.heldBack?.code == "schema" && trace.own.first?.isInCopy == false)
    let row = Fixture.punch(1)
    let key = Fixture.attendanceDefinition.key.compactMap { name in
      row.fields.first { $0.name == name }.map { (field: $0.name, value: $0.value) }
    }
    let event = try #require(try await store.trace(Fixture.attendance, key: key))
    #expect(event.shown == nil && event.own.first?.heldBack?.reason == "tidak sesuai")
    try store.close()
  }

  @Test func `a long history is cut to its newest, and what is nowhere is nil`() async throws {
    let store = try await TemporaryStore().open()
    for round in 1...25 { _ = try await store.add([Fixture.person(1, ["alamat": .text("JL. \(round)")])]) }
    let id = try await store.person(1).id
    let trace = try #require(try await store.trace(Fixture.population, id, limit: 20))
    #expect(trace.own.count == 20 && trace.ownTotal == 25)
    #expect(trace.own.first?.dot.sequence == Fixture.sequence(25))
    #expect(try await store.trace(Fixture.population, RecordID(high: 1, low: 1), limit: 20) == nil)
    try store.close()
  }

  @Test func `a clock that was never measured since the machine's start is suspect, and so is one that was set`()
    async throws
  {
    let store = try await TemporaryStore().open()
    #expect(try await store.clockSuspicion(now: Fixture.clock(1)) == .notMeasured)
    try await store.recordClockSample(offsetMilliseconds: 0, roundTripMilliseconds: 5, at: Fixture.clock(2))
    #expect(try await store.clockSuspicion(now: Fixture.clock(3)).isEmpty)
    #expect(try await store.clockSuspicion(now: Fixture.clock(4, stepMilliseconds: 60_000)) == .stepped)
    #expect(try await store.clockSuspicion(now: Fixture.clock(90_000)) == .measurementOld)
    try store.close()
  }

  @Test func `the last measurement of the centre's clock outlives the daemon, and not the machine's start`()
    async throws
  {
    let disk = try TemporaryStore()
    let store = try await disk.open()
    #expect(try await store.lastClockMeasurement()?.offsetMilliseconds == nil)
    for seconds in [2, 700] as [Int64] {
      try await store.recordClockSample(
        offsetMilliseconds: seconds, roundTripMilliseconds: 5, at: Fixture.clock(seconds))
    }
    try store.close()
    let again = try await disk.open(random: 2, at: 800)
    let last = try #require(try await again.lastClockMeasurement())
    #expect(last.offsetMilliseconds == 700 && last.reading == Fixture.clock(700))
    try again.close()
    let restarted = try await disk.open(random: 3, boot: "boot-2", at: 900)
    #expect(try await restarted.lastClockMeasurement()?.offsetMilliseconds == nil)
    try restarted.close()
  }
}
