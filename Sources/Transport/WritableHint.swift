/// When to tell that a full peer may be worth another try.
///
/// A ROUTER that must not drop is writable as soon as any peer is, so ZMQ_POLLOUT would spin while one is full.
/// libzmq 4.3 has no stable way to ask about one peer. So the hint comes by time, sooner while it helps.
struct WritableHint {
  private static let first: Duration = .milliseconds(1)
  private static let last: Duration = .milliseconds(50)

  private(set) var due: ContinuousClock.Instant?
  private var wait = Self.first

  /// Notes the outcome of one call to send.
  mutating func sent(anyFull: Bool, now: ContinuousClock.Instant) {
    if !anyFull {
      wait = Self.first
    } else if due == nil {
      due = now + wait
    }
  }

  /// Whether to hint now; each further hint without success waits twice as long.
  mutating func take(now: ContinuousClock.Instant) -> Bool {
    guard let due, now >= due else { return false }
    self.due = nil
    wait = min(wait * 2, Self.last)
    return true
  }
}
