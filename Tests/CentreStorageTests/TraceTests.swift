import CentreStorage
import Datasets
import Replication
import Testing
import Wire

/// The way of a record or event as the centre knows it.
struct TraceTests {
  private func after(_ milliseconds: Int64) -> Timestamp { start.advanced(byMilliseconds: milliseconds) }

  @Test func `a record's changes are told newest first, with when they came and where the feed has them`() async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]), now: after(10))
    try await test.apply(
      office,
      try office.batch(
        population,
        [try edit(id(1), [("alamat", .text("JL. B"))], at: 5)]), now: after(20))
    let trace = try #require(try await test.store.trace(population, id(1), limit: 20))
    #expect(trace.entries.map(\.dot) == [office.dot(2), office.dot(1)])
    #expect(trace.entries.map(\.received) == [after(20), after(10)])
    #expect(trace.entries.map(\.time) == [after(5), after(0)])
    #expect(trace.entries.compactMap(\.position).count == 2 && trace.total == 2)
    #expect(trace.place?.position == trace.entries.first?.position)
    #expect(trace.place?.scope == RegionCode("73.12.04.1001"))
    #expect(try await test.store.trace(population, id(9), limit: 20) == nil)
  }

  @Test func `a long history is cut to its newest and says how long it is`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    for round in 1...30 {
      let entry = try edit(id(1), [("alamat", .text("JL. \(round)"))], at: Int64(round))
      try await test.apply(office, try office.batch(population, [entry]), now: after(Int64(round)))
    }
    let trace = try #require(try await test.store.trace(population, id(1), limit: 20))
    #expect(trace.entries.count == 20)
    #expect(trace.total == 31)
    #expect(trace.entries.first?.dot == office.dot(31) && trace.entries.last?.dot == office.dot(12))
  }

  @Test func `a creation that is held is found by its record, and its fate with it`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let batch = try office.batch(population, [try person(id(3), in: "73.12.04.1001")])
    try await test.apply(office, batch, now: after(7))
    let trace = try #require(try await test.store.trace(population, id(3), limit: 20))
    guard case .aside(let entry)? = trace.entries.first?.fate else {
      Issue.record("not aside: \(trace.entries)")
      return
    }
    #expect(entry.state == .held && entry.code == "write_rule")
    #expect(trace.entries.first?.received == after(7) && trace.place == nil && trace.record == nil)
    try await test.store.discard(entry.id, reason: "uji", now: after(9))
    let later = try #require(try await test.store.trace(population, id(3), limit: 20))
    guard case .aside(let decided)? = later.entries.first?.fate else {
      Issue.record("not aside: \(later.entries)")
      return
    }
    #expect(decided.state == .discarded && decided.decision == "uji")
    // An office that hears of it by its ack alone is told the same.
    let again = try await test.apply(office, batch, now: after(10)).ack
    #expect(again.quarantined.map(\.code) == ["discarded"])
    #expect(again.quarantined.map { QuarantineReason.text(ofAck: $0.reason).indonesian } == ["uji"])
    #expect(try await test.store.heldCounts().isEmpty)
  }

  @Test func `an event is found by its key, with other contents of it beside`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(
      office, try office.batch(attendance, [try punch(second: 1), try punch(second: 2)]), now: after(30))
    var other = try await test.office("kec-ganra", random: 60)
    try await test.apply(
      other, try other.batch(attendance, [try punch(second: 2, verify: .integer(9), at: 5)]), now: after(40))
    guard case .occurrence(_, let occurrence) = try punch(second: 2) else { return }
    let definition = try Fleet.attendance()
    let key = definition.key.compactMap { name in occurrence[name].map { (field: name, value: $0) } }
    let trace = try #require(try await test.store.trace(attendance, key: key, limit: 20))
    #expect(trace.entries.map(\.dot.author.node.text).sorted() == ["kec-citta", "kec-ganra"])
    let shown = try #require(trace.entries.first { $0.dot == office.dot(2) })
    #expect(shown.received == after(30) && shown.position == trace.place?.position)
    #expect(trace.variantCount == 1 && trace.total == 2)
    var unknown = key
    unknown[1].value = .text("99")
    #expect(try await test.store.trace(attendance, key: unknown, limit: 20) == nil)
  }

  @Test func `an office counts as having confirmed what its cursor has passed, unless that is of a lost epoch`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    func confirmed(_ cursor: FeedCursor) async throws -> UInt64? {
      try await test.store.store([NodeSighting(node: office.node, seen: start, cursor: cursor)], now: start)
      return try await test.store.trace(population, id(1), limit: 5)?.confirmed[office.node]
    }
    let end = try await test.store.feedEnd()
    #expect(try await confirmed(FeedCursor(epoch: test.store.epoch, position: end)) == end)
    let lost = Incarnation(generation: 9, random: 9)
    #expect(try await confirmed(FeedCursor(epoch: lost, position: end)) == nil)
  }
}
