import CZeroMQ
import Glibc
import TestSupport
import Testing

@testable import Transport

extension TransportTests {
  /// Who gets in, and what those who do not are told.
  @Suite struct AdmissionTests {
    let node: CurveKeyPair
    let other: CurveKeyPair

    init() throws {
      node = try CurveKeyPair.generate()
      other = try CurveKeyPair.generate()
    }

    @Test func `an unknown key is refused, told so, and counted`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([other.publicKey: "bpkd"])
        let link = try await fixture.opened(node)
        let seen = try await link.events(until: \.isEnd)
        #expect(seen == [.opened(ConnectionID(1)), .handshakeFailed(.refused)])
        let reported = try await fixture.centre.events { _ in true }
        #expect(reported == [.handshakeFailed(.refused, address: "127.0.0.1")])
        let counters = await fixture.centre.counters
        #expect(counters.refused[.unknownKey] == 1)
        #expect(counters.handshakeFailures == 1 && counters.handshakesSucceeded == 0)
        #expect(await link.counters.handshakeFailures == 1)
        #expect(try await link.send([[1]]) == 0)
      }
    }

    @Test func `who knocks with a key that counts no more is told by the name that it had`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([other.publicKey: "bpkd"], former: [node.publicKey: "setda"])
        _ = try await fixture.opened(node)
        let reported = try await fixture.centre.events { $0 == .handshakeFailed(.refused, address: "127.0.0.1") }
        #expect(reported.contains(.formerKeyRefused(name: "setda", address: "127.0.0.1")))
      }
    }

    @Test func `with nobody authorised nobody gets in`() async throws {
      try await Fixture.with { fixture in
        let link = try await fixture.opened(node)
        #expect(try await link.events(until: \.isEnd).last == .handshakeFailed(.refused))
      }
    }

    @Test func `a wrong server key is reported at both ends`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let link = NodeLink(thread: fixture.nodeThread)
        try await link.open(endpoint: fixture.endpoint, serverKey: other.publicKey, keys: node)
        #expect(try await link.events(until: \.isEnd).last == .handshakeFailed(.closedByPeer))
        let reported = try await fixture.centre.events { _ in true }
        // The address is asked for after libzmq has said so; the connection may be gone by then.
        #expect(
          reported == [.handshakeFailed(.wrongKey, address: "127.0.0.1")]
            || reported == [.handshakeFailed(.wrongKey, address: "?")])
        #expect(await fixture.centre.counters.handshakeFailures == 1)
      }
    }

    @Test func `a client without CURVE gets nothing through`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let raw = try RawDealer(endpoint: fixture.endpoint, serverKey: nil, keys: node)
        defer { raw.close() }
        #expect(raw.send([bytes("hello")]))
        let reported = try await fixture.centre.events { _ in true }
        // Both ends see the mismatch; whoever is first closes.
        let expected: [HandshakeFailure] = [.notEncrypted, .closedByPeer]
        #expect(
          expected.contains { failure in
            ["127.0.0.1", "?"].contains { reported == [.handshakeFailed(failure, address: $0)] }
          })
        let counters = await fixture.centre.counters
        #expect(counters.messagesReceived == 0 && counters.handshakesSucceeded == 0)
      }
    }

    @Test func `an invitation's key speaks under the invitation's name`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "invitation:7f3a", other.publicKey: "bpkd"])
        let link = try await fixture.connected(node)
        try await link.sendAll([bytes("join")])
        let heard = try #require(try await fixture.centre.messages(1).first)
        #expect(heard.name == "invitation:7f3a" && heard.key == node.publicKey)
      }
    }

    @Test func `a renamed key speaks under its new name at once`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "old"])
        let (link, peer) = try await fixture.greeted(node)
        await fixture.centre.setAuthorised([node.publicKey: "new"])
        try await link.sendAll([bytes("again")])
        let heard = try await fixture.centre.messages(1)
        #expect(
          heard == [Heard(peer: peer, name: "new", key: node.publicKey, message: bytes("again"))])
      }
    }

    @Test func `a revoked key is silenced on its live connection, its name goes on with another key`()
      async throws
    {
      try await Fixture.with { fixture in
        let successor = try CurveKeyPair.generate()
        await fixture.centre.setAuthorised([node.publicKey: "n", other.publicKey: "o"])
        let (link, peer) = try await fixture.greeted(node)
        let (otherLink, otherPeer) = try await fixture.greeted(other)

        await fixture.centre.setAuthorised([successor.publicKey: "n", other.publicKey: "o"])
        try await link.sendAll([bytes("a"), bytes("b"), bytes("c")])
        let refusal = try await fixture.centre.events { _ in true }
        #expect(refusal == [.refused(peer: peer, name: "n", reason: .revokedKey)])
        try await eventually("all are refused") { await fixture.centre.counters.refused[.revokedKey] == 3 }
        #expect(await fixture.centre.send([(peer, [1]), (otherPeer, [2])]) == [.unreachable, .sent])

        try await otherLink.sendAll([bytes("still here")])
        let (successorLink, successorPeer) = try await fixture.greetedAfterOne(successor)
        #expect(successorPeer != peer)
        _ = try await otherLink.events { $0.message == [2] }
        #expect(await successorLink.counters.connections == 1)

        // Refused is reported once; the connection comes to speak again only if its key does.
        try await link.sendAll([bytes("d")])
        try await eventually("the fourth is refused") { await fixture.centre.counters.refused[.revokedKey] == 4 }
        await fixture.centre.setAuthorised([node.publicKey: "n2"])
        try await link.sendAll([bytes("e")])
        let heard = try await fixture.centre.events { _ in true }
        #expect(
          heard == [.received(peer: peer, name: "n2", publicKey: node.publicKey, message: bytes("e"))])
      }
    }

    @Test func `a key revoked before its first message is refused under its former name`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let link = try await fixture.connected(node)
        await fixture.centre.setAuthorised([:])
        try await link.sendAll([bytes("a")])
        let reported = try await fixture.centre.events { _ in true }
        guard case .refused(_, "bpkd", .revokedKey) = try #require(reported.first) else {
          Issue.record("\(reported)")
          return
        }
      }
    }

    @Test func `a routing id of the peer's own choice is refused`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let raw = try RawDealer(
          endpoint: fixture.endpoint, serverKey: fixture.centreKeys.publicKey, keys: node,
          routingID: "disdukcapil")
        defer { raw.close() }
        #expect(raw.send([bytes("hello")]))
        try await eventually("the routing id is refused") { await fixture.centre.counters.refused[.routingID] == 1 }
        #expect(await fixture.centre.counters.messagesReceived == 0)
      }
    }

    @Test(arguments: [2, 3, 20_000])
    func `a message of several frames is dropped and reported, the next one heard`(frames: Int) async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let raw = try RawDealer(
          endpoint: fixture.endpoint, serverKey: fixture.centreKeys.publicKey, keys: node)
        defer { raw.close() }
        #expect(raw.send([[UInt8]](repeating: bytes("x"), count: frames)))
        #expect(raw.send([bytes("whole")]))
        let seen = try await fixture.centre.events { $0.heard != nil }
        let peer = try #require(seen.last?.heard).peer
        #expect(
          seen == [
            .malformed(peer: peer, name: "bpkd"),
            .received(peer: peer, name: "bpkd", publicKey: node.publicKey, message: bytes("whole")),
          ])
        #expect(await fixture.centre.counters.malformed == 1)
      }
    }

    @Test func `many strangers do not fill the inbox`() async throws {
      try await Fixture.with { fixture in
        let attempts = Inbox<CentreEvent>.noticesMax + 20
        for _ in 0..<attempts {
          let link = try await fixture.opened(node)
          #expect(try await link.events(until: \.isEnd).last == .handshakeFailed(.refused))
        }
        #expect(await fixture.centre.counters.refused[.unknownKey] == UInt64(attempts))
        let reported = try await fixture.centre.events { _ in true }
        #expect(reported.count == Inbox<CentreEvent>.noticesMax)
      }
    }
  }
}

extension Fixture {
  /// Like `greeted`, when one message of somebody else comes first.
  func greetedAfterOne(_ keys: CurveKeyPair) async throws -> (link: NodeLink, peer: PeerID) {
    let first = try await centre.messages(1)
    try #require(first.map(\.message) == [bytes("still here")])
    return try await greeted(keys)
  }
}
