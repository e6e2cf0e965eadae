internal import CZeroMQ
internal import Glibc
internal import Logging
internal import Synchronization

/// The loop. Everything here runs on the thread.
extension SocketThread {
  /// Has a link polled from the next turn on until the stop, which it will be told of; throws `stopped` when
  /// the thread takes no more turns.
  func register(_ user: any SocketUser) throws(TransportError) {
    guard shared.withLock({ $0.phase == .running }) else {
      throw TransportError(.stopped, "the socket thread has been stopped")
    }
    if !users.contains(where: { $0 === user }) { users.append(user) }
  }

  func run() {
    becomeOwner()
    logger.debug("socket thread started", metadata: ["thread": "\(name)"])
    var items: [zmq_pollitem_t] = []
    while true {
      let now = beat()
      runWork()
      if shared.withLock({ $0.phase == .stopping }) { break }
      let deadline = collect(&items)
      poll(&items, deadline: deadline, now: now)
      let after = ContinuousClock.now
      for user in users { user.service(now: after) }
    }
    finish()
  }

  /// Runs what was enqueued after the stop, on a thread of its own.
  func runLateWork() {
    shared.withLock { $0.owner = pthread_self() }
    while runWork(orElse: { shared in
      shared.draining = false
      shared.owner = nil
    }) {}
  }

  private func becomeOwner() {
    // Signals are for the threads of the service; here they would only interrupt polls.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    simpul_name_thread(name)
    shared.withLock { $0.owner = pthread_self() }
  }

  private func beat() -> ContinuousClock.Instant {
    let now = ContinuousClock.now
    shared.withLock { $0.heartbeat = Heartbeat(turns: $0.heartbeat.turns &+ 1, at: now) }
    return now
  }

  /// Runs the jobs that are there; those they add wait for the next turn, so that sockets are not starved.
  /// False, after `orElse` under the lock, when there are none.
  @discardableResult
  private func runWork(orElse: (inout Shared) -> Void = { _ in }) -> Bool {
    let work = shared.withLock { shared in
      if shared.work.isEmpty { orElse(&shared) }
      defer { shared.work.removeAll() }
      return shared.work
    }
    let executor = asUnownedSerialExecutor()
    for piece in work {
      switch piece {
      case .job(let job): job.runSynchronously(on: executor)
      case .closure(let closure): closure()
      }
    }
    return !work.isEmpty
  }

  /// Lists the eventfd and what the links wait for; returns when to wake at the latest.
  private func collect(_ items: inout [zmq_pollitem_t]) -> ContinuousClock.Instant? {
    var deadline: ContinuousClock.Instant?
    items.removeAll(keepingCapacity: true)
    let descriptor = shared.withLock { $0.eventDescriptor }
    items.append(zmq_pollitem_t(socket: nil, fd: descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    for user in users {
      let request = user.pollRequest()
      for entry in request.entries {
        items.append(
          zmq_pollitem_t(socket: entry.socket.pointer, fd: 0, events: Int16(entry.events), revents: 0))
      }
      if let wanted = request.deadline { deadline = deadline.map { min($0, wanted) } ?? wanted }
    }
    return deadline
  }

  private func poll(
    _ items: inout [zmq_pollitem_t], deadline: ContinuousClock.Instant?, now: ContinuousClock.Instant
  ) {
    var timeout = -1
    if let deadline { timeout = Int(max(.zero, deadline - now).millisecondsRoundedUp) }
    let sleeps = shared.withLock { shared in
      shared.sleeping = shared.work.isEmpty && shared.phase == .running
      return shared.sleeping
    }
    let result = zmq_poll(&items, Int32(clamping: items.count), sleeps ? timeout : 0)
    let failure = result < 0 ? zmq_errno() : 0
    shared.withLock { $0.sleeping = false }
    if result > 0, items[0].revents != 0 { simpul_eventfd_drain(items[0].fd) }
    if failure != 0, failure != EINTR {
      // Cannot happen while every link lists its own open sockets; said, and kept from spinning, if it does.
      logger.error("zmq_poll failed", metadata: ["reason": "\(String(cString: zmq_strerror(failure)))"])
      usleep(10_000)
    }
  }

  /// The close order: each link closes monitors and ZAP, then its socket; then the context, then the eventfd.
  private func finish() {
    for user in users { user.threadStopping() }
    users = []
    while runWork() {}
    context.terminate()
    logger.debug("socket thread stopped", metadata: ["thread": "\(name)"])
    while true {
      runWork()
      let waiting = shared.withLock { shared -> [CheckedContinuation<Void, Never>]? in
        guard shared.work.isEmpty else { return nil }
        shared.phase = .stopped
        shared.owner = nil
        Glibc.close(shared.eventDescriptor)
        shared.eventDescriptor = -1
        defer { shared.stopping = [] }
        return shared.stopping
      }
      guard let waiting else { continue }
      for continuation in waiting { continuation.resume() }
      return
    }
  }
}
