package import Datasets

/// A terminal's local time as `SET OPTION DateTime` wants it: seconds of a calendar in which every month has 31 days and
/// every year twelve of them, from 2000 on.
package enum TerminalTime {
  /// - Parameters:
  ///   - date: from 2000-01-01 on.
  ///   - second: of the day, 0 to 86,399.
  /// - Returns: nil for a date before 2000.
  package static func number(_ date: CalendarDate, second: Int) -> Int? {
    let (year, month, day) = date.components
    guard year >= 2000 else { return nil }
    return Int(((year - 2000) * 372 + (month - 1) * 31 + day - 1) * 86_400) + second
  }
}
