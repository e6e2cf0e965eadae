import Datasets

// Strings, in values and as keys, and what may stand in comments.
extension TOMLScanner {
  mutating func basicString() throws(Failure) {
    position += 1
    while let byte = current, !isNewline {
      try checkPrintable(byte)
      position += 1
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") { try escape() }
    }
    throw failure(.init(id: "teks tidak ditutup dengan tanda kutip", en: "a string has no closing quote"))
  }

  mutating func literalString() throws(Failure) {
    position += 1
    while let byte = current, !isNewline {
      try checkPrintable(byte)
      position += 1
      if byte == UInt8(ascii: "'") { return }
    }
    throw failure(.init(id: "teks tidak ditutup dengan tanda kutip", en: "a string has no closing quote"))
  }

  mutating func multilineString(_ quote: Character) throws(Failure) {
    let closing = String(repeating: quote, count: 3)
    position += 3
    while let byte = current {
      if follows(closing) {
        position += 3
        // Up to two more quotes belong to the text before the closing three.
        for _ in 0..<2 where follows(String(quote)) { position += 1 }
        return
      }
      if isNewline {
        newline()
        continue
      }
      try checkPrintable(byte)
      position += 1
      if quote == "\"", byte == UInt8(ascii: "\\") { try escapeOrLineEnd() }
    }
    throw failure(.init(id: "teks tidak ditutup dengan tiga tanda kutip", en: "a string has no closing quotes"))
  }

  /// What follows a backslash. U+0000 is refused: C strings end there, the rest would silently be lost.
  private mutating func escape() throws(Failure) {
    let letter = current
    position += 1
    switch letter {
    case UInt8(ascii: "u"): try character(digitCount: 4)
    case UInt8(ascii: "U"): try character(digitCount: 8)
    case let letter? where "btnfr\"\\".utf8.contains(letter): break
    default:
      throw failure(
        .init(id: "garis miring terbalik di sini tidak berarti apa-apa", en: "a backslash starts no escape here"))
    }
  }

  private mutating func character(digitCount: Int) throws(Failure) {
    let digits = bytes[position..<min(position + digitCount, bytes.count)]
    guard digits.count == digitCount, let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
      Unicode.Scalar(number) != nil, digits.first != UInt8(ascii: "+")
    else { throw failure(.init(id: "kode \\u tidak menyebut karakter apa pun", en: "an escape names no character")) }
    guard number != 0 else { throw failure(.init(id: "teks berisi U+0000", en: "a string contains U+0000")) }
    position += digitCount
  }

  /// In strings of several lines a backslash may also end a line, with blanks behind it.
  private mutating func escapeOrLineEnd() throws(Failure) {
    let place = position
    skipBlanks()
    if isNewline { return }
    position = place
    try escape()
  }

  func checkPrintable(_ byte: UInt8) throws(Failure) {
    guard byte >= 32 && byte != 127 || byte == 9 else {
      throw failure(.init(id: "ada karakter kendali", en: "a control character"))
    }
  }

  func unescaped(_ slice: ArraySlice<UInt8>) throws(Failure) -> String {
    var scalars = String.UnicodeScalarView()
    var characters = Array(String(decoding: slice, as: UTF8.self).unicodeScalars)[...]
    while let character = characters.popFirst() {
      guard character == "\\", let letter = characters.popFirst() else {
        scalars.append(character)
        continue
      }
      switch letter {
      case "b": scalars.append("\u{8}")
      case "t": scalars.append("\t")
      case "n": scalars.append("\n")
      case "f": scalars.append("\u{c}")
      case "r": scalars.append("\r")
      case "u", "U":
        let digits = String(String.UnicodeScalarView(characters.prefix(letter == "u" ? 4 : 8)))
        characters = characters.dropFirst(letter == "u" ? 4 : 8)
        guard let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number) else {
          throw failure(
            .init(id: "kunci berisi kode \\u yang bukan karakter", en: "a key contains an escape that is no character"))
        }
        scalars.append(scalar)
      default: scalars.append(letter)
      }
    }
    return String(scalars)
  }
}
