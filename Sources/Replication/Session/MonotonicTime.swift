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
    .milliseconds(milliseconds > earlier.milliseconds ? Int64(clamping: milliseconds - earlier.milliseconds) : 0)
  }
}

extension Duration {
  /// Whole milliseconds, zero for negative durations.
  package var wholeMilliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let milliseconds = UInt64(seconds).multipliedReportingOverflow(by: 1000)
    return milliseconds.overflow ? .max / 2 : milliseconds.partialValue + UInt64(attoseconds / 1_000_000_000_000_000)
  }
}

/// A small repeatable generator (SplitMix64, Steele et al. 2014): jitter must not need real randomness in a machine.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
