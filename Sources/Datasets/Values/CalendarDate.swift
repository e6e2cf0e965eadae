/// A day of the proleptic Gregorian calendar, years 0001 to 9999 when read from text.
package struct CalendarDate: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// 1970-01-01 is 0.
  package let daysSinceEpoch: Int64

  package init(daysSinceEpoch: Int64) { self.daysSinceEpoch = daysSinceEpoch }

  /// - Returns: nil when there is no such day.
  package init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.daysInMonth(year: year, month: month)
    else { return nil }
    // Days from civil: the year starts in March, so that the leap day is its last (H. Hinnant's algorithm).
    let shiftedYear = Int64(month <= 2 ? year - 1 : year)
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    self.init(daysSinceEpoch: era * 146_097 + dayOfEra - 719_468)
  }

  package static func daysInMonth(year: Int, month: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  package var components: (year: Int64, month: Int64, day: Int64) {
    // Held far from the ends of Int64: a hostile day number must not trap.
    let days = min(max(daysSinceEpoch, -1_000_000_000), 1_000_000_000) + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// `YYYY-MM-DD`.
  package var description: String {
    let (year, month, day) = components
    let yearText = String(year)
    let padding = String(repeating: "0", count: max(0, 4 - yearText.utf8.count))
    return "\(padding)\(yearText)-\(Decimal2.text(month))-\(Decimal2.text(day))"
  }

  package static func < (left: CalendarDate, right: CalendarDate) -> Bool {
    left.daysSinceEpoch < right.daysSinceEpoch
  }

  /// Reads `YYYY-MM-DD`, and what SIAK exports write: `DD-MM-YYYY` and `DD/MM/YYYY`.
  package init?(_ text: some StringProtocol) {
    var scanner = DigitScanner(text)
    if let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
      scanner.skip("-"), let day = scanner.number(digits: 2), scanner.isAtEnd
    {
      self.init(year: year, month: month, day: day)
      return
    }
    scanner = DigitScanner(text)
    guard let day = scanner.number(digits: 2), scanner.skip("-") || scanner.skip("/"),
      let month = scanner.number(digits: 2), scanner.skip("-") || scanner.skip("/"),
      let year = scanner.number(digits: 4), scanner.isAtEnd
    else { return nil }
    self.init(year: year, month: month, day: day)
  }
}
