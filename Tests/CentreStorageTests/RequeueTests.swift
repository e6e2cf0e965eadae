import CentreStorage
import Datasets
import Replication
import Storage
import TestSupport
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

  @Test func `one that is refused for another reason when its time has come is not tried for ever`()
    async throws
  {
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

  @Test func `the backlog of a revoked office that joins again waits for the admin`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let reader = try await test.office("bkpsdm")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    var old = try office.batch(attendance, [try punch(second: 1), try punch(second: 2)])
    let key = try await test.revokeAndRejoin(&office)
    old.session = 2
    let (ack, _) = try await test.apply(office, old)
    #expect(ack.quarantined.map(\.code) == ["revoked_backlog", "revoked_backlog"])
    // What is recorded from now on is taken, also after another hello.
    _ = try await test.store.admit(node: office.node, hello: office.hello(), publicKey: key, now: start)
    let new = try await test.apply(office, try office.batch(attendance, [try punch(second: 3)]))
    #expect(new.counts.applied == 1 && new.ack.quarantined.isEmpty)
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["2"])
    let decided = try await test.store.acceptBacklog(of: office.node, reason: "utuh", now: start)
    #expect(decided == (tried: 2, taken: 2))
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["4"])
    #expect(
      try await test.store.digest(attendance, node: reader.node).digest
        == test.store.digest(attendance).digest)
  }

  @Test func `a backlog that is accepted while it still comes is not held again, nor is what an older disk says later`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var first = try office.batch(attendance, [try punch()])
    var second = try office.batch(attendance, [try punch(second: 1), try punch(second: 2)])
    _ = try await test.revokeAndRejoin(&office)
    first.session = 2
    second.session = 2
    #expect(try await test.apply(office, first).ack.quarantined.count == 1)
    let decided = try await test.store.acceptBacklog(of: office.node, reason: "utuh", now: start)
    #expect(decided == (tried: 1, taken: 1))
    #expect(try await test.apply(office, second).ack.quarantined.isEmpty)
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["3"])
    #expect(try test.sql("SELECT count(*) FROM backlog_hold") == ["0"])
  }

  @Test func `a hello that waited while its key was revoked is refused`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let key = try #require(
      try await test.store.authorisedKeys(now: start).first { $0.value == "kec-citta" }?.key)
    try await test.store.revoke(office.node, now: start)
    let admission = try await test.store.admit(
      node: office.node, hello: office.hello(), publicKey: key, now: start)
    guard case .refused(let refusal) = admission.decision else { throw TestFailure("\(admission)") }
    #expect(refusal.code == .revoked)
  }
}
