internal import CZeroMQ

/// The centre's turns on the thread.
extension CentreLink {
  private static let zapRequestsPerTurnMax = 256

  nonisolated func pollRequest() -> PollRequest {
    assumeIsolated { centre in
      var request = PollRequest()
      guard let binding = centre.binding else { return request }
      request.add(binding.monitor.socket, ZMQ_POLLIN)
      request.add(binding.zap.socket, ZMQ_POLLIN)
      var events: Int32 = 0
      if centre.inbox.hasRoom || centre.discarding { events |= ZMQ_POLLIN }
      if let due = centre.retry.due {
        request.wake(at: due)
        if centre.retry.awaitsEdge { events |= ZMQ_POLLOUT }
      }
      if events != 0 { request.add(binding.socket, events) }
      return request
    }
  }

  /// The order matters. A connection's first message comes after its ZAP answer, which was given at the end
  /// of an earlier turn, after libzmq had reported the end of whichever connection had the same descriptor
  /// before. So when the monitor is read first, no new peer is taken for the one that is gone.
  nonisolated func service(now: ContinuousClock.Instant) {
    assumeIsolated { centre in
      centre.takeMonitorEvents(now: now)
      centre.takeMessages()
      centre.answerZap()
      centre.hintWritable(now: now)
      centre.inbox.wake()
    }
  }

  nonisolated func threadStopping() {
    assumeIsolated { centre in
      centre.shut(linger: centre.binding?.options.lingerOnClose ?? .zero)
      centre.inbox.end()
    }
  }

  private func takeMonitorEvents(now: ContinuousClock.Instant) {
    guard let binding else { return }
    while let event = binding.monitor.next(frame) {
      let descriptor = Int32(bitPattern: event.value)
      switch event.kind {
      case ZMQ_EVENT_ACCEPTED:
        _ = forget(descriptor)
        accepted[descriptor] = Accepted(address: Self.address(of: descriptor), at: now)
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: count.handshakesSucceeded += 1
      case ZMQ_EVENT_DISCONNECTED:
        let gone = forget(descriptor)
        if let failure = pendingFailure {
          pendingFailure = nil
          let elapsed = gone.map { now - $0.at } ?? .zero
          report(
            failure.after(elapsed, limit: binding.options.handshakeLimit),
            address: gone?.address ?? CentreEvent.addressUnknown)
        }
      default:
        pendingFailure = HandshakeFailure(event)
      }
    }
  }

  /// The connection that had this descriptor is gone.
  private func forget(_ descriptor: Int32) -> Accepted? {
    let gone = accepted.removeValue(forKey: descriptor)
    if let peer = gone?.peer { peers[peer] = nil }
    return gone
  }

  private func hintWritable(now: ContinuousClock.Instant) {
    guard retry.due != nil, let binding else { return }
    let isWritable = binding.socket.readiness & ZMQ_POLLOUT != 0
    if retry.take(isWritable: isWritable, now: now) { inbox.append(.writable) }
  }

  private func answerZap() {
    guard let binding else { return }
    for _ in 0..<Self.zapRequestsPerTurnMax {
      let answered = binding.zap.serveOne(frame) { request in
        guard let key = request.key, request.domain == binding.options.zapDomain else {
          return refuse(.notCurve, failure: .notEncrypted, address: request.address)
        }
        if authorised[key] != nil { return true }
        if let name = formerNames[key] {
          _ = inbox.appendNotice(.formerKeyRefused(name: name, address: Self.plain(request.address)))
        }
        return refuse(.unknownKey, failure: .refused, address: request.address)
      }
      guard answered else { return }
    }
  }

  /// Always false, the answer to give.
  private func refuse(_ reason: RefusalReason, failure: HandshakeFailure, address: String) -> Bool {
    count.refuse(reason)
    report(failure, address: Self.plain(address))
    return false
  }

  private func report(_ failure: HandshakeFailure, address: String) {
    count.handshakeFailures += 1
    _ = inbox.appendNotice(.handshakeFailed(failure, address: address))
  }

  /// The address of a connection that was just accepted. It may be gone already, or its descriptor another's:
  /// it is only for reports.
  private static func address(of descriptor: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      guard let start = text.baseAddress,
        simpul_peer_address(descriptor, start, UInt32(text.count)) == 0
      else { return CentreEvent.addressUnknown }
      return plain(String(cString: start))
    }
  }
}
