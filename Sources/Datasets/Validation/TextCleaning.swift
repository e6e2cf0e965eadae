/// What spreadsheets and old exports leave around and inside a value, and how it is taken away.
package enum TextCleaning {
  /// Without blanks and invisible characters at either end.
  static func trimmed(_ text: String) -> String {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last else { return text }
    // The common case is a cell without anything to trim: look at two bytes and copy nothing.
    if isPlain(first), isPlain(last) { return text }
    let scalars = text.unicodeScalars
    guard let start = scalars.firstIndex(where: { !isBlank($0) }),
      let end = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(scalars[start...end])
  }

  /// Without any blank or invisible character: for numbers, which are often typed or copied in groups.
  static func withoutBlanks(_ text: String) -> String {
    if text.utf8.allSatisfy(isPlain) { return text }
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !isBlank(scalar) { output.append(scalar) }
    return String(output)
  }

  /// Without the apostrophe that tells a spreadsheet "this is text" (`'001`).
  static func withoutTextMark(_ text: String) -> String {
    switch text.utf8.first {
    case UInt8(ascii: "'"), UInt8(ascii: "`"), 0xC2, 0xE2:
      // Right and left single quotation mark and the acute accent: what autocorrection makes of it.
      guard let first = text.unicodeScalars.first, "'`´’‘".unicodeScalars.contains(first) else { return text }
      return String(text.unicodeScalars.dropFirst())
    default: return text
    }
  }

  /// Without the apostrophe only where a digit follows: a name may begin with one.
  static func withoutTextMarkBeforeDigit(_ text: String) -> String {
    let rest = withoutTextMark(text)
    guard rest.utf8.count != text.utf8.count, let next = rest.utf8.first, next &- UInt8(ascii: "0") < 10
    else {
      return text
    }
    return rest
  }

  /// Whether a character is in it that no one can see and that terminals or pages would obey.
  package static func hasControlCharacter(_ text: String) -> Bool {
    var isASCII = true
    for byte in text.utf8 {
      if byte < 0x20 || byte == 0x7F { return true }
      if byte > 0x7F { isASCII = false }
    }
    return isASCII ? false : text.unicodeScalars.contains(where: isControl)
  }

  /// Whether `text` has at most `lengthMax` characters; counts them only when the bytes do not answer it.
  ///
  /// Characters are Unicode scalars, as in `FieldType.accepts`: what is taken here must not be refused there.
  package static func fits(_ text: String, lengthMax: Int) -> Bool {
    text.utf8.count <= lengthMax || text.unicodeScalars.count <= lengthMax
  }

  private static func isPlain(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00..<0x20, 0x7F..<0xA0: true
    // Line and paragraph separators, and the overrides of writing direction (Unicode UAX 9).
    case 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// A blank of any width, or a character without any.
  static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x20, 0x85, 0xA0, 0xAD, 0x1680, 0x180E, 0x2000...0x200F, 0x2028...0x202F: true
    case 0x205F...0x2064, 0x2066...0x2069, 0x3000, 0xFEFF: true
    default: false
    }
  }
}
