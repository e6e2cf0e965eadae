import TestSupport
import Testing

@testable import Transport

extension TransportTests {
  /// A consumer that does not read must cost the sender speed, not the receiver memory.
  @Suite struct BackPressureTests {
    private static let messageBytes = 64 << 10
    private static let inboxBytesMax = 1 << 20
    private static let offered = 3_000

    private let node: CurveKeyPair
    private let options: TransportOptions

    init() throws {
      node = try CurveKeyPair.generate()
      var options = TransportOptions()
      options.inboxBytesMax = Self.inboxBytesMax
      self.options = options
    }

    private static let bound = inboxBytesMax + messageBytes + 2 * Inbox<LinkEvent>.eventBytes

    @Test func `the centre's inbox is bounded and nothing accepted is lost`() async throws {
      try await Fixture.with(options) { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let link = try await fixture.connected(node, options: options)
        let messages = (0..<Self.offered).map { numbered($0, Self.messageBytes) }
        var accepted = 0
        while accepted < messages.count {
          accepted += try await link.send(Array(messages[accepted...].prefix(100)))
          #expect(await fixture.centre.counters.inboxBytes <= Self.bound)
          // Stuck once it is not writable again for a long while.
          let writable = try? await link.events(within: .milliseconds(500)) { $0 == .writable }
          let held = await fixture.centre.counters.inboxBytes >= Self.inboxBytesMax
          if writable == nil, held { break }
        }
        #expect(accepted < messages.count / 2, "the sender was never held back")
        let counters = await fixture.centre.counters
        #expect(counters.inboxBytes >= Self.inboxBytesMax && counters.inboxBytes <= Self.bound)

        let heard = try await fixture.centre.messages(accepted)
        #expect(heard.map(\.message) == Array(messages[..<accepted]))
        #expect(await fixture.centre.counters.inboxBytes == 0)
        try await link.sendAll([bytes("after")])
        #expect(try await fixture.centre.messages(1).map(\.message) == [bytes("after")])
      }
    }

    @Test func `a node's inbox is bounded, the centre sees full, another peer is not held up`() async throws {
      try await Fixture.with(options) { fixture in
        let other = try CurveKeyPair.generate()
        await fixture.centre.setAuthorised([node.publicKey: "slow", other.publicKey: "quick"])
        let (link, peer) = try await fixture.greeted(node, options: options)
        let (quick, quickPeer) = try await fixture.greeted(other)
        var accepted = 0
        while accepted < Self.offered {
          let batch = (0..<100).map { (peer, numbered(accepted + $0, Self.messageBytes)) }
          let sent = await fixture.centre.send(batch).prefix { $0 == .sent }.count
          accepted += sent
          #expect(await link.counters.inboxBytes <= Self.bound)
          // The hint comes by time here, so progress is what tells.
          if sent == 0 {
            let next = numbered(accepted, Self.messageBytes)
            let before = await fixture.centre.counters.messagesSent
            let moved = try? await within(.milliseconds(500)) {
              while true {
                _ = try await fixture.centre.events { $0 == .writable }
                let retried = await fixture.centre.send([(peer, next)])
                if retried == [.sent] { return true }
              }
            }
            if moved == nil {
              if await link.counters.inboxBytes >= Self.inboxBytesMax { break }
              continue
            }
            #expect(await fixture.centre.counters.messagesSent == before + 1)
            accepted += 1
          }
        }
        #expect(accepted < Self.offered / 2, "the centre was never held back")
        #expect(await link.counters.inboxBytes >= Self.inboxBytesMax)

        let mixed = await fixture.centre.send([(peer, [1]), (quickPeer, bytes("quick")), (peer, [2])])
        #expect(mixed == [.full, .sent, .full])
        _ = try await quick.events { $0.message == bytes("quick") }

        let total = accepted
        let received = try await within(.seconds(30)) {
          var all: [[UInt8]] = []
          while all.count < total { all += await link.receive().compactMap(\.message) }
          return all
        }
        #expect(received == (0..<total).map { numbered($0, Self.messageBytes) })
        try await eventually("it takes something again") {
          await fixture.centre.send([(peer, bytes("after"))]) == [.sent]
        }
      }
    }
  }
}
