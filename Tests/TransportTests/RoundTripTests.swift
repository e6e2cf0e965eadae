import TestSupport
import Testing

@testable import Transport

extension TransportTests {
  @Suite struct RoundTripTests {
    let node: CurveKeyPair

    init() throws { node = try CurveKeyPair.generate() }

    @Test func `batches go both ways whole and in order`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bkpsdm"])
        let link = try await fixture.connected(node)
        let sizes = [0, 1, 200, 70_000, 1 << 20]
        let up: [[UInt8]] = (0..<2_000).map { numbered($0, sizes[$0 % 100 < 4 ? $0 % 5 : $0 % 3]) }
        async let sending: Void = link.sendAll(up)
        let heard = try await fixture.centre.messages(up.count)
        try await sending
        #expect(heard.map(\.message) == up)
        #expect(heard.allSatisfy { $0.name == "bkpsdm" && $0.key == node.publicKey })
        let peer = try #require(heard.first).peer
        #expect(heard.allSatisfy { $0.peer == peer })

        async let received = link.events { $0.message == bytes("last") }
        var rest = up.map { (peer, $0) } + [(peer, bytes("last"))]
        while !rest.isEmpty {
          let results = await fixture.centre.send(rest)
          #expect(results.count == rest.count)
          // After the first full one no later one may be sent, or the order would break.
          let sent = results.prefix { $0 == .sent }.count
          #expect(results.dropFirst(sent).allSatisfy { $0 == .full })
          rest.removeFirst(sent)
          if !rest.isEmpty { _ = try await fixture.centre.events { $0 == .writable } }
        }
        #expect(try await received.compactMap(\.message) == up + [bytes("last")])
      }
    }

    @Test func `an empty message is a message`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let link = try await fixture.connected(node)
        #expect(try await link.send([[], bytes("x")]) == 2)
        #expect(try await fixture.centre.messages(2).map(\.message) == [[], bytes("x")])
      }
    }

    @Test func `counters tell what went over the link`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let (link, peer) = try await fixture.greeted(node)
        #expect(await fixture.centre.send([(peer, bytes("welcome"))]) == [.sent])
        _ = try await link.events { $0.message == bytes("welcome") }
        let there = await fixture.centre.counters
        #expect(there.messagesReceived == 1 && there.bytesReceived == 5)
        #expect(there.messagesSent == 1 && there.bytesSent == 7)
        #expect(there.peers == 1 && there.handshakesSucceeded == 1 && there.inboxBytes == 0)
        let here = await link.counters
        #expect(here.messagesSent == 1 && here.bytesSent == 5)
        #expect(here.messagesReceived == 1 && here.bytesReceived == 7 && here.connections == 1)
      }
    }

    @Test func `thirty-eight nodes come back at once`() async throws {
      try await Fixture.with { fixture in
        var names: [CurvePublicKey: String] = [:]
        var pairs: [CurveKeyPair] = []
        for number in 0..<38 {
          let pair = try CurveKeyPair.generate()
          names[pair.publicKey] = "node-\(number)"
          pairs.append(pair)
        }
        await fixture.centre.setAuthorised(names)
        var links: [NodeLink] = []
        for pair in pairs { links.append(try await fixture.opened(pair)) }
        for (number, link) in links.enumerated() {
          try await link.untilConnected()
          try await link.sendAll([bytes("node-\(number)")])
        }
        let heard = try await fixture.centre.messages(38)
        #expect(heard.allSatisfy { bytes($0.name) == $0.message })
        #expect(Set(heard.map(\.peer)).count == 38)
      }
    }

    @Test func `a message above the limit is not accepted on either end`() async throws {
      var options = TransportOptions()
      options.messageBytesMax = 1_000
      try await Fixture.with(options) { [options] fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let (link, peer) = try await fixture.greeted(node, options: options)
        let fits = numbered(1, 1_000)
        let tooLarge = numbered(2, 1_001)
        #expect(try await link.send([fits, tooLarge, fits]) == 1)
        await #expect { try await link.send([tooLarge]) } throws: {
          ($0 as? TransportError)?.code == .messageTooLarge
        }
        #expect(
          await fixture.centre.send([(peer, fits), (peer, tooLarge), (peer, fits)])
            == [.sent, .tooLarge, .sent])
        #expect(try await fixture.centre.messages(1).map(\.message) == [fits])
      }
    }

    @Test func `a message above the receiver's limit costs the connection`() async throws {
      var small = TransportOptions()
      small.messageBytesMax = 1_000
      try await Fixture.with(small) { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let (link, peer) = try await fixture.greeted(node)
        #expect(try await link.send([numbered(1, 1_000), numbered(2, 1_001), numbered(3, 5)]) == 3)
        let seen = try await link.events(until: \.isEnd)
        guard case .disconnected = try #require(seen.last) else {
          Issue.record("ended with \(seen)")
          return
        }
        #expect(try await fixture.centre.messages(1).map(\.message) == [numbered(1, 1_000)])
        try await eventually("no peer is left") { await fixture.centre.counters.peers == 0 }
        #expect(await fixture.centre.counters.messagesReceived == 2)
        #expect(await fixture.centre.send([(peer, [1])]) == [.unreachable])
        #expect(try await link.send([[1]]) == 0)
      }
    }

    @Test func `close with a linger still delivers what was accepted`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        var options = TransportOptions()
        options.lingerOnClose = .seconds(10)
        options.sendQueueMessages = 1_000
        let link = try await fixture.connected(node, options: options)
        let messages = (0..<40).map { numbered($0, 100_000) }
        #expect(try await link.send(messages) == 40)
        await link.close()
        #expect(try await fixture.centre.messages(40).map(\.message) == messages)
      }
    }
  }
}
