/// Durations as people write them: `250ms`, `60s`, `5m`, `12h`, `7d`.
package enum DurationText {
  /// Largest first.
  private static let units: [(name: String, milliseconds: Int)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  /// A hundred years: beyond it lies a slip of the pen, and arithmetic on instants.
  private static let millisecondsMax = 36_525 * 86_400_000

  /// - Returns: nil unless `text` is a whole number and a unit, at most a hundred years.
  package static func parse(_ text: String) -> Duration? {
    guard let (count, unit) = UnitText.parse(text),
      let factor = units.first(where: { $0.name == unit })?.milliseconds
    else { return nil }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow, milliseconds <= millisecondsMax else { return nil }
    return .milliseconds(milliseconds)
  }

  /// In the largest unit that gives a whole number; less than a millisecond is dropped.
  package static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    let milliseconds = overflow ? seconds : whole + attoseconds / 1_000_000_000_000_000
    guard milliseconds != 0 else { return "0s" }
    let unit = units.first { milliseconds.isMultiple(of: Int64($0.milliseconds)) }
    return unit.map { "\(milliseconds / Int64($0.milliseconds))\($0.name)" } ?? "\(milliseconds)ms"
  }
}
