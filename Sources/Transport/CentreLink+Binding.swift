internal import CZeroMQ

/// Making and closing the sockets.
extension CentreLink {
  private static let watchedEvents =
    ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
    | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL

  /// The ZAP handler comes first: without one a CURVE server lets any key in.
  func makeBinding(
    listen: String, keys: CurveKeyPair, options: TransportOptions
  ) throws(TransportError) -> Binding {
    let zap = try ZapHandler(in: thread.context)
    var socket: ZeroMQSocket?
    var monitor: SocketMonitor?
    do {
      let router = try ZeroMQSocket(thread.context, ZMQ_ROUTER)
      socket = router
      try options.apply(to: router)
      try options.applyCentre(to: router, keys: keys)
      let watch = try SocketMonitor(router, in: thread.context, events: Self.watchedEvents)
      monitor = watch
      try router.bind(listen)
      return Binding(
        options: options, socket: router, monitor: watch, zap: zap,
        endpoint: Self.plain(router.lastEndpoint ?? listen))
    } catch {
      monitor?.close()
      zap.close()
      socket?.close()
      throw error
    }
  }

  /// Closes in order: monitor, ZAP, then the socket; and forgets its peers.
  func shut(linger: Duration) {
    guard let old = binding else { return }
    binding = nil
    old.monitor.close()
    old.zap.close()
    if linger > .zero { try? old.socket.set(ZMQ_LINGER, linger) }
    old.socket.close()
    peers = [:]
    accepted = [:]
    pendingFailure = nil
    discarding = false
    retry = WritableHint()
  }

  /// An IPv4 address that libzmq wrote in its IPv6 form, as people write it.
  static func plain(_ address: String) -> String {
    let mapped = "::ffff:"
    if address.hasPrefix(mapped), address.contains(".") { return String(address.dropFirst(mapped.count)) }
    let head = "tcp://[\(mapped)"
    guard address.hasPrefix(head), address.contains("."), let end = address.lastIndex(of: "]") else {
      return address
    }
    let host = address[address.index(address.startIndex, offsetBy: head.count)..<end]
    return "tcp://\(host)\(address[address.index(after: end)...])"
  }
}
