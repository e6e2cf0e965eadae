package import Datasets

/// Reads one JSON object (RFC 8259) as the fields of a row.
///
/// A reader of our own, because Foundation's turns numbers into binary floating point (a NIK of 16 digits or
/// 0.1 would not come back as
/// written), lets the last of two equal names win, knows no bounds, and takes several times as long.
package struct JSONObjectReader {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  private init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  /// The members of the object that `bytes` are, in their order, numbers as they were written.
  package static func fields(
    of bytes: ArraySlice<UInt8>
  ) -> Result<[(name: String, value: RawValue)], FieldProblem> {
    guard bytes.count <= ParsingLimits.rowBytesMax else { return .failure(.rowTooLarge) }
    var reader = JSONObjectReader(bytes)
    do throws(FieldProblem) {
      return .success(try reader.document())
    } catch {
      return .failure(error)
    }
  }

  package static func fields(of bytes: [UInt8]) -> Result<[(name: String, value: RawValue)], FieldProblem> {
    fields(of: bytes[...])
  }

  private mutating func document() throws(FieldProblem) -> [(name: String, value: RawValue)] {
    skipBlanks()
    guard peek == UInt8(ascii: "{") else { throw .notAnObject }
    var fields: [(name: String, value: RawValue)] = []
    var names: Set<String> = []
    try members { (reader: inout JSONObjectReader, name) throws(FieldProblem) in
      guard names.insert(name).inserted else { throw .duplicateKey(String(name.unicodeScalars.prefix(60))) }
      fields.append((name, try reader.value(depth: 1)))
    }
    skipBlanks()
    guard index == bytes.endIndex else {
      throw Self.broken(id: "ada teks sesudah objeknya", en: "there is text after the object")
    }
    return fields
  }

  private mutating func value(depth: Int) throws(FieldProblem) -> RawValue {
    guard depth < ParsingLimits.depthMax else { throw .tooDeep }
    switch peek {
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "{"):
      // No field takes an object, but it must be well formed for the rest to be read.
      var names: Set<String> = []
      try members { (reader: inout JSONObjectReader, name) throws(FieldProblem) in
        guard names.insert(name).inserted else { throw .duplicateKey(String(name.unicodeScalars.prefix(60))) }
        _ = try reader.value(depth: depth + 1)
      }
      return .object
    case UInt8(ascii: "["): return .list(try array(depth: depth))
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func members(
    _ each: (inout JSONObjectReader, String) throws(FieldProblem) -> Void
  ) throws(FieldProblem) {
    index += 1
    skipBlanks()
    if take(UInt8(ascii: "}")) { return }
    var count = 0
    while true {
      guard peek == UInt8(ascii: "\"") else {
        throw Self.broken(
          id: "nama harus di antara tanda kutip ganda", en: "a name must be in double quotation marks")
      }
      let name = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw Self.broken(id: "kurang tanda :", en: "a : is missing") }
      skipBlanks()
      count += 1
      guard count <= ParsingLimits.membersMax else { throw .tooDeep }
      try each(&self, name)
      skipBlanks()
      if take(UInt8(ascii: "}")) { return }
      guard take(UInt8(ascii: ",")) else {
        throw Self.broken(id: "kurang koma atau }", en: "a comma or } is missing")
      }
      skipBlanks()
    }
  }

  private mutating func array(depth: Int) throws(FieldProblem) -> [RawValue] {
    index += 1
    var elements: [RawValue] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return elements }
    while true {
      guard elements.count < ParsingLimits.membersMax else { throw .tooDeep }
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: "]")) { return elements }
      guard take(UInt8(ascii: ",")) else {
        throw Self.broken(id: "kurang koma atau ]", en: "a comma or ] is missing")
      }
      skipBlanks()
    }
  }

  private mutating func word(_ word: StaticString, _ value: RawValue) throws(FieldProblem) -> RawValue {
    let matches = word.withUTF8Buffer { bytes[index...].starts(with: $0) }
    guard matches else {
      throw Self.broken(id: "ada kata yang tidak dikenal", en: "there is an unknown word")
    }
    index += word.utf8CodeUnitCount
    return value
  }

  /// The text of a number, checked against the grammar of RFC 8259 section 6.
  private mutating func number() throws(FieldProblem) -> String {
    let start = index
    _ = take(UInt8(ascii: "-"))
    let isZero = peek == UInt8(ascii: "0")
    let whole = digits()
    var isGood = whole == 1 || (whole > 1 && !isZero)
    if isGood, take(UInt8(ascii: ".")) { isGood = digits() > 0 }
    if isGood, peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      index += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      isGood = digits() > 0
    }
    guard isGood, index - start <= 400 else {
      throw Self.broken(id: "ada angka yang salah tulis", en: "a number is written wrongly")
    }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func digits() -> Int {
    let start = index
    while let byte = peek, isDigit(byte) { index += 1 }
    return index - start
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    index += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 10 || byte == 13 || byte == 9 { index += 1 }
  }

  static func broken(id indonesian: String, en english: String) -> FieldProblem {
    .brokenJSON(BilingualText(id: indonesian, en: english))
  }
}

