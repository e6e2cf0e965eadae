import CentreStorage
import Datasets
import Testing
import Wire

struct KeyTests {
  private let key = String(repeating: "k", count: 40)
  private let second = String(repeating: "s", count: 40)
  private let invited = String(repeating: "i", count: 40)

  private func later(_ milliseconds: Int64) -> Timestamp { start.advanced(byMilliseconds: milliseconds) }

  @Test func `an invitation enrols one key and is used up`() async throws {
    let test = try await TestStore.ready()
    let node = try Fleet.node("kec-citta")
    let invitation = try await test.store.invite(node, publicKey: invited, expires: later(1000), now: start)
    #expect(try await test.store.authorisedKeys(now: start) == [invited: invitation.peerName])
    #expect(InvitationID(peerName: invitation.peerName) == invitation)
    #expect(try await test.store.enrol(invitation, publicKey: key, now: start) == node)
    // The answer may have been lost: until it expires the same key may ask again, but no other.
    #expect(
      try await test.store.authorisedKeys(now: start) == [key: "kec-citta", invited: invitation.peerName])
    #expect(try await test.store.enrol(invitation, publicKey: key, now: start) == node)
    await #expect(throws: EnrolmentError.used) {
      try await test.store.enrol(invitation, publicKey: second, now: start)
    }
    #expect(try await test.store.authorisedKeys(now: later(1000)) == [key: "kec-citta"])
  }

  @Test func `a key whose answer was lost joins with a later invitation too`() async throws {
    let test = try await TestStore.ready()
    let node = try Fleet.node("kec-citta")
    let first = try await test.store.invite(node, publicKey: invited, expires: later(1000), now: start)
    _ = try await test.store.enrol(first, publicKey: key, now: start)
    let next = try await test.store.invite(node, publicKey: second, expires: later(5000), now: later(2000))
    #expect(try await test.store.enrol(next, publicKey: key, now: later(2000)) == node)
    #expect(
      try await test.store.authorisedKeys(now: later(2000)) == [key: "kec-citta", second: next.peerName])
    // Used up all the same.
    let third = String(repeating: "t", count: 40)
    await #expect(throws: EnrolmentError.used) {
      try await test.store.enrol(next, publicKey: third, now: later(2000))
    }
    // The key is nobody else's, and a revoked one opens nothing.
    let other = try await test.store.invite(
      try Fleet.node("kec-ganra"), publicKey: third, expires: later(5000), now: later(2000))
    await #expect(throws: EnrolmentError.keyTaken) {
      try await test.store.enrol(other, publicKey: key, now: later(2000))
    }
    try await test.store.revoke(node, now: later(2000))
    await #expect(throws: EnrolmentError.withdrawn) {
      try await test.store.enrol(next, publicKey: key, now: later(2000))
    }
  }

  @Test func `the older key works until the newer one has been seen`() async throws {
    let test = try await TestStore.ready()
    let node = try Fleet.node("kec-citta")
    let office = Office(node: node, incarnation: Incarnation(generation: 1, random: 50))
    let old = try await test.store.invite(node, publicKey: invited, expires: later(1), now: start)
    _ = try await test.store.enrol(old, publicKey: key, now: start)
    let new = try await test.store.invite(node, publicKey: second, expires: later(1), now: start)
    let newer = String(repeating: "n", count: 40)
    _ = try await test.store.enrol(new, publicKey: newer, now: start)
    let still = try await test.store.admit(node: node, hello: office.hello(), publicKey: key, now: start)
    #expect(!still.hasRevokedKeys)
    #expect(
      try await test.store.authorisedKeys(now: later(1)) == [key: "kec-citta", newer: "kec-citta"])
    let seen = try await test.store.admit(node: node, hello: office.hello(), publicKey: newer, now: start)
    #expect(seen.hasRevokedKeys)
    #expect(try await test.store.authorisedKeys(now: later(1)) == [newer: "kec-citta"])
    let again = try await test.store.admit(node: node, hello: office.hello(), publicKey: newer, now: start)
    #expect(!again.hasRevokedKeys)
  }

  @Test func `an expired or replaced invitation opens nothing`() async throws {
    let test = try await TestStore.ready()
    let node = try Fleet.node("kec-citta")
    let old = try await test.store.invite(node, publicKey: invited, expires: later(1000), now: start)
    let new = try await test.store.invite(node, publicKey: second, expires: later(1000), now: start)
    await #expect(throws: EnrolmentError.withdrawn) {
      try await test.store.enrol(old, publicKey: key, now: start)
    }
    await #expect(throws: EnrolmentError.expired) {
      try await test.store.enrol(new, publicKey: key, now: later(1000))
    }
    #expect(try await test.store.authorisedKeys(now: later(1000)).isEmpty)
    #expect(try await test.store.node(node)?.state == .invited)
  }

  @Test func `revoking takes all keys at once and a new invitation brings the node back`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    #expect(try await test.store.revoke(office.node, now: start))
    #expect(try await test.store.authorisedKeys(now: start).isEmpty)
    #expect(try await test.store.node(office.node)?.state == .revoked)
    let invitation = try await test.store.invite(
      office.node, publicKey: invited, expires: later(1000), now: start)
    _ = try await test.store.enrol(invitation, publicKey: key, now: start)
    #expect(try await test.store.node(office.node)?.state == .offline)
    #expect(try await test.store.revoke(try Fleet.node("nobody"), now: start) == false)
  }

  @Test func `the centre's own name and known keys cannot be invited`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let taken = try #require(try await test.store.authorisedKeys(now: start).keys.first)
    await #expect(throws: EnrolmentError.self) {
      try await test.store.invite(.centre, publicKey: invited, expires: later(1), now: start)
    }
    await #expect(throws: EnrolmentError.keyTaken) {
      try await test.store.invite(office.node, publicKey: taken, expires: later(1), now: start)
    }
  }

  @Test func `reports are kept many at a time, and what is missing stays`() async throws {
    let test = try await TestStore.ready()
    let office = try await test.office("kec-citta")
    let report = NodeReport(backlogChanges: 8, clockOffsetMilliseconds: -20)
    let cursor = FeedCursor(epoch: test.store.epoch, position: 4)
    try await test.store.store(
      [
        NodeSighting(node: office.node, seen: later(10), report: report, version: "2.0"),
        NodeSighting(node: office.node, seen: later(5), cursor: cursor),
      ], now: start)
    let entry = try #require(try await test.store.node(office.node))
    #expect(entry.lastSeen == later(10))
    #expect(entry.report == report)
    #expect(entry.cursor == cursor)
    #expect(entry.version == "2.0")
    #expect(entry.incarnation == office.incarnation)
  }
}
