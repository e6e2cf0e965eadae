/// What a link tells its thread before it sleeps.
struct PollRequest: Sendable {
  /// One socket to wake for.
  struct Entry: Sendable {
    let socket: ZeroMQSocket
    let events: Int32
  }

  var entries: [Entry] = []
  /// When to take a turn although no socket has anything.
  var deadline: ContinuousClock.Instant?

  mutating func add(_ socket: ZeroMQSocket, _ events: Int32) {
    entries.append(Entry(socket: socket, events: events))
  }

  mutating func wake(at instant: ContinuousClock.Instant) {
    deadline = deadline.map { min($0, instant) } ?? instant
  }
}

/// A link as its thread sees it. Every method is called on the thread, between actor jobs.
protocol SocketUser: AnyObject, Sendable {
  nonisolated var thread: SocketThread { get }

  /// What to wait for now.
  nonisolated func pollRequest() -> PollRequest

  /// One turn: take what the sockets have, within a bound, and wake the consumer.
  nonisolated func service(now: ContinuousClock.Instant)

  /// The thread stops: close every socket and end the inbox.
  nonisolated func threadStopping()
}
