import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

/// Whom the feed's growth concerns.
struct FeedGrowthTests {
  private func concerned(_ growth: FeedGrowth?) throws -> [String] {
    let growth = try #require(growth)
    return try (Fleet.profiles().map(\.node) + [Fleet.node("stranger")]).filter { growth.concerns($0) }.map(\.text)
      .sorted()
  }

  @Test func `an event concerns who reads it and who recorded it, a record its readers`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var registry = try await test.office("disdukcapil")
    #expect(test.store.feedGrowth(after: 0) == nil)
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    let event = test.store.feedGrowth(after: 0)
    #expect(event?.end == 1)
    #expect(try concerned(event) == ["bkpsdm", "kec-citta"])
    try await test.apply(registry, try registry.batch(population, [try person(id(1))]))
    #expect(
      try concerned(test.store.feedGrowth(after: 1)) == [
        "bpjs", "disdukcapil", "kec-citta", "kec-ganra", "kec-lalabata",
      ])
    #expect(test.store.feedGrowth(after: 2) == nil)
  }

  @Test func `what became of a held entry concerns its office`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let ahead = try punch(at: EntryJudge.clockLimitMilliseconds + 100_000)
    try await test.apply(office, try office.batch(attendance, [ahead]))
    let before = test.store.feedGrowth(after: 0)?.end ?? 0
    #expect(try await test.store.requeueDue(now: start.advanced(byMilliseconds: 200_000)) == 1)
    #expect(try concerned(test.store.feedGrowth(after: before)) == ["bkpsdm", "kec-citta"])
  }

  @Test func `what was there when the store opened concerns everybody, since nobody knows`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch(), try punch(second: 1)]))
    try await test.apply(office, try office.batch(attendance, [try punch(second: 2)]))
    try await test.reopen()
    #expect(try concerned(test.store.feedGrowth(after: 1)).count == 7)
    #expect(test.store.feedGrowth(after: 2) == nil)
  }

  @Test func `what was not committed is no growth`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    // A batch that is refused takes no position.
    var broken = try office.batch(attendance, [try punch(second: 1)])
    broken.head = .zero
    let outcome = try await test.store.apply([IncomingBatch(node: office.node, batch: broken)], now: start).first
    guard case .broken = outcome else { throw TestFailure("\(String(describing: outcome))") }
    #expect(test.store.feedGrowth(after: 1) == nil)
  }
}
