/// A reading of a clock that never goes back, in milliseconds from an arbitrary start. Machines are told it; they
/// never look at a clock.
package struct MonotonicTime: Hashable, Sendable, Comparable {
  package let milliseconds: UInt64

  package init(milliseconds: UInt64) { self.milliseconds = milliseconds }

  package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Later by a duration, in whole milliseconds; negative durations count as zero.
  package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
    MonotonicTime(milliseconds: time.milliseconds &+ duration.wholeMilliseconds)
  }

  /// Zero when `earlier` is in fact later.
  package func duration(since earlier: MonotonicTime) -> Duration {
    .milliseconds(
      milliseconds > earlier.milliseconds ? Int64(clamping: milliseconds - earlier.milliseconds) : 0)
  }
}

extension Duration {
  /// Whole milliseconds, zero for negative durations.
  package var wholeMilliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let milliseconds = UInt64(seconds).multipliedReportingOverflow(by: 1000)
    return milliseconds.overflow
      ? .max / 2 : milliseconds.partialValue + UInt64(attoseconds / 1_000_000_000_000_000)
  }
}
