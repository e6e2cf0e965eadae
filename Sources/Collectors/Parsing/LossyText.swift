/// Text of bytes that should be UTF-8 and sometimes are not.
enum LossyText {
  /// UTF-8 if it is valid, else Windows-1252, which is what old exports and "Latin-1" mean in practice
  /// (WHATWG Encoding).
  static func decode(_ bytes: ArraySlice<UInt8>) -> String {
    // Most cells are ASCII, for which the checked way takes twice as long.
    if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var scalars = String.UnicodeScalarView()
    for byte in bytes {
      let value = (0x80..<0xA0).contains(byte) ? windows1252[Int(byte - 0x80)] : UInt16(byte)
      scalars.append(Unicode.Scalar(value) ?? "\u{FFFD}")
    }
    return String(scalars)
  }

  /// 0x80 to 0x9F; the five undefined ones stay control characters, which no field takes.
  private static let windows1252: [UInt16] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152,
    0x8D,
    0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161,
    0x203A,
    0x0153, 0x9D, 0x017E, 0x0178,
  ]
}
