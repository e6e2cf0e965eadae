import CZeroMQ
import Testing

@testable import Transport

extension TransportTests {
  @Suite struct OptionsTests {
    @Test func `every option reaches libzmq`() throws {
      let context = try ZeroMQContext()
      let keys = try CurveKeyPair.generate()
      var options = TransportOptions()
      options.messageBytesMax = 1_000
      options.sendQueueMessages = 7
      options.receiveQueueMessages = 9
      options.connectLimit = .seconds(3)
      options.handshakeLimit = .seconds(4)
      options.heartbeatInterval = .seconds(5)
      options.heartbeatLimit = .seconds(6)
      options.heartbeatTimeToLive = .seconds(8)
      options.retransmissionLimit = .seconds(11)
      options.ipv6 = false
      let node = try ZeroMQSocket(context, ZMQ_DEALER)
      let centre = try ZeroMQSocket(context, ZMQ_ROUTER)
      try options.apply(to: node)
      try options.applyNode(to: node, serverKey: keys.publicKey, keys: keys)
      try options.apply(to: centre)
      try options.applyCentre(to: centre, keys: keys)
      for socket in [node, centre] {
        #expect(socket.number(ZMQ_SNDHWM) == 7)
        #expect(socket.number(ZMQ_RCVHWM) == 9)
        #expect(socket.number(ZMQ_HANDSHAKE_IVL) == 4_000)
        #expect(socket.number(ZMQ_HEARTBEAT_IVL) == 5_000)
        #expect(socket.number(ZMQ_HEARTBEAT_TIMEOUT) == 6_000)
        #expect(socket.number(ZMQ_HEARTBEAT_TTL) == 8_000)
        #expect(socket.number(ZMQ_TCP_MAXRT) == 11_000)
        #expect(socket.number(ZMQ_LINGER) == 0)
        #expect(socket.number(ZMQ_IPV6) == 0)
        #expect(socket.number(ZMQ_TCP_KEEPALIVE) == 1)
        #expect(socket.number(ZMQ_TCP_KEEPALIVE_IDLE) == 60)
        #expect(socket.number(ZMQ_TCP_KEEPALIVE_INTVL) == 15)
        #expect(socket.number(ZMQ_TCP_KEEPALIVE_CNT) == 4)
        #expect(socket.number(ZMQ_MECHANISM) == ZMQ_CURVE)
      }
      #expect(node.number(ZMQ_CONNECT_TIMEOUT) == 3_000)
      #expect(node.number(ZMQ_IMMEDIATE) == 1)
      #expect(node.number(ZMQ_RECONNECT_IVL) == 3_600_000)
      #expect(centre.number(ZMQ_CURVE_SERVER) == 1)
      #expect(centre.number(ZMQ_ZAP_ENFORCE_DOMAIN) == 1)
      #expect(centre.number(ZMQ_BACKLOG) == 128)
      for socket in [node, centre] { socket.close() }
      context.terminate()
    }

    @Test(
      arguments: [
        { $0.messageBytesMax = 0 }, { $0.messageBytesMax = Int.max }, { $0.inboxBytesMax = 0 },
        { $0.sendQueueMessages = 0 }, { $0.receiveQueueMessages = 0 }, { $0.backlogConnections = -1 },
        { $0.zapDomain = "" }, { $0.handshakeLimit = .zero }, { $0.heartbeatTimeToLive = .seconds(7_000) },
        { $0.lingerOnClose = .seconds(-1) }, { $0.connectLimit = .seconds(Int64.max) },
      ] as [@Sendable (inout TransportOptions) -> Void])
    func `values that defeat a bound are refused`(change: @Sendable (inout TransportOptions) -> Void) {
      var options = TransportOptions()
      #expect(throws: Never.self) { try options.validate() }
      change(&options)
      #expect { try options.validate() } throws: { ($0 as? TransportError)?.code == .option }
    }

    @Test(arguments: [
      (Duration.zero, Int32(0)), (.milliseconds(1), 1), (.microseconds(1), 1), (.microseconds(1_001), 2),
      (.seconds(-5), 0), (.seconds(3_600), 3_600_000), (.seconds(Int64.max), 2_000_000_000),
    ])
    func `durations become whole milliseconds, rounded up`(duration: Duration, milliseconds: Int32) {
      #expect(duration.millisecondsRoundedUp == milliseconds)
    }

