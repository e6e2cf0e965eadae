extension ZonedInstant {
  /// Reads RFC 3339 (`2026-10-04T07:30:00+08:00`), also with a space for `T`.
  ///
  /// Without an offset the text is local time in `defaultOffsetMinutes`; nil there makes that an error.
  /// - Returns: nil when the text is no such instant.
  package init?(_ text: some StringProtocol, defaultOffsetMinutes: Int?) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
      scanner.skip("-"), let day = scanner.number(digits: 2),
      let date = CalendarDate(year: year, month: month, day: day),
      scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
      let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
      let minute = scanner.number(digits: 2), minute < 60
    else { return nil }
    var second = 0
    var milliseconds: Int64 = 0
    if scanner.skip(":") {
      guard let value = scanner.number(digits: 2), value < 61 else { return nil }
      second = min(value, 59)  // A leap second (RFC 3339 section 5.7) counts as the one before.
      if scanner.skip(".") {
        guard let fraction = scanner.fractionMilliseconds() else { return nil }
        milliseconds = fraction
      }
    }
    guard let offset = scanner.offsetMinutes(default: defaultOffsetMinutes), scanner.isAtEnd else { return nil }
    let local = date.daysSinceEpoch * 86_400_000 + Int64(hour * 3600 + minute * 60 + second) * 1000 + milliseconds
    self.init(timestamp: Timestamp(milliseconds: local - Int64(offset) * 60_000), offsetMinutes: offset)
  }
}

/// Reads fixed-width decimal digits and single characters from ASCII text.
struct DigitScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { index == bytes.count }

  mutating func number(digits: Int) -> Int? {
    guard index + digits <= bytes.count else { return nil }
    var value = 0
    for _ in 0..<digits {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
    index += 1
    return true
  }

  /// One or more digits after the point; what is finer than a millisecond is dropped.
  mutating func fractionMilliseconds() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while let digit = digit() {
      if count < 3 { value = value * 10 + Int64(digit) }
      count += 1
    }
    guard count > 0 else { return nil }
    while count < 3 {
      value *= 10
      count += 1
    }
    return value
  }

  mutating func offsetMinutes(default defaultOffset: Int?) -> Int? {
    if isAtEnd { return defaultOffset }
    if skip("Z") || skip("z") { return 0 }
    let sign: Int
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(digits: 2), hours < 24 else { return nil }
    _ = skip(":")
    guard let minutes = number(digits: 2), minutes < 60 else { return nil }
    return sign * (hours * 60 + minutes)
  }

  private mutating func digit() -> Int? {
    guard index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else { return nil }
    defer { index += 1 }
    return Int(bytes[index] - UInt8(ascii: "0"))
  }
}
