internal import CZeroMQ

extension TransportOptions {
  /// What CURVE adds to each frame (RFC 26/CURVEZMQ, MESSAGE): name 8, nonce 8, box 16, flags 1.
  static let curveFrameBytes = 33

  /// Why libzmq never reconnects by itself: after a failure it would wait this long (RECONNECT_IVL), but the
  /// link closes the socket at once, as the session machine decides when and where to open the next one. Not
  /// -1, because then a name that does not resolve is followed by no monitor event at all.
  private static let reconnectInterval: Duration = .seconds(3_600)

  /// Throws `option` for values that libzmq would refuse or that defeat a bound.
  func validate() throws(TransportError) {
    func require(_ holds: Bool, _ text: String) throws(TransportError) {
      if !holds { throw TransportError(.option, text) }
    }
    try require((1...(1 << 30)).contains(messageBytesMax), "messageBytesMax must be 1 byte to 1 GiB")
    try require(inboxBytesMax >= 1, "inboxBytesMax must be at least 1")
    try require((1...1_000_000).contains(sendQueueMessages), "sendQueueMessages must be 1 to 1,000,000")
    try require((1...1_000_000).contains(receiveQueueMessages), "receiveQueueMessages must be 1 to 1,000,000")
    try require((1...65_535).contains(backlogConnections), "backlogConnections must be 1 to 65,535")
    try require((1...255).contains(zapDomain.utf8.count), "zapDomain must be 1 to 255 bytes")
    try require(
      heartbeatTimeToLive <= .milliseconds(6_553_599), "heartbeatTimeToLive must be at most 6,553 s")
    let times = [
      connectLimit, handshakeLimit, heartbeatInterval, heartbeatLimit, heartbeatTimeToLive,
      retransmissionLimit,
    ]
    try require(
      times.allSatisfy { $0 >= .milliseconds(1) && $0 <= .seconds(1_000_000) },
      "limits and intervals must be 1 ms to 1,000,000 s")
    try require(lingerOnClose >= .zero && lingerOnClose <= .seconds(60), "lingerOnClose must be 0 to 60 s")
  }

  /// Sets what both roles share.
  func apply(to socket: ZeroMQSocket) throws(TransportError) {
    try socket.set(ZMQ_MAXMSGSIZE, wide: Int64(messageBytesMax + Self.curveFrameBytes))
    try socket.set(ZMQ_SNDHWM, Int32(sendQueueMessages))
    try socket.set(ZMQ_RCVHWM, Int32(receiveQueueMessages))
    try socket.set(ZMQ_LINGER, 0)
    try socket.set(ZMQ_HANDSHAKE_IVL, handshakeLimit)
    try socket.set(ZMQ_HEARTBEAT_IVL, heartbeatInterval)
    try socket.set(ZMQ_HEARTBEAT_TIMEOUT, heartbeatLimit)
    try socket.set(ZMQ_HEARTBEAT_TTL, heartbeatTimeToLive)
    try socket.set(ZMQ_TCP_MAXRT, retransmissionLimit)
    try socket.set(ZMQ_IPV6, ipv6 ? 1 : 0)
    try socket.set(ZMQ_TCP_KEEPALIVE, keepAlive == nil ? 0 : 1)
    if let keepAlive {
      try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, Int32(clamping: max(1, keepAlive.idle.components.seconds)))
      try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, Int32(clamping: max(1, keepAlive.interval.components.seconds)))
      try socket.set(ZMQ_TCP_KEEPALIVE_CNT, Int32(clamping: max(1, keepAlive.probes)))
    }
  }

  /// Sets what a node's DEALER needs besides.
  func applyNode(
    to socket: ZeroMQSocket, serverKey: CurvePublicKey, keys: CurveKeyPair
  ) throws(TransportError) {
    try socket.set(ZMQ_CONNECT_TIMEOUT, connectLimit)
    try socket.set(ZMQ_RECONNECT_IVL, Self.reconnectInterval)
    try socket.set(ZMQ_RECONNECT_IVL_MAX, 0)
    // Nothing is queued for a connection that does not stand: send() then says 0.
    try socket.set(ZMQ_IMMEDIATE, 1)
    try socket.set(ZMQ_CURVE_SERVERKEY, serverKey.text)
    try socket.set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.text)
    try socket.set(ZMQ_CURVE_SECRETKEY, keys.secretKey.revealedText)
  }

  /// Sets what the centre's ROUTER needs besides.
  func applyCentre(to socket: ZeroMQSocket, keys: CurveKeyPair) throws(TransportError) {
    try socket.set(ZMQ_CURVE_SERVER, 1)
    try socket.set(ZMQ_CURVE_SECRETKEY, keys.secretKey.revealedText)
    try socket.set(ZMQ_ZAP_DOMAIN, zapDomain)
    try socket.set(ZMQ_ZAP_ENFORCE_DOMAIN, 1)
    // Unknown and full peers are reported instead of dropped in silence.
    try socket.set(ZMQ_ROUTER_MANDATORY, 1)
    try socket.set(ZMQ_BACKLOG, Int32(backlogConnections))
  }
}

extension Duration {
  /// Whole milliseconds, rounded up, within the range of libzmq's options.
  var millisecondsRoundedUp: Int32 {
    let (seconds, attoseconds) = components
    guard seconds < 2_000_000 else { return 2_000_000_000 }
    guard seconds > -1 else { return 0 }
    let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: max(0, seconds * 1_000 + part))
  }
}
