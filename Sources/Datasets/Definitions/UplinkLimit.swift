/// The most that a node may send, and other limits for some hours of the week: by day the office's own work goes first,
/// by night the line stands free.
package struct UplinkLimit: Sendable, Equatable {
  /// Days as calendars write them.
  package enum Day: String, Sendable, CaseIterable {
    case monday = "mon"
    case tuesday = "tue"
    case wednesday = "wed"
    case thursday = "thu"
    case friday = "fri"
    case saturday = "sat"
    case sunday = "sun"

    /// The day of the week on which a date falls; 1970-01-01 was a Thursday.
    init(of date: CalendarDate) {
      let index = Int((date.daysSinceEpoch % 7 + 7 + 3) % 7)
      self = Self.allCases[index]
    }
  }

  /// A limit from one time of the day to another, on some days.
  package struct Hours: Sendable, Equatable {
    package let days: [Day]
    /// Minutes since local midnight: from `start`, before `end`; 0 to 1440.
    package let start: Int
    package let end: Int
    /// In bit/s, at least 1.
    package let bitsPerSecond: Int

    package init(days: [Day], start: Int, end: Int, bitsPerSecond: Int) {
      self.days = days
      self.start = start
      self.end = end
      self.bitsPerSecond = bitsPerSecond
    }

    package func overlaps(_ other: Hours) -> Bool {
      start < other.end && other.start < end && days.contains(where: other.days.contains)
    }
  }

  /// Outside all `hours`, in bit/s; nil is none.
  package var bitsPerSecond: Int?
  /// None overlaps another.
  package var hours: [Hours]

  package init(bitsPerSecond: Int? = nil, hours: [Hours] = []) {
    self.bitsPerSecond = bitsPerSecond
    self.hours = hours
  }

  /// The limit that holds at an instant, by the regency's local time (WITA, which has no summer time); nil is none.
  package func bitsPerSecond(at instant: Timestamp) -> Int? {
    let local = ZonedInstant(timestamp: instant, offsetMinutes: ZonedInstant.witaOffsetMinutes).local
    let (day, minute) = (Day(of: local.date), Int(local.milliseconds / 60_000))
    let present = hours.first { $0.days.contains(day) && $0.start <= minute && minute < $0.end }
    return present?.bitsPerSecond ?? bitsPerSecond
  }
}
