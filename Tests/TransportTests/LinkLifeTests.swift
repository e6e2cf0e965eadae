import Glibc
import Logging
import TestSupport
import Testing

@testable import Transport

extension TransportTests {
  /// Opening, losing, closing.
  @Suite struct LinkLifeTests {
    let node: CurveKeyPair

    init() throws { node = try CurveKeyPair.generate() }

    @Test func `nobody listening is told`() async throws {
      try await Fixture.with { fixture in
        let port = try freePort()
        let link = NodeLink(thread: fixture.nodeThread)
        try await link.open(
          endpoint: "tcp://127.0.0.1:\(port)", serverKey: fixture.centreKeys.publicKey, keys: node)
        let seen = try await link.events(until: \.isEnd)
        guard case .connectFailed(let reason) = try #require(seen.last) else {
          Issue.record("\(seen)")
          return
        }
        #expect(reason.contains("127.0.0.1:\(port)"))
      }
    }

    @Test func `a name that does not resolve is told`() async throws {
      try await Fixture.with { fixture in
        let link = NodeLink(thread: fixture.nodeThread)
        // An empty label is no host name, so no resolver is asked.
        try await link.open(
          endpoint: "tcp://a..b:7312", serverKey: fixture.centreKeys.publicKey, keys: node)
        guard case .connectFailed = try #require(try await link.events(until: \.isEnd).last) else {
          Issue.record("no connectFailed")
          return
        }
      }
    }

    @Test func `a listener that never speaks runs into the handshake limit`() async throws {
      try await Fixture.with { fixture in
        let silent = try SilentListener()
        defer { silent.close() }
        var options = TransportOptions()
        options.handshakeLimit = .milliseconds(200)
        let link = NodeLink(thread: fixture.nodeThread)
        try await link.open(
          endpoint: "tcp://127.0.0.1:\(silent.port)", serverKey: fixture.centreKeys.publicKey, keys: node,
          options: options)
        #expect(try await link.events(until: \.isEnd).last == .handshakeFailed(.timedOut))
      }
    }

    @Test func `a stranger who says nothing is shown out`() async throws {
      var options = TransportOptions()
      options.handshakeLimit = .milliseconds(200)
      try await Fixture.with(options) { fixture in
        let port = try #require(fixture.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = loopback(port)
        let connected = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
        try #require(connected == 0)
        let reported = try await fixture.centre.events { _ in true }
        #expect(reported == [.handshakeFailed(.timedOut, address: "127.0.0.1")])
      }
    }

    @Test(arguments: [
      "", "inproc://zeromq.zap.01", "ipc:///tmp/x", "tcp://127.0.0.1", "tcp://127.0.0.1:99999",
    ])
    func `an endpoint that is none is refused`(endpoint: String) async throws {
      try await Fixture.with { fixture in
        let link = NodeLink(thread: fixture.nodeThread)
        await #expect {
          try await link.open(endpoint: endpoint, serverKey: fixture.centreKeys.publicKey, keys: node)
        } throws: {
          ($0 as? TransportError)?.code == .endpoint
        }
        let centre = CentreLink(thread: fixture.nodeThread)
        await #expect { try await centre.bind(listen: endpoint, keys: node) } throws: {
          ($0 as? TransportError)?.code == .endpoint
        }
      }
    }

    @Test func `a port that is taken is refused and leaves nothing behind`() async throws {
      try await Fixture.with { fixture in
        let second = CentreLink(thread: fixture.nodeThread)
        for _ in 0..<2 {
          await #expect { try await second.bind(listen: fixture.endpoint, keys: node) } throws: {
            ($0 as? TransportError)?.code == .endpoint
          }
        }
        try await second.bind(listen: "tcp://127.0.0.1:*", keys: node)
        #expect(await second.boundEndpoint != nil)
      }
    }

    @Test func `after the centre is gone the link ends once and can be opened again`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let (link, peer) = try await fixture.greeted(node)
        await fixture.centre.close()
        #expect(await fixture.centre.send([(peer, [1])]) == [.unreachable])
        let seen = try await link.events(until: \.isEnd)
        guard case .disconnected = try #require(seen.last), seen.count == 1 else {
          Issue.record("\(seen)")
          return
        }
        // The listener's port is free once its context has let go of it.
        try await eventually("the port is free") {
          (try? await fixture.centre.bind(listen: fixture.endpoint, keys: fixture.centreKeys)) != nil
        }
        let id = try await link.open(
          endpoint: fixture.endpoint, serverKey: fixture.centreKeys.publicKey, keys: node)
        #expect(id == ConnectionID(2))
        let again = try await link.events { $0 == .connected || $0.isEnd }
        #expect(again == [.opened(id), .connected])
        try await link.sendAll([bytes("back")])
        #expect(try await fixture.centre.messages(1).map(\.message) == [bytes("back")])
      }
    }

    @Test func `a peer that is gone is unreachable`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let (link, peer) = try await fixture.greeted(node)
        #expect(await fixture.centre.send([(peer, [1])]) == [.sent])
        await link.close()
        try await eventually("the peer is gone") { await fixture.centre.send([(peer, [1])]) == [.unreachable] }
        #expect(await fixture.centre.counters.peers == 0)
        #expect(await fixture.centre.send([(PeerID(0), [1])]) == [.unreachable])
      }
    }

    @Test func `open drops what an older connection left`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let (link, peer) = try await fixture.greeted(node)
        #expect(await fixture.centre.send([(peer, bytes("old"))]) == [.sent])
        try await eventually("one message has come") { await link.counters.messagesReceived == 1 }
        let id = try await link.open(
          endpoint: fixture.endpoint, serverKey: fixture.centreKeys.publicKey, keys: node)
        #expect(try await link.events { $0 == .connected } == [.opened(id), .connected])
      }
    }

    @Test func `a closed link says nothing until it is opened`() async throws {
      try await Fixture.with { fixture in
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        let link = try await fixture.connected(node)
        await link.close()
        await link.close()
        #expect(try await link.send([[1]]) == 0)
        await #expect(throws: Late.self) { try await link.events(within: .milliseconds(100)) { _ in true } }
        try await link.open(
          endpoint: fixture.endpoint, serverKey: fixture.centreKeys.publicKey, keys: node)
        try await link.untilConnected()
      }
    }

    @Test func `a cancelled wait ends with nothing and harms no later one`() async throws {
      try await Fixture.with { fixture in
        let link = NodeLink(thread: fixture.nodeThread)
        for _ in 0..<100 {
          let waiting = Task { await link.receive() }
          waiting.cancel()
          #expect(await waiting.value == [])
        }
        await fixture.centre.setAuthorised([node.publicKey: "bpkd"])
        try await link.open(
          endpoint: fixture.endpoint, serverKey: fixture.centreKeys.publicKey, keys: node)
        try await link.untilConnected()
      }
    }
  }
}

func loopback(_ port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  address.sin_port = port.bigEndian
  return address
}

/// A port on which nobody listens just now.
func freePort() throws -> UInt16 {
  let listener = try SilentListener()
  defer { listener.close() }
  return listener.port
}

/// Takes TCP connections into its backlog and never says a word.
struct SilentListener {
  let descriptor: Int32
  let port: UInt16

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard bound else { throw TransportError.system(.socket, "no listener for the test") }
    port = UInt16(bigEndian: address.sin_port)
  }

  func close() { _ = Glibc.close(descriptor) }
}
