import Synchronization

/// A loop's sign of life: the loop beats once per turn, a watchdog check looks at the age of the last beat.
///
/// Callable from any thread without waiting.
package final class Heartbeat: Sendable {
  private let name: String
  private let limit: Duration
  private let now: @Sendable () -> Duration
  private let lastBeat: Atomic<Int64>

  /// A heartbeat of the loop called `name` that must beat at least every `limit`.
  ///
  /// The clock counts from the making of the heartbeat, so a loop that never starts is found as well.
  package convenience init(name: String, limit: Duration) {
    let start = ContinuousClock.now
    self.init(name: name, limit: limit) { ContinuousClock.now - start }
  }

  /// A heartbeat over a clock of the caller's own.
  package init(name: String, limit: Duration, now: @escaping @Sendable () -> Duration) {
    self.name = name
    self.limit = limit
    self.now = now
    self.lastBeat = Atomic(Self.milliseconds(now()))
  }

  /// Records one turn of the loop.
  package func beat() {
    lastBeat.store(Self.milliseconds(now()), ordering: .relaxed)
  }

  /// The watchdog check over this heartbeat.
  package var check: WatchdogCheck {
    WatchdogCheck(name: name) {
      let age = Self.milliseconds(self.now()) - self.lastBeat.load(ordering: .relaxed)
      guard age > Self.milliseconds(self.limit) else { return .advancing }
      return .stalled("no turn for \(age / 1_000) s")
    }
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let whole = min(max(seconds, 0), Int64.max / 2_000)
    return whole * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
