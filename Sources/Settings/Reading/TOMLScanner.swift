/// Walks over a TOML text without making values (https://toml.io/en/v1.0.0): what `TOMLOutline` is made from.
struct TOMLScanner {
  /// Where the scan could not go on.
  struct Failure: Error, Equatable {
    let reason: String
    /// In bytes from the start.
    let offset: Int
    /// From 1.
    let line: Int
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var entries: [TOMLOutline.Entry] = []
  private var table = SettingPath.root
  /// How many elements each array of tables has so far.
  private var elementCounts: [SettingPath: Int] = [:]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // The byte order mark that some editors leave.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func scan() throws(Failure) -> [TOMLOutline.Entry] {
    while true {
      skipBlanksAndLines()
      guard let byte = current else { return entries }
      if byte == UInt8(ascii: "[") { try header() } else { try assignment(in: table, kind: .assignment, depth: 0) }
      skipBlanks()
      skipComment()
      guard current == nil || isNewline else { throw failure("something follows a value or a header") }
    }
  }

  // MARK: - Statements

  private mutating func header() throws(Failure) {
    let start = position
    let line = self.line
    position += 1
    let isArray = current == UInt8(ascii: "[")
    if isArray { position += 1 }
    let keys = try dottedKey()
    for _ in 0..<(isArray ? 2 : 1) { try expect("]") }
    var path = SettingPath.root
    for (index, key) in keys.enumerated() {
      path = path.appending(key)
      if isArray, index == keys.count - 1 {
        elementCounts[path, default: 0] += 1
      }
      // A header below an array of tables means its last element.
      if let count = elementCounts[path] { path = path.appending(index: count - 1) }
    }
    table = path
    try add(.init(kind: .header, path: path, line: line, bytes: start..<position, value: position..<position))
  }

  private mutating func assignment(
    in parent: SettingPath, kind: TOMLOutline.Entry.Kind, depth: Int
  ) throws(Failure) {
    let start = position
    let line = self.line
    let path = parent.appending(try dottedKey())
    try expect("=")
    skipBlanks()
    let index = entries.count
    let valueStart = position
    // Its place is taken before those of the keys within it.
    try add(.init(kind: kind, path: path, line: line, bytes: start..<start, value: start..<start))
    try value(at: path, depth: depth)
    entries[index] = .init(
      kind: kind, path: path, line: line, bytes: start..<position, value: valueStart..<position)
  }

  private mutating func add(_ entry: TOMLOutline.Entry) throws(Failure) {
    guard entry.path.parts.count <= TOMLOutline.depthMax else { throw failure("nested too deeply") }
    guard entries.count < TOMLOutline.entriesMax else { throw failure("too many keys") }
    entries.append(entry)
  }

  // MARK: - Keys

  private mutating func dottedKey() throws(Failure) -> [String] {
    var keys: [String] = []
    while true {
      skipBlanks()
      keys.append(try simpleKey())
      guard keys.count <= TOMLOutline.depthMax else { throw failure("nested too deeply") }
      skipBlanks()
      guard current == UInt8(ascii: ".") else { return keys }
      position += 1
    }
  }

