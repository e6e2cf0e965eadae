/// Collects the first lines of a table until one of them turns out to be its headings, and finds the column
/// separator.
struct CSVHeadingFinder: Sendable {
  struct Line: Sendable, Equatable {
    let number: Int
    /// The number of the line behind it; a heading may go over several.
    let nextNumber: Int
    let delimiter: UInt8
    let cells: [String]
    let isFirst: Bool
    /// No further line is looked at.
    let isLastCandidate: Bool
  }

  enum Found: Sendable, Equatable {
    case line(Line)
    case tooLong(line: Int)
    /// A zero byte, which no heading has: a picture or a program, of which the lines mean nothing.
    case notText
  }

  /// Title lines that may stand above the headings.
  private static let candidatesMax = 10

  private var bytes: [UInt8] = []
  private var isQuoted = false
  /// Whether an LF that comes next belongs to the line that `next` just gave.
  private(set) var isAfterCR = false
  private var number = 1
  private var nextNumber = 1
  /// Lines so far that are not blank.
  private(set) var candidates = 0
  private var announcedDelimiter: UInt8?
  /// The first line that is not blank.
  private(set) var firstLine: Int?

  /// The next line that is not blank, from `index` on, which moves behind it.
  mutating func next(_ input: [UInt8], _ index: inout Int) -> Found? {
    while index < input.count {
      let byte = input[index]
      index += 1
      if byte == 0 { return .notText }
      if isAfterCR, byte == 10 {
        isAfterCR = false
        continue
      }
      isAfterCR = byte == 13 && !isQuoted
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == 10 || isAfterCR { nextNumber += 1 }
      if byte == 10 || byte == 13, !isQuoted {
        if let found = endLine() { return found }
        continue
      }
      bytes.append(byte)
      if bytes.count > ParsingLimits.headerBytesMax { return .tooLong(line: number) }
    }
    return nil
  }

  /// The last line, when it has no line end.
  mutating func finish() -> Found? { bytes.isEmpty ? nil : endLine() }

  private mutating func endLine() -> Found? {
    let line = bytes
    let lineNumber = number
    bytes = []
    isQuoted = false
    number = nextNumber
    if let announced = Self.announcedDelimiter(line) {
      announcedDelimiter = announced
      return nil
    }
    let delimiter = announcedDelimiter ?? Self.delimiter(of: line)
    guard !line.allSatisfy({ $0 == delimiter || $0 == 0x20 || $0 == 9 }) else { return nil }
    if firstLine == nil { firstLine = lineNumber }
    candidates += 1
    return .line(
      Line(
        number: lineNumber, nextNumber: nextNumber, delimiter: delimiter, cells: Self.cells(line, delimiter),
        isFirst: candidates == 1, isLastCandidate: candidates == Self.candidatesMax))
  }

  private static func cells(_ line: [UInt8], _ delimiter: UInt8) -> [String] {
    var tokenizer = CSVTokenizer(delimiter: delimiter, line: 1)
    var index = 0
    guard let event = tokenizer.next(line, &index) ?? tokenizer.finish(), event == .row else { return [] }
    return tokenizer.cells
  }

  /// Excel's `sep=;`.
  private static func announcedDelimiter(_ line: [UInt8]) -> UInt8? {
    let text = line.filter { $0 != UInt8(ascii: "\"") }
    guard text.count == 5, String(decoding: text.prefix(4), as: UTF8.self).lowercased() == "sep=" else {
      return nil
    }
    return text.last
  }

  /// The separator that occurs most outside of quotation marks; a comma if none does.
  private static func delimiter(of line: [UInt8]) -> UInt8 {
    var counts: [(byte: UInt8, count: Int)] = [(UInt8(ascii: ","), 0), (UInt8(ascii: ";"), 0), (9, 0)]
    var isQuoted = false
    for byte in line {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard !isQuoted, let place = counts.firstIndex(where: { $0.byte == byte }) else { continue }
      counts[place].count += 1
    }
    var best = counts[0]
    for candidate in counts where candidate.count > best.count { best = candidate }
    return best.byte
  }
}