    @Test(arguments: [UInt32(0), 1, 0x0102_0304, .max])
    func `a peer id is the ROUTER's five bytes`(number: UInt32) {
      let bytes = PeerID(number).withBytes { Array($0) }
      let expected: [UInt8] = [
        0, UInt8(truncatingIfNeeded: number >> 24), UInt8(truncatingIfNeeded: number >> 16),
        UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number),
      ]
      #expect(bytes == expected)
      #expect(bytes.withUnsafeBytes { PeerID($0) } == PeerID(number))
    }

    @Test(arguments: [[], [0], [1, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1]] as [[UInt8]])
    func `other routing ids are no peer ids`(bytes: [UInt8]) {
      #expect(bytes.withUnsafeBytes { PeerID($0) } == nil)
    }

    @Test(arguments: [
      ("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1", "fe80::1"), ("10.0.0.1", "10.0.0.1"),
      ("tcp://[::ffff:10.0.0.1]:7312", "tcp://10.0.0.1:7312"), ("tcp://[::1]:7312", "tcp://[::1]:7312"),
      ("tcp://[::]:7312", "tcp://[::]:7312"),
    ])
    func `IPv4 addresses are shown as people write them`(address: String, shown: String) {
      #expect(CentreLink.plain(address) == shown)
    }

    @Test func `the writable hint waits longer while it does not help`() {
      var hint = WritableHint()
      let start = ContinuousClock.now
      func due() -> Duration? { hint.due.map { $0 - start } }
      hint.sent(any: true, anyFull: false, isWritable: true, now: start)
      #expect(due() == nil)
      for expected in [1, 2, 4, 8, 16, 32, 50, 50] {
        hint.sent(any: false, anyFull: true, isWritable: true, now: start)
        #expect(due() == .milliseconds(expected))
        let early = hint.take(isWritable: true, now: start)
        #expect(!early)
        let taken = hint.take(isWritable: true, now: start + .milliseconds(expected))
        #expect(taken)
        #expect(due() == nil)
      }
      hint.sent(any: true, anyFull: true, isWritable: false, now: start)
      #expect(due() == .milliseconds(1) && hint.awaitsEdge)
      // The edge comes before its time.
      let stillFull = hint.take(isWritable: false, now: start)
      #expect(!stillFull)
      let edge = hint.take(isWritable: true, now: start)
      #expect(edge)
    }
  }
}

extension TransportTests {
  @Suite struct EndpointTests {
    @Test(arguments: [
      "tcp://127.0.0.1:7312", "tcp://scc.example:1", "tcp://[::1]:65535", "tcp://a..b:7312",
    ])
    func `an address of either kind`(text: String) {
      #expect(throws: Never.self) { try Endpoint.check(text, listening: false) }
      #expect(throws: Never.self) { try Endpoint.check(text, listening: true) }
    }

    @Test(arguments: ["tcp://*:7312", "tcp://127.0.0.1:*", "tcp://0.0.0.0:0"])
    func `an address to listen on alone`(text: String) {
      #expect(throws: Never.self) { try Endpoint.check(text, listening: true) }
      #expect(throws: TransportError.self) { try Endpoint.check(text, listening: false) }
    }

    @Test(arguments: [
      "", "tcp://", "tcp://:7312", "tcp://h:", "tcp://h", "tcp://h:65536", "tcp://h:-1", "tcp://h:+1",
      "tcp://h:1 ", "tcp://h:7312;tcp://g:1", "tcp://[]:1", "tcp://::1:1", "tcp://h/x:1", "tcp://h:1\0",
      "udp://h:1",
      "tcp://*x:1", "tcp://é:1", "tcp://" + String(repeating: "h", count: 300) + ":1",
    ])
    func `no address`(text: String) {
      #expect(throws: TransportError.self) { try Endpoint.check(text, listening: false) }
      #expect(throws: TransportError.self) { try Endpoint.check(text, listening: true) }
    }
  }
}