// Strings (RFC 8259 section 7).
extension JSONObjectReader {
  fileprivate mutating func string() throws(FieldProblem) -> String {
    index += 1
    let start = index
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { index += 1 }
    if peek == UInt8(ascii: "\"") {
      // No escapes, as nearly always: no copy is made.
      defer { index += 1 }
      return try Self.text(bytes[start..<index])
    }
    var content = Array(bytes[start..<index])
    while let byte = peek {
      if byte == UInt8(ascii: "\"") {
        index += 1
        return try Self.text(content[...])
      }
      if byte == UInt8(ascii: "\\") {
        try escape(into: &content)
        continue
      }
      guard byte >= 0x20 else {
        throw Self.broken(
          id: "ada ganti baris atau tab di dalam teks", en: "there is a line break or tab in a text")
      }
      content.append(byte)
      index += 1
    }
    throw Self.broken(id: "teks tidak ditutup tanda kutip", en: "a text is not closed by a quotation mark")
  }

  private static func text(_ bytes: ArraySlice<UInt8>) throws(FieldProblem) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw broken(id: "teksnya bukan UTF-8", en: "its text is not UTF-8")
    }
    return text
  }

  private mutating func escape(into content: inout [UInt8]) throws(FieldProblem) {
    index += 1
    guard let kind = peek else { throw Self.broken(id: "tanda \\ di ujung", en: "a \\ at the end") }
    index += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(kind)
    case UInt8(ascii: "b"): content.append(8)
    case UInt8(ascii: "f"): content.append(12)
    case UInt8(ascii: "n"): content.append(10)
    case UInt8(ascii: "r"): content.append(13)
    case UInt8(ascii: "t"): content.append(9)
    case UInt8(ascii: "u"): content += Array(String(try unicodeEscape()).utf8)
    default: throw Self.broken(id: "ada tanda \\ yang salah", en: "there is a wrong \\ escape")
    }
  }

  /// One scalar: four hexadecimal digits, or a surrogate pair of twice four.
  private mutating func unicodeEscape() throws(FieldProblem) -> Character {
    let first = try hexadecimal()
    var value = UInt32(first)
    if (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let second = try hexadecimal()
      guard (0xDC00..<0xE000).contains(second) else { throw Self.loneSurrogate }
      value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw Self.loneSurrogate }
    return Character(scalar)
  }

  private static var loneSurrogate: FieldProblem {
    broken(id: "ada separuh karakter (\\ud800)", en: "there is half a character (\\ud800)")
  }

  private mutating func hexadecimal() throws(FieldProblem) -> UInt16 {
    guard bytes.endIndex - index >= 4 else { throw Self.broken(id: "\\u terpotong", en: "a \\u is cut off") }
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
        throw Self.broken(id: "ada \\u yang salah", en: "there is a wrong \\u")
      }
      value = value << 4 | UInt16(digit)
      index += 1
    }
    return value
  }
}
