internal import CZeroMQ

/// A node's end of the link: one CURVE client DEALER at a time, on the socket thread.
///
/// It carries opaque messages of one frame each and judges nothing: when to open, where, and how long to wait
/// after a failure is the session machine's. Every `open()` ends in exactly one of `.disconnected`,
/// `.handshakeFailed` and `.connectFailed`, unless `close()`, another `open()` or the thread's stop is first.
package actor NodeLink: SocketUser {
  /// Where the actor runs.
  package nonisolated let thread: SocketThread
  package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// One socket from its `open()` on.
  struct Connection {
    enum Phase: Equatable {
      case connecting
      case handshaking(since: ContinuousClock.Instant)
      case connected
    }

    let endpoint: String
    let options: TransportOptions
    let socket: ZeroMQSocket
    let monitor: SocketMonitor
    let opened: ContinuousClock.Instant
    var phase = Phase.connecting
    /// A send took less than it was given, so that `.writable` is owed.
    var owesWritable = false

    /// When an attempt that libzmq says nothing about is given up.
    var deadline: ContinuousClock.Instant {
      opened + options.connectLimit + options.handshakeLimit + .seconds(1)
    }
  }

  var connection: Connection?
  var inbox = Inbox<LinkEvent>(bytesMax: TransportOptions().inboxBytesMax)
  var count = LinkCounters()
  let frame = ZeroMQFrame()
  private var openings: UInt64 = 0

  /// Makes a link that is not open.
  package init(thread: SocketThread) { self.thread = thread }

  /// Begins one connection attempt on a new socket; an older one is closed, and what it had received and
  /// nobody took is dropped. Returns at once; what follows comes from `receive()`, `.opened` first.
  ///
  /// Throws `endpoint` unless it is `tcp://HOST:PORT`, `option`, or `stopped`.
  @discardableResult
  package func open(
    endpoint: String, serverKey: CurvePublicKey, keys: CurveKeyPair, options: TransportOptions = .init()
  ) throws(TransportError) -> ConnectionID {
    try options.validate()
    try Endpoint.check(endpoint, listening: false)
    shut(linger: .zero)
    inbox.clear()
    try thread.register(self)
    let socket = try ZeroMQSocket(thread.context, ZMQ_DEALER)
    do {
      try options.apply(to: socket)
      try options.applyNode(to: socket, serverKey: serverKey, keys: keys)
      let monitor = try SocketMonitor(socket, in: thread.context, events: Self.watchedEvents)
      connection = Connection(
        endpoint: endpoint, options: options, socket: socket, monitor: monitor, opened: .now)
      try socket.connect(endpoint)
    } catch {
      if connection == nil { socket.close() }
      shut(linger: .zero)
      throw error
    }
    openings += 1
    inbox.bytesMax = options.inboxBytesMax
    inbox.append(.opened(ConnectionID(openings)))
    inbox.wake()
    return ConnectionID(openings)
  }

  /// Closes the socket; accepted messages are still sent for `lingerOnClose`. Nothing more is received, not
  /// even an event for this. Does nothing when it is closed.
  package func close() {
    shut(linger: connection?.options.lingerOnClose ?? .zero)
    inbox.clear()
  }

  /// Hands over messages in order without waiting and returns how many were accepted; the rest stay the
  /// caller's, who may try again after `.writable` (or `.connected`). Accepted is not delivered.
  ///
  /// Throws `messageTooLarge` when the first message is above `messageBytesMax`.
  package func send(_ messages: [[UInt8]]) throws(TransportError) -> Int {
    guard let current = connection, current.phase == .connected else { return 0 }
    var accepted = 0
    for message in messages {
      if message.count > current.options.messageBytesMax {
        if accepted > 0 { break }
        throw TransportError(
          .messageTooLarge,
          "a message of \(message.count) bytes is above the limit of \(current.options.messageBytesMax)")
      }
      guard current.socket.send(message) == .accepted else {
        connection?.owesWritable = true
        break
      }
      accepted += 1
      count.bytesSent += UInt64(message.count)
    }
    count.messagesSent += UInt64(accepted)
    return accepted
  }

  /// Waits for at least one event and takes all there are. Empty means the end: this task was cancelled or
  /// the thread stopped. One task at a time.
  package func receive() async -> [LinkEvent] {
    if let events = inbox.take() { return events }
    guard (try? thread.register(self)) != nil else { return [] }
    let ticket = inbox.nextTicket()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { inbox.wait($0, ticket: ticket) }
    } onCancel: {
      thread.perform { self.assumeIsolated { $0.inbox.cancel(ticket) } }
    }
  }

  /// What went over the link, with what waits now.
  package var counters: LinkCounters {
    var count = count
    count.inboxBytes = inbox.bytes
    return count
  }

  /// Closes in order: monitor, then socket.
  func shut(linger: Duration) {
    guard let old = connection else { return }
    connection = nil
    old.monitor.close()
    if linger > .zero { try? old.socket.set(ZMQ_LINGER, linger) }
    old.socket.close()
  }
}
