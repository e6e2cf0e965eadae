package import Datasets
import Machine
import Synchronization
package import Wire

/// What time it is at the centre, as far as it was measured: what this office judges dates and hours by. Callable from
/// anywhere.
///
/// A box with a flat battery comes up months back, and goes on saying so while its link stands. A measurement goes on by
/// the time since boot, so it also outlives a wall clock that is set meanwhile.
package final class CentreClock: Sendable {
  private struct Measurement {
    let centre: Timestamp
    let uptimeMilliseconds: UInt64
  }

  private let last = Mutex<Measurement?>(nil)

  package init() {}

  /// - Parameters:
  ///   - offsetMilliseconds: centre minus this machine.
  ///   - reading: this machine's clocks at the measurement, in its present boot.
  package func measured(offsetMilliseconds: Int64, at reading: ClockReading) {
    let measurement = Measurement(
      centre: reading.wall.advanced(byMilliseconds: offsetMilliseconds),
      uptimeMilliseconds: reading.uptimeMilliseconds)
    last.withLock { $0 = measurement }
  }

  package func now() -> Timestamp { now(at: MachineClock.reading()) }

  /// The machine's own wall clock until the first measurement.
  ///
  /// - Parameter reading: this machine's clocks, in the boot of the measurement.
  func now(at reading: ClockReading) -> Timestamp {
    guard let last = last.withLock({ $0 }) else { return reading.wall }
    let (elapsed, overflow) = Int64(clamping: reading.uptimeMilliseconds)
      .subtractingReportingOverflow(Int64(clamping: last.uptimeMilliseconds))
    return overflow ? reading.wall : last.centre.advanced(byMilliseconds: elapsed)
  }
}
