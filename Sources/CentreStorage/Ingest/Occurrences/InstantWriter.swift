import Datasets

/// Writes dates and instants as `ZonedInstant.description` does, keeping the last day and offset: scans come
/// in runs.
struct InstantWriter {
  /// The longest form is `2026-11-21T08:30:00.123+08:00`.
  static let countMax = 32

  /// Years 0001 to 9999 have four digits; other days are left to `description`.
  private static let days = Int64(-719_162)...2_932_896

  private var day = Int64.max
  private var dayText = [UInt8](repeating: 0, count: 10)
  private var offset = Int64.max
  private var offsetText: [UInt8] = []

  /// - Returns: the count of bytes written to `output`, which has room for `countMax`; nil outside the years.
  mutating func write(seconds: Int64, milliseconds: Int64, offset: Int64, to output: UnsafeMutableRawPointer)
    -> Int?
  {
    // The caller has checked that the instant lies within what milliseconds can hold.
    let local = seconds + offset * 60
    let day = (local >= 0 ? local : local - 86_399) / 86_400
    guard write(day: day, to: output) != nil else { return nil }
    let time = local - day * 86_400
    output.storeBytes(of: UInt8(ascii: "T"), toByteOffset: 10, as: UInt8.self)
    Self.twoDigits(time / 3600, to: output, at: 11)
    output.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 13, as: UInt8.self)
    Self.twoDigits(time / 60 % 60, to: output, at: 14)
    output.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 16, as: UInt8.self)
    Self.twoDigits(time % 60, to: output, at: 17)
    var count = 19
    if milliseconds != 0 {
      output.storeBytes(of: UInt8(ascii: "."), toByteOffset: 19, as: UInt8.self)
      output.storeBytes(
        of: UInt8(truncatingIfNeeded: 48 + milliseconds / 100), toByteOffset: 20, as: UInt8.self)
      Self.twoDigits(milliseconds % 100, to: output, at: 21)
      count = 23
    }
    if offset != self.offset {
      self.offset = offset
      offsetText = Self.text(ofOffset: offset)
    }
    for byte in offsetText {
      output.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
      count += 1
    }
    return count
  }

  /// `YYYY-MM-DD`.
  mutating func write(day: Int64, to output: UnsafeMutableRawPointer) -> Int? {
    if day != self.day {
      guard Self.days.contains(day) else { return nil }
      let text = Array(CalendarDate(daysSinceEpoch: day).description.utf8)
      guard text.count == 10 else { return nil }
      dayText = text
      self.day = day
    }
    dayText.withUnsafeBytes {
      output.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(output), byteCount: 10)
    }
    return 10
  }

  private static func text(ofOffset offset: Int64) -> [UInt8] {
    if offset == 0 { return [UInt8(ascii: "Z")] }
    let magnitude = offset < 0 ? -offset : offset
    func digit(_ value: Int64) -> UInt8 { UInt8(truncatingIfNeeded: 48 + value) }
    return [
      UInt8(ascii: offset < 0 ? "-" : "+"), digit(magnitude / 600), digit(magnitude / 60 % 10),
      UInt8(ascii: ":"),
      digit(magnitude % 60 / 10), digit(magnitude % 10),
    ]
  }

  @inline(__always)
  private static func twoDigits(_ value: Int64, to output: UnsafeMutableRawPointer, at offset: Int) {
    output.storeBytes(of: UInt8(truncatingIfNeeded: 48 + value / 10), toByteOffset: offset, as: UInt8.self)
    output.storeBytes(
      of: UInt8(truncatingIfNeeded: 48 + value % 10), toByteOffset: offset + 1, as: UInt8.self)
  }
}
