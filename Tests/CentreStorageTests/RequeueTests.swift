import CentreStorage
import Datasets
import Replication
import Storage
import Testing
import Wire

/// What comes out of quarantine, by itself or because somebody says so.
struct RequeueTests {
  @Test func `an entry whose time was ahead is taken in when its time has come`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let entries = try [punch(at: 400_000), punch(second: 1, at: 500_000), punch(second: 2)]
    let (ack, _) = try await test.apply(office, try office.batch(attendance, entries))
    #expect(ack.quarantined.map(\.code) == ["future_time", "future_time"])
    #expect(try await test.store.requeueDue(now: start.advanced(byMilliseconds: 99_999)) == 0)
    #expect(try await test.store.requeueDue(now: start.advanced(byMilliseconds: 100_000)) == 1)
    #expect(try await test.store.datasetsHeld(.futureTime) == [attendance])
    #expect(try await test.store.requeueDue(now: start.advanced(byMilliseconds: 900_000)) == 1)
    #expect(try await test.store.datasetsHeld(.futureTime).isEmpty)
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["3"])
  }

  @Test func `one that is refused for another reason when its time has come is not tried for ever`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let odd = Entry.occurrence(seal(400_000), Occurrence(fields: []))
    try await test.apply(office, try office.batch(attendance, [odd]))
    #expect(try await test.store.requeueDue(now: start.advanced(byMilliseconds: 200_000)) == 0)
    #expect(try test.sql("SELECT code, state, due_ms FROM quarantine") == ["schema|held|"])
  }

  @Test func `a discarded entry stays on record and is in the ledger`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch(), try punch(status: 300)]))
    let held = try #require(try await test.store.quarantine(limit: 1).elements.first)
    try await test.store.discard(held.id, reason: "uji coba", now: start)
    let line = try #require(try await test.store.ledger(limit: 5).elements.first)
    #expect(line.reason == LedgerEntry.discarded)
    #expect([line.first.value, line.last.value, line.count] == [2, 2, 1])
    #expect(line.node == office.node && line.dataset == attendance)
    #expect(try await test.store.quarantined(held.id)?.state == .discarded)
    #expect(try test.sql("SELECT decision FROM quarantine") == ["uji coba"])
    await #expect(throws: StoreError.self) { try await test.store.discard(held.id, now: start) }
    await #expect(throws: StoreError.self) { try await test.store.requeue(held.id, now: start) }
    #expect(try await test.store.ledger(limit: 5).elements.count == 1)
  }
}
