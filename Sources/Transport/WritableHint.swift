/// When to tell that a full peer may be worth another try.
///
/// A ROUTER that must not drop is writable (ZMQ_POLLOUT) as soon as any peer is. While no peer is, its edge
/// is the hint. While others are, polling for it would spin, and libzmq 4.3 has no stable way to ask about
/// one peer: then the hint comes by time, sooner while it helps.
struct WritableHint {
  private static let first: Duration = .milliseconds(1)
  private static let last: Duration = .milliseconds(50)

  private(set) var due: ContinuousClock.Instant?
  /// No peer at all was writable after the last send, so that the edge will tell.
  private(set) var awaitsEdge = false
  private var wait = Self.first

  /// Notes the outcome of one call to send, and whether the socket is writable after it.
  mutating func sent(any: Bool, anyFull: Bool, isWritable: Bool, now: ContinuousClock.Instant) {
    if any || !anyFull { wait = Self.first }
    guard anyFull else { return }
    awaitsEdge = !isWritable
    if due == nil { due = now + wait }
  }

  /// Whether to hint now; each further hint without success waits twice as long.
  mutating func take(isWritable: Bool, now: ContinuousClock.Instant) -> Bool {
    guard let due, now >= due || (awaitsEdge && isWritable) else { return false }
    self.due = nil
    awaitsEdge = false
    wait = min(wait * 2, Self.last)
    return true
  }
}