  private mutating func simpleKey() throws(Failure) -> String {
    let start = position
    switch current {
    case UInt8(ascii: "\""):
      try basicString()
      return try unescaped(bytes[(start + 1)..<(position - 1)])
    case UInt8(ascii: "'"):
      try literalString()
      return String(decoding: bytes[(start + 1)..<(position - 1)], as: UTF8.self)
    default:
      while let byte = current, Self.isBare(byte) { position += 1 }
      guard position > start else { throw failure("a key is missing") }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
  }

  private static func isBare(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  // MARK: - Values

  private mutating func value(at path: SettingPath, depth: Int) throws(Failure) {
    guard depth <= TOMLOutline.depthMax else { throw failure("nested too deeply") }
    switch current {
    case UInt8(ascii: "\""):
      if follows("\"\"\"") { try multilineString("\"") } else { try basicString() }
    case UInt8(ascii: "'"):
      if follows("'''") { try multilineString("'") } else { try literalString() }
    case UInt8(ascii: "["): try array(at: path, depth: depth + 1)
    case UInt8(ascii: "{"): try inlineTable(at: path, depth: depth + 1)
    default: try scalar()
    }
  }

  private mutating func array(at path: SettingPath, depth: Int) throws(Failure) {
    position += 1
    var index = 0
    while true {
      skipBlanksAndLines()
      if current == UInt8(ascii: "]") { break }
      try value(at: path.appending(index: index), depth: depth)
      index += 1
      skipBlanksAndLines()
      if current == UInt8(ascii: ",") { position += 1 } else { break }
    }
    try expect("]")
  }

  private mutating func inlineTable(at path: SettingPath, depth: Int) throws(Failure) {
    position += 1
    skipBlanks()
    if current == UInt8(ascii: "}") { return position += 1 }
    while true {
      skipBlanks()
      try assignment(in: path, kind: .inlineAssignment, depth: depth)
      skipBlanks()
      guard current == UInt8(ascii: ",") else { break }
      position += 1
    }
    try expect("}")
  }

  /// Numbers, booleans, dates: the parser judges them. Only their characters are let through, because the
  /// parser takes some others as blanks, and a table hidden behind one of those would escape the bounds.
  private mutating func scalar() throws(Failure) {
    let start = position
    while let byte = current, Self.isBare(byte) || isBlank(byte) || "+.:".utf8.contains(byte) { position += 1 }
    while position > start, isBlank(bytes[position - 1]) { position -= 1 }
    guard position > start else { throw failure("a value is missing") }
  }

  // MARK: - Strings

  private mutating func basicString() throws(Failure) {
    position += 1
    while let byte = current, !isNewline {
      position += 1
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") { try escape() }
    }
    throw failure("a string has no closing quote")
  }

  private mutating func literalString() throws(Failure) {
    position += 1
    while let byte = current, !isNewline {
      position += 1
      if byte == UInt8(ascii: "'") { return }
    }
    throw failure("a string has no closing quote")
  }

  private mutating func multilineString(_ quote: Character) throws(Failure) {
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
      } else {
        position += 1
        if quote == "\"", byte == UInt8(ascii: "\\"), !isNewline { try escape() }
      }
    }
    throw failure("a string has no closing quotes")
  }

  /// What follows a backslash. U+0000 is refused: C strings end there, the rest would silently be lost.
  private mutating func escape() throws(Failure) {
    guard let byte = current else { throw failure("a string has no closing quote") }
    let digitCount = byte == UInt8(ascii: "u") ? 4 : byte == UInt8(ascii: "U") ? 8 : 0
    let digits = bytes[min(position + 1, bytes.count)..<min(position + 1 + digitCount, bytes.count)]
    if digitCount > 0, digits.count == digitCount, digits.allSatisfy({ $0 == UInt8(ascii: "0") }) {
      throw failure("a string contains U+0000")
    }
    position += 1
  }

  private func unescaped(_ slice: ArraySlice<UInt8>) throws(Failure) -> String {
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
          throw failure("a key contains an escape that is no character")
        }
        scalars.append(scalar)
      default: scalars.append(letter)
      }
    }
    return String(scalars)
  }

  // MARK: - Bytes

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var isNewline: Bool {
    guard let byte = current else { return false }
    return byte == 10 || (byte == 13 && position + 1 < bytes.count && bytes[position + 1] == 10)
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  private func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private mutating func newline() {
    position += current == 13 ? 2 : 1
    line += 1
  }

  private mutating func skipBlanks() {
    while let byte = current, isBlank(byte) { position += 1 }
  }

  private mutating func skipComment() {
    guard current == UInt8(ascii: "#") else { return }
    while current != nil, !isNewline { position += 1 }
  }

  private mutating func skipBlanksAndLines() {
    while true {
      skipBlanks()
      skipComment()
      guard isNewline else { return }
      newline()
    }
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    skipBlanks()
    guard let byte = current, UInt32(byte) == character.value else { throw failure("'\(character)' is missing") }
    position += 1
  }

  private func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: position, line: line) }
}
