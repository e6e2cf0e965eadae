/// Where a table's data begins: behind its headings, and title lines above them.
///
/// Every piece of a table that is sent needs the headings. Which line they are is told without knowing the dataset: of the first lines the one
/// with the most filled cells, since titles fill one or two and no row fills more cells than the headings name.
package struct CSVHeading: Sendable, Equatable {
  private static let candidatesMax = 10
  private static let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), 9]

  /// How many bytes to repeat in each piece: from the start through the heading's line end.
  package let byteCount: Int
  /// Physical lines in them.
  package let lineCount: Int
  package let separator: UInt8

  /// - Parameter start: the beginning of the file; as much as may hold the first lines.
  /// - Returns: nil when no complete line is in it.
  package init?(_ start: [UInt8]) {
    var best: (end: Int, lines: Int, filled: Int, separator: UInt8)?
    var announced: UInt8?
    var lineStart = start.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var lines = 0
    var candidates = 0
    while candidates < Self.candidatesMax, let line = Self.line(start, from: lineStart) {
      lines += line.lineCount
      let content = start[lineStart..<line.contentEnd]
      lineStart = line.end
      if let separator = Self.announcement(content) {
        announced = separator
        continue
      }
      let separator = announced ?? Self.separator(of: content)
      let filled = Self.filledCells(content, separator)
      guard filled > 0 else { continue }
      candidates += 1
      if filled > best?.filled ?? 0 { best = (line.end, lines, filled, separator) }
    }
    guard let best else { return nil }
    byteCount = best.end
    lineCount = best.lines
    separator = best.separator
  }

  /// The logical line from `start` on; line ends within quotation marks belong to it.
  private static func line(_ bytes: [UInt8], from start: Int) -> (contentEnd: Int, end: Int, lineCount: Int)? {
    var isQuoted = false
    var lineCount = 1
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == 10, isQuoted { lineCount += 1 }
      if !isQuoted, byte == 10 || byte == 13 {
        let isPair = byte == 13 && index + 1 < bytes.count && bytes[index + 1] == 10
        return (index, index + (isPair ? 2 : 1), lineCount)
      }
      index += 1
    }
    return nil
  }

  /// Excel's `sep=;`.
  private static func announcement(_ line: ArraySlice<UInt8>) -> UInt8? {
    let text = line.filter { $0 != UInt8(ascii: "\"") }
    guard text.count == 5, String(decoding: text.prefix(4), as: UTF8.self).lowercased() == "sep=" else {
      return nil
    }
    return text.last
  }

  private static func separator(of line: ArraySlice<UInt8>) -> UInt8 {
    var counts = [0, 0, 0]
    var isQuoted = false
    for byte in line {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, let index = separators.firstIndex(of: byte) { counts[index] += 1 }
    }
    let most = counts.max() ?? 0
    return zip(separators, counts).first { $0.1 == most }?.0 ?? UInt8(ascii: ",")
  }

  private static func filledCells(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> Int {
    var filled = 0
    var isQuoted = false
    var hasText = false
    for byte in line {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == separator, !isQuoted {
        filled += hasText ? 1 : 0
        hasText = false
      } else if byte > 0x20, byte != UInt8(ascii: "\"") {
        hasText = true
      }
    }
    return filled + (hasText ? 1 : 0)
  }
}
