extension RowValidator {
  /// Years that a date of birth, of a certificate or of an entry can have.
  private static let datesFrom = CalendarDate(year: 1800, month: 1, day: 1) ?? CalendarDate(daysSinceEpoch: 0)
  private static let datesUntil =
    CalendarDate(year: 2200, month: 12, day: 31) ?? CalendarDate(daysSinceEpoch: 0)
  /// A clock outside of 2000 to 2100 has not been set (domain.md section 2).
  private static let instantsFrom =
    (CalendarDate(year: 2000, month: 1, day: 1)?.daysSinceEpoch ?? 0) * 86_400_000
  private static let instantsUntil =
    (CalendarDate(year: 2101, month: 1, day: 1)?.daysSinceEpoch ?? 0) * 86_400_000

  /// How far an event's time may lie ahead of the office's clock without a word: a day, for a device with the wrong
  /// zone is off by hours.
  private static let aheadLimitMilliseconds: Int64 = 86_400_000

  /// The first of January 2026, before any release: a clock that says less was never set, and knows no today. An
  /// office whose box came up in 1970 with its link cut must go on recording.
  private static let clockPlausibleFrom = Timestamp(milliseconds: 1_767_225_600_000)

  func integer(
    _ text: String, _ name: String, minimum: Int64?, maximum: Int64?
  ) throws(FieldProblem) -> Value? {
    if Self.meansUnknown(text) { return nil }
    let written = TextCleaning.withoutTextMark(text)
    // `5.0` and `1e2` are whole numbers too: some JSON writers know no others.
    guard let number = Int64(written) ?? DecimalText.canonical(written).flatMap({ Int64($0) }) else {
      throw .notAnInteger(name)
    }
    if let minimum, number < minimum {
      throw .outOfRange(name, minimum: "\(minimum)", maximum: maximum.map { "\($0)" })
    }
    if let maximum, number > maximum {
      throw .outOfRange(name, minimum: minimum.map { "\($0)" }, maximum: "\(maximum)")
    }
    return .integer(number)
  }

  func decimal(
    _ text: String, _ name: String, minimum: Double?, maximum: Double?
  ) throws(FieldProblem) -> Value? {
    if Self.meansUnknown(text) { return nil }
    guard let canonical = DecimalText.canonical(try Self.pointed(TextCleaning.withoutTextMark(text), name)),
      let number = Double(canonical)
    else { throw .notADecimal(name) }
    let isTooLow = minimum.map { number < $0 } ?? false
    let isTooHigh = maximum.map { number > $0 } ?? false
    if isTooLow || isTooHigh {
      throw .outOfRange(name, minimum: minimum.map(Self.shown), maximum: maximum.map(Self.shown))
    }
    return .decimal(canonical)
  }

  /// What has to be said of a value that is taken; nil for nearly every one.
  ///
  /// - Throws: where the field's date lies after today and may not, unless it is stored already.
  func remark(
    on value: Value?, in field: FieldSlot, _ now: Timestamp?, _ isStored: (FieldName, Value) -> Bool
  ) throws(FieldProblem) -> FieldProblem? {
    let now = now.flatMap { $0 < Self.clockPlausibleFrom ? nil : $0 }
    switch value {
    case nil: return .meansUnknown(field.name.text)
    case .date(let date)? where field.isUntilToday:
      guard let now else { return nil }
      let today = ZonedInstant(timestamp: now, offsetMinutes: defaultOffsetMinutes).local.date
      guard date > today, !isStored(field.name, .date(date)) else { return nil }
      throw .dateInFuture(field.name.text, shown: field.isPublic ? date : nil, today: today)
    case .instant(let instant)? where definition.kind != .record:
      guard let now, instant.timestamp.millisecondsSince(now) > Self.aheadLimitMilliseconds else { return nil }
      return .timeAhead(field.name.text, clock: ZonedInstant(timestamp: now, offsetMinutes: defaultOffsetMinutes))
    default: return nil
    }
  }

  func date(_ text: String, _ name: String) throws(FieldProblem) -> Value? {
    if Self.meansUnknown(text) { return nil }
    let written = TextCleaning.withoutTextMark(text)
    guard let date = CalendarDate(Self.withoutTimeOfDay(written)) else { throw .notADate(name) }
    guard date >= Self.datesFrom, date <= Self.datesUntil else { throw .dateOutOfRange(name) }
    return .date(date)
  }

  /// - Parameter isKey: of a natural key, which has one form for one instant: or the same event, told in UTC, would be
  ///   a second one.
  func instant(_ text: String, _ name: String, isKey: Bool) throws(FieldProblem) -> Value? {
    if Self.meansUnknown(text) { return nil }
    let written = TextCleaning.withoutTextMark(text)
    guard let instant = ZonedInstant(written, defaultOffsetMinutes: defaultOffsetMinutes) else {
      throw .notAnInstant(name)
    }
    // Local time decides: a punch at 2000-01-01 00:00 WITA is the first that can be right.
    let local = instant.timestamp.advanced(byMilliseconds: Int64(instant.offsetMinutes) * 60_000).milliseconds
    if local < Self.instantsFrom { throw .timeBefore2000(name) }
    if local >= Self.instantsUntil { throw .timeAfter2100(name) }
    return .instant(isKey ? instant.inKey : instant)
  }

  /// `2,5` is 2.5 in Indonesia; `1,000` could be either and is refused.
  private static func pointed(_ text: String, _ name: String) throws(FieldProblem) -> String {
    let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count > 1 else { return text }
    let isClear =
      parts.count == 2 && !text.utf8.contains(UInt8(ascii: "."))
      && (parts[1].count != 3 || parts[0].allSatisfy { "-+0".utf8.contains($0) })
    guard isClear else { throw .notADecimal(name) }
    return String(decoding: Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1]), as: UTF8.self)
  }

  /// The date of `05-08-1968 00:00:00`: spreadsheets add a time to every date.
  private static func withoutTimeOfDay(_ text: String) -> Substring {
    guard text.utf8.count > 10 else { return text[...] }
    let head = text.utf8.prefix(10)
    let tail = text.utf8.dropFirst(10)
    guard tail.first == UInt8(ascii: " ") || tail.first == UInt8(ascii: "T"),
      tail.dropFirst().allSatisfy({ "0123456789:. ".utf8.contains($0) })
    else { return text[...] }
    return Substring(head)
  }

  static func shown(_ bound: Double) -> String { DecimalText.canonical("\(bound)") ?? "\(bound)" }
}
