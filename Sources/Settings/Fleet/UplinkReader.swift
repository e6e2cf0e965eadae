import Datasets

/// Reads `[uplink]` of a profile, with its `[[uplink.hours]]`, whose days and times are written as in calendars.
struct UplinkReader {
  private static let limits: ClosedRange<Int64> = 1...1_000_000_000_000
  let table: TableReader

  func read() -> UplinkLimit {
    let limit = table.integer("limit_bps", in: Self.limits).map(Int.init)
    var hours: [UplinkLimit.Hours] = []
    for element in table.tables("hours") {
      guard let next = read(element) else { continue }
      if hours.contains(where: next.overlaps) {
        element.report(
          "start", .init(id: "bertumpang tindih dengan jam lain pada hari itu", en: "overlaps other hours of a day"),
          remedy: .init(
            id: "akhiri yang satu ketika yang berikutnya mulai", en: "let one end where the next begins"))
      }
      hours.append(next)
    }
    return UplinkLimit(bitsPerSecond: limit, hours: hours)
  }

  private func read(_ element: TableReader) -> UplinkLimit.Hours? {
    let choices = BilingualText.oneOf(UplinkLimit.Day.allCases.map(\.rawValue))
    for key in ["days", "limit_bps"] where !element.has(key) { element.missing(key) }
    let days = element.values("days", form: choices) { UplinkLimit.Day(rawValue: $0) }
    let start = time("start", of: element)
    let end = time("end", of: element)
    let limit = element.integer("limit_bps", in: Self.limits)
    guard let days, let start, let end, let limit else { return nil }
    if start >= end {
      element.report(
        "end", .init(id: "tidak sesudah start", en: "is not after start"),
        remedy: .init(
          id: "tulis jam yang melewati tengah malam sebagai dua isian, sampai 24:00 dan dari 00:00",
          en: "write hours past midnight as two entries, to 24:00 and from 00:00"))
      return nil
    }
    return UplinkLimit.Hours(days: days, start: start, end: end, bitsPerSecond: Int(limit))
  }

  private func time(_ key: String, of element: TableReader) -> Int? {
    guard element.requiredString(key) != nil else { return nil }
    let form = BilingualText(
      id: "jam dari \"00:00\" sampai \"24:00\"", en: "a time from \"00:00\" to \"24:00\"")
    return element.value(key, form: form, Self.minutes)
  }

  /// `HH:MM` as minutes since midnight.
  private static func minutes(_ text: String) -> Int? {
    let digits = Array(text.utf8)
    guard digits.count == 5, digits[2] == UInt8(ascii: ":"),
      [0, 1, 3, 4].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digits[$0]) }),
      let hour = Int(text.prefix(2)), let minute = Int(text.suffix(2)), minute < 60, hour * 60 + minute <= 1440
    else { return nil }
    return hour * 60 + minute
  }
}

extension TOMLText {
  /// Writes `[uplink]` as `UplinkReader` reads it; nothing when there is no limit.
  mutating func set(_ uplink: UplinkLimit) {
    if let limit = uplink.bitsPerSecond {
      table("uplink")
      set("limit_bps", Int64(limit))
    }
    for hours in uplink.hours {
      element("uplink", "hours")
      set("days", hours.days.map(\.rawValue))
      set("start", Self.time(hours.start))
      set("end", Self.time(hours.end))
      set("limit_bps", Int64(hours.bitsPerSecond))
    }
  }

  private static func time(_ minutes: Int) -> String {
    [minutes / 60, minutes % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
  }
}
