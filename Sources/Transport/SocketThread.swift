internal import CZeroMQ
internal import Glibc
package import Logging
internal import Synchronization

/// The one thread of a process part on which ZeroMQ sockets live, and the executor of the actors that own
/// them, so that an actor's code may touch its socket directly.
///
/// It sleeps in zmq_poll over an eventfd and the sockets. Actor jobs are run between polls. It lives until
/// `stop()`. Do nothing slow on it.
package final class SocketThread: SerialExecutor {
  /// A sign of life, readable from any thread.
  package struct Heartbeat: Sendable, Equatable {
    /// Loop turns since the start.
    package let turns: UInt64
    /// When the last turn began.
    package let at: ContinuousClock.Instant
  }

  enum Work: Sendable {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
  }

  enum Phase { case running, stopping, stopped }

  /// What any thread may touch, under the lock.
  struct Shared {
    var work: [Work] = []
    var phase = Phase.running
    /// The loop is about to sleep or asleep, and nobody has woken it yet.
    var sleeping = false
    /// A short-lived thread runs jobs that came after the stop.
    var draining = false
    /// The thread that runs jobs now.
    var owner: pthread_t?
    var eventDescriptor: Int32
    var stopping: [CheckedContinuation<Void, Never>] = []
    var heartbeat = Heartbeat(turns: 0, at: .now)
  }

  let name: String
  let logger: Logger
  let context: ZeroMQContext
  let shared: Mutex<Shared>
  private let joining: Mutex<pthread_t?>

  // Safe because only the thread itself reads and writes it: see checkIsolated() in each user.
  nonisolated(unsafe) var users: [any SocketUser] = []

  private init(name: String, logger: Logger) throws(TransportError) {
    let descriptor = simpul_eventfd_open()
    guard descriptor >= 0 else { throw .system(.socket, "cannot make an eventfd") }
    do {
      context = try ZeroMQContext()
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    self.name = name
    self.logger = logger
    shared = Mutex(Shared(eventDescriptor: descriptor))
    joining = Mutex(nil)
  }

  /// Makes the context and starts the thread. The name, at most 15 bytes, is what top(1) shows.
  package static func start(name: String = "zeromq", logger: Logger) throws(TransportError) -> SocketThread {
    let thread = try SocketThread(name: name, logger: logger)
    guard let pthread = thread.spawn({ $0.run() }) else {
      let error = TransportError.system(.socket, "cannot start the socket thread")
      thread.context.terminate()
      thread.shared.withLock { _ = Glibc.close($0.eventDescriptor) }
      throw error
    }
    thread.joining.withLock { $0 = pthread }
    return thread
  }

  /// Closes every link's sockets, then the context, and returns when the thread has ended. Takes at most the
  /// longest `lingerOnClose`. Links stay usable as values: they throw `stopped` and receive nothing. May be
  /// called more than once.
  package func stop() async {
    await withCheckedContinuation { continuation in
      let ended = shared.withLock { shared in
        if shared.phase == .stopped { return true }
        shared.stopping.append(continuation)
        shared.phase = .stopping
        Self.wake(&shared)
        return false
      }
      if ended { continuation.resume() }
    }
    // The thread's last act was to resume us, so this waits for microseconds.
    if let pthread = joining.withLock({ pthread in
      defer { pthread = nil }
      return pthread
    }) {
      pthread_join(pthread, nil)
    }
  }

  /// The last turn. A thread with nothing to do sleeps without turns: `poke()` it and look again.
  package var heartbeat: Heartbeat { shared.withLock { $0.heartbeat } }

  /// Asks for one turn; returns at once.
  package func poke() {
    shared.withLock { shared in
      if shared.phase != .stopped { simpul_eventfd_signal(shared.eventDescriptor) }
    }
  }

  // MARK: Executor

  package func enqueue(_ job: consuming ExecutorJob) { submit(.job(UnownedJob(job))) }

  /// Runs a closure on the thread, after the jobs that were there before it.
  func perform(_ closure: @escaping @Sendable () -> Void) { submit(.closure(closure)) }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  package func checkIsolated() { precondition(isCurrent, "this must run on the socket thread") }

  package func isIsolatingCurrentContext() -> Bool? { isCurrent }

  /// Whether the caller is the thread.
  var isCurrent: Bool {
    guard let owner = shared.withLock({ $0.owner }) else { return false }
    return pthread_equal(owner, pthread_self()) != 0
  }

  private func submit(_ work: Work) {
    let drain = shared.withLock { shared in
      shared.work.append(work)
      guard shared.phase == .stopped else {
        Self.wake(&shared)
        return false
      }
      defer { shared.draining = true }
      return !shared.draining
    }
    // An executor must run what it took. After the stop there are no sockets, so any one thread will do; with
    // no thread to be had, this one.
    guard drain else { return }
    if let pthread = spawn({ $0.runLateWork() }) {
      pthread_detach(pthread)
    } else {
      runLateWork()
    }
  }

  /// Writes to the eventfd only if the loop sleeps: it looks at the queue before it does.
  private static func wake(_ shared: inout Shared) {
    guard shared.sleeping else { return }
    shared.sleeping = false
    simpul_eventfd_signal(shared.eventDescriptor)
  }

  private func spawn(_ body: @escaping @Sendable (SocketThread) -> Void) -> pthread_t? {
    final class Start: Sendable {
      let thread: SocketThread
      let body: @Sendable (SocketThread) -> Void
      init(_ thread: SocketThread, _ body: @escaping @Sendable (SocketThread) -> Void) {
        self.thread = thread
        self.body = body
      }
    }
    let start = Unmanaged.passRetained(Start(self, body))
    var pthread = pthread_t()
    let failure = pthread_create(
      &pthread, nil,
      { raw in
        guard let raw else { return nil }
        let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
        start.body(start.thread)
        return nil
      }, start.toOpaque())
    guard failure == 0 else {
      start.release()
      errno = failure
      return nil
    }
    return pthread
  }
}
