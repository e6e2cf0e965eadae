/// Events that wait for one consumer, bounded in bytes; state of an actor, so it needs no lock.
struct Inbox<Event: Sendable> {
  /// What an event counts besides its payload, so that empty messages are bounded too.
  static var eventBytes: Int { 256 }
  /// How many reports about strangers may wait: they must not fill the inbox.
  static var noticesMax: Int { 64 }

  /// Past this the owner stops reading its socket.
  var bytesMax: Int
  private(set) var bytes = 0
  private var events: [Event] = []
  private var notices = 0
  private var isEnded = false
  private var tickets: UInt64 = 0
  private var waiter: (ticket: UInt64, continuation: CheckedContinuation<[Event], Never>)?

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  var hasRoom: Bool { bytes < bytesMax }

  /// Adds an event that is always taken: the caller asks `hasRoom` before it reads from a socket.
  mutating func append(_ event: Event, payloadBytes: Int = 0) {
    guard !isEnded else { return }
    events.append(event)
    bytes += payloadBytes + Self.eventBytes
  }

  /// Adds a report that may be dropped when many wait; false if it was.
  mutating func appendNotice(_ event: Event) -> Bool {
    guard notices < Self.noticesMax else { return false }
    notices += 1
    append(event)
    return true
  }

  /// Drops what waits: it came from a connection that is gone.
  mutating func clear() {
    events = []
    bytes = 0
    notices = 0
  }

  /// No event comes any more: what waits is still handed out, then every wait answers with nothing.
  mutating func end() {
    isEnded = true
    wake()
    release([])
  }

  /// Hands everything that waits to the consumer, if it is waiting.
  mutating func wake() {
    guard waiter != nil, !events.isEmpty else { return }
    release(takeAll())
  }

  /// Everything that waits; empty after the end; nil when the consumer must wait.
  mutating func take() -> [Event]? {
    if !events.isEmpty { return takeAll() }
    return isEnded ? [] : nil
  }

  mutating func nextTicket() -> UInt64 {
    tickets += 1
    return tickets
  }

  /// Lets the consumer wait. A link has one consumer; two at a time are a mistake in the program.
  mutating func wait(_ continuation: CheckedContinuation<[Event], Never>, ticket: UInt64) {
    precondition(waiter == nil, "two tasks receive from one link")
    if Task.isCancelled {
      continuation.resume(returning: [])
    } else {
      waiter = (ticket, continuation)
    }
  }

  /// Ends one wait with nothing; another wait that came since is left alone.
  mutating func cancel(_ ticket: UInt64) {
    if waiter?.ticket == ticket { release([]) }
  }

  private mutating func takeAll() -> [Event] {
    let taken = events
    clear()
    return taken
  }

  private mutating func release(_ taken: [Event]) {
    let released = waiter
    waiter = nil
    released?.continuation.resume(returning: taken)
  }
}
