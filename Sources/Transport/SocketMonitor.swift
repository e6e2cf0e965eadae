internal import CZeroMQ

/// What libzmq tells about the connections of one socket (zmq_socket_monitor(3)).
struct SocketMonitor {
  private let watched: ZeroMQSocket
  private let pair: ZeroMQSocket

  /// One event: its ZMQ_EVENT_* number and value.
  struct Event: Equatable {
    let kind: Int32
    let value: UInt32
  }

  init(_ watched: ZeroMQSocket, in context: ZeroMQContext, events: Int32) throws(TransportError) {
    let endpoint = context.monitorEndpoint()
    self.watched = watched
    pair = try ZeroMQSocket(context, ZMQ_PAIR)
    do {
      // Unlimited, because libzmq's I/O thread waits, for all connections, when this queue is full.
      try pair.set(ZMQ_RCVHWM, 0)
      try watched.monitor(endpoint, events: events)
      try pair.connect(endpoint)
    } catch {
      close()
      throw error
    }
  }

  var socket: ZeroMQSocket { pair }

  /// The next event, nil when there is none now. An event is two frames: 16-bit kind and 32-bit value in the
  /// machine's byte order, then the endpoint.
  func next(_ frame: ZeroMQFrame) -> Event? {
    while pair.receive(into: frame) {
      let head = frame.bytes
      let event =
        head.count == 6
        ? Event(
          kind: Int32(head.loadUnaligned(as: UInt16.self)),
          value: head.loadUnaligned(fromByteOffset: 2, as: UInt32.self)) : nil
      while frame.more, pair.receive(into: frame) {}
      if let event { return event }
    }
    return nil
  }

  /// Ends the reports first and the queue after: with no reader libzmq's I/O thread would wait for ever.
  func close() {
    try? watched.monitor(nil, events: 0)
    pair.close()
  }
}
