/// A point in time in milliseconds since 1970-01-01 00:00 UTC, as wall clocks give it.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// Moved by `milliseconds`, held at the ends of the range so that a hostile clock cannot trap.
  package func advanced(byMilliseconds delta: Int64) -> Timestamp {
    let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
    return Timestamp(milliseconds: overflow ? (delta < 0 ? .min : .max) : sum)
  }

  /// `self - other` in milliseconds, held at the ends of the range.
  package func millisecondsSince(_ other: Timestamp) -> Int64 {
    let (difference, overflow) = milliseconds.subtractingReportingOverflow(other.milliseconds)
    return overflow ? (milliseconds < other.milliseconds ? .min : .max) : difference
  }

  /// RFC 3339 in UTC.
  package var description: String { ZonedInstant(timestamp: self, offsetMinutes: 0).description }
}

/// An instant with the offset from UTC in which it was written.
package struct ZonedInstant: Hashable, Sendable, CustomStringConvertible {
  package let timestamp: Timestamp
  /// Minutes east of UTC, -1439 to 1439; WITA, the time of Soppeng, is 480.
  package let offsetMinutes: Int

  package static let witaOffsetMinutes = 480

  package init(timestamp: Timestamp, offsetMinutes: Int) {
    self.timestamp = timestamp
    self.offsetMinutes = offsetMinutes
  }

  /// The same instant as a natural key has it: at one offset, so that it is one value.
  package var inKey: ZonedInstant {
    ZonedInstant(timestamp: timestamp, offsetMinutes: Self.witaOffsetMinutes)
  }

  /// The local calendar date and the milliseconds since local midnight.
  package var local: (date: CalendarDate, milliseconds: Int64) {
    let shifted = timestamp.advanced(byMilliseconds: Int64(offsetMinutes) * 60_000).milliseconds
    var (day, rest) = shifted.quotientAndRemainder(dividingBy: 86_400_000)
    if rest < 0 {
      day -= 1
      rest += 86_400_000
    }
    return (CalendarDate(daysSinceEpoch: day), rest)
  }

  /// RFC 3339, milliseconds only where there are any.
  package var description: String {
    let (date, milliseconds) = local
    let seconds = milliseconds / 1000
    var text = "\(date)T\(Decimal2.text(seconds / 3600)):\(Decimal2.text(seconds / 60 % 60)):"
    text += Decimal2.text(seconds % 60)
    if milliseconds % 1000 != 0 {
      let fraction = String(milliseconds % 1000)
      text += "." + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
    }
    if offsetMinutes == 0 { return text + "Z" }
    let magnitude = Int64(offsetMinutes.magnitude)
    text += offsetMinutes < 0 ? "-" : "+"
    return text + "\(Decimal2.text(magnitude / 60)):\(Decimal2.text(magnitude % 60))"
  }
}

enum Decimal2 {
  /// At least two digits.
  static func text(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }
}
