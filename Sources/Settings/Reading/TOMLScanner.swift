import Datasets

/// Walks over a TOML text without making values (https://toml.io/en/v1.0.0): what `TOMLOutline` is made from.
struct TOMLScanner {
  /// Where the scan could not go on.
  struct Failure: Error, Equatable {
    let reason: BilingualText
    /// In bytes from the start.
    let offset: Int
    /// From 1.
    let line: Int
  }

  let bytes: [UInt8]
  var position = 0
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
      try skipBlanksAndLines()
      guard let byte = current else { return entries }
      if byte == UInt8(ascii: "[") {
        try header()
      } else {
        try assignment(in: table, kind: .assignment, depth: 0)
      }
      skipBlanks()
      try skipComment()
      guard current == nil || isNewline else {
        throw failure(
          .init(id: "ada sesuatu di belakang nilai atau judul tabel", en: "something follows a value or a header"))
      }
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
    try expect("]")
    if isArray {
      guard current == UInt8(ascii: "]") else { throw failure(.missing("]]")) }
      position += 1
    }
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
    guard entry.path.parts.count <= TOMLOutline.depthMax else { throw failure(.nestedTooDeeply) }
    guard entries.count < TOMLOutline.entriesMax else {
      throw failure(.init(id: "terlalu banyak kunci", en: "too many keys"))
    }
    entries.append(entry)
  }

  // MARK: - Keys

  private mutating func dottedKey() throws(Failure) -> [String] {
    var keys: [String] = []
    while true {
      skipBlanks()
      keys.append(try simpleKey())
      guard keys.count <= TOMLOutline.depthMax else { throw failure(.nestedTooDeeply) }
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
      guard position > start else { throw failure(.init(id: "kuncinya belum ada", en: "a key is missing")) }
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
    guard depth <= TOMLOutline.depthMax else { throw failure(.nestedTooDeeply) }
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
      try skipBlanksAndLines()
      if current == UInt8(ascii: "]") { break }
      try value(at: path.appending(index: index), depth: depth)
      index += 1
      try skipBlanksAndLines()
      if current == UInt8(ascii: ",") { position += 1 } else { break }
    }
    try expect("]")
  }

  private mutating func inlineTable(at path: SettingPath, depth: Int) throws(Failure) {
    position += 1
    skipBlanks()
    if current == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      skipBlanks()
      try assignment(in: path, kind: .inlineAssignment, depth: depth)
      skipBlanks()
      guard current == UInt8(ascii: ",") else { break }
      position += 1
    }
    try expect("}")
  }

  /// Numbers, booleans, dates and times.
  private mutating func scalar() throws(Failure) {
    let start = position
    while let byte = current, Self.isBare(byte) || isBlank(byte) || "+.:".utf8.contains(byte) {
      position += 1
    }
    while position > start, isBlank(bytes[position - 1]) { position -= 1 }
    guard position > start else {
      throw failure(
        .init(id: "nilainya belum ada, atau tanda kutip teksnya", en: "a value is missing, or a string's quotes"))
    }
    guard TOMLScalar.isWellFormed(bytes[start..<position]) else {
      throw failure(
        .init(
          id: "bukan bilangan, tanggal, true atau false: teks perlu tanda kutip",
          en: "neither a number, a date, true nor false: a string needs quotes"))
    }
  }

  // MARK: - Bytes

  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  var isNewline: Bool {
    guard let byte = current else { return false }
    return byte == 10 || (byte == 13 && position + 1 < bytes.count && bytes[position + 1] == 10)
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  mutating func newline() {
    position += current == 13 ? 2 : 1
    line += 1
  }

  mutating func skipBlanks() {
    while let byte = current, isBlank(byte) { position += 1 }
  }

  private mutating func skipComment() throws(Failure) {
    guard current == UInt8(ascii: "#") else { return }
    while let byte = current, !isNewline {
      try checkPrintable(byte)
      position += 1
    }
  }

  private mutating func skipBlanksAndLines() throws(Failure) {
    while true {
      skipBlanks()
      try skipComment()
      guard isNewline else { return }
      newline()
    }
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    skipBlanks()
    guard let byte = current, UInt32(byte) == character.value else {
      throw failure(.missing("\(character)"))
    }
    position += 1
  }

  func failure(_ reason: BilingualText) -> Failure { Failure(reason: reason, offset: position, line: line) }
}

extension BilingualText {
  fileprivate static let nestedTooDeeply = BilingualText(id: "bersarang terlalu dalam", en: "nested too deeply")

  fileprivate static func missing(_ mark: String) -> BilingualText {
    BilingualText(id: "'\(mark)' belum ada", en: "'\(mark)' is missing")
  }
}
