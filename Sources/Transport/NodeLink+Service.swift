internal import CZeroMQ

/// The link's turns on the thread.
extension NodeLink {
  /// How many messages are read in one turn before others have theirs.
  private static let messagesPerTurnMax = 1_024

  static let watchedEvents =
    ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
    | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL

  nonisolated func pollRequest() -> PollRequest {
    assumeIsolated { link in
      var request = PollRequest()
      guard let current = link.connection else { return request }
      request.add(current.monitor.socket, ZMQ_POLLIN)
      var events: Int32 = 0
      if link.inbox.hasRoom { events |= ZMQ_POLLIN }
      if current.owesWritable { events |= ZMQ_POLLOUT }
      if events != 0 { request.add(current.socket, events) }
      if current.phase != .connected { request.wake(at: current.deadline) }
      return request
    }
  }

  nonisolated func service(now: ContinuousClock.Instant) {
    assumeIsolated { link in
      link.takeMonitorEvents(now: now)
      link.takeMessages()
      link.payWritable()
      if let current = link.connection, current.phase != .connected, now >= current.deadline {
        let limit = current.deadline - current.opened
        link.end(.connectFailed(reason: "no link to \(current.endpoint) in \(limit)"))
      }
      link.inbox.wake()
    }
  }

  nonisolated func threadStopping() {
    assumeIsolated { link in
      let wasConnected = link.connection?.phase == .connected
      link.shut(linger: link.connection?.options.lingerOnClose ?? .zero)
      if wasConnected { link.inbox.append(.disconnected(reason: "the socket thread stopped")) }
      link.inbox.end()
    }
  }

  private func takeMonitorEvents(now: ContinuousClock.Instant) {
    while let current = connection, let event = current.monitor.next(frame) {
      switch event.kind {
      case ZMQ_EVENT_CONNECTED: connection?.phase = .handshaking(since: now)
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        connection?.phase = .connected
        count.connections += 1
        inbox.append(.connected)
      case ZMQ_EVENT_CONNECT_RETRIED: end(.connectFailed(reason: connectWords(current, now: now)))
      case ZMQ_EVENT_DISCONNECTED:
        if current.phase == .connected {
          // What came whole before the end still counts, as far as there is room.
          takeMessages()
          end(.disconnected(reason: "the connection to \(current.endpoint) was closed or lost"))
        } else {
          // Every other failure of a handshake is told by an event of its own, before this one.
          end(.handshakeFailed(.foreign))
        }
      default:
        guard let failure = HandshakeFailure(event) else { continue }
        let elapsed = current.handshakeTime(at: now)
        end(.handshakeFailed(failure.after(elapsed, limit: current.options.handshakeLimit)))
      }
    }
  }

  private func takeMessages() {
    guard let socket = connection?.socket else { return }
    var left = Self.messagesPerTurnMax
    while left > 0, inbox.hasRoom, socket.receive(into: frame) {
      left -= 1
      guard !frame.more else {
        // The centre sends one frame per message; anything else is dropped whole.
        while frame.more, socket.receive(into: frame) {}
        continue
      }
      let message = frame.copy()
      count.messagesReceived += 1
      count.bytesReceived += UInt64(message.count)
      inbox.append(.received(message), payloadBytes: message.count)
    }
  }

  private func payWritable() {
    guard let current = connection, current.owesWritable, current.phase == .connected else { return }
    guard current.socket.readiness & ZMQ_POLLOUT != 0 else { return }
    connection?.owesWritable = false
    inbox.append(.writable)
  }

  /// Ends the attempt or link with its one last event.
  private func end(_ event: LinkEvent) {
    if case .handshakeFailed = event { count.handshakeFailures += 1 }
    shut(linger: .zero)
    inbox.append(event)
  }

  /// libzmq does not pass on why connect(2) failed; how long it took tells the kinds apart.
  private func connectWords(_ current: Connection, now: ContinuousClock.Instant) -> String {
    now - current.opened >= current.options.connectLimit
      ? "no answer from \(current.endpoint) in \(current.options.connectLimit)"
      : "cannot reach \(current.endpoint): refused, no route, or its name does not resolve"
  }
}

extension NodeLink.Connection {
  func handshakeTime(at now: ContinuousClock.Instant) -> Duration {
    if case .handshaking(let since) = phase { return now - since }
    return .zero
  }
}
