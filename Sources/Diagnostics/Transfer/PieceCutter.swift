package import Datasets

/// Cuts a file of any size into bodies of requests, at the ends of rows, in bounded memory.
package struct PieceCutter: Sendable {
  /// No body is larger: more a daemon does not take at once.
  package static let pieceBytesMax = 8 * 1024 * 1024
  /// What a body usually has: progress shows, and a transaction stays short.
  package static let pieceBytesUsual = 2 * 1024 * 1024

  package struct Piece: Sendable, Equatable {
    package var body: [UInt8]
    /// What to add to a line of `body` to have the file's.
    package var lineOffset: Int
    /// The file's last line in this piece.
    package var lastLine: Int
    /// Bytes of the file in this piece, without the repeated headings.
    package var fileByteCount: Int

    package init(body: [UInt8], lineOffset: Int, lastLine: Int, fileByteCount: Int) {
      self.body = body
      self.lineOffset = lineOffset
      self.lastLine = lastLine
      self.fileByteCount = fileByteCount
    }
  }

  package enum Problem: Error, Sendable, Equatable {
    /// A table without a line that could be its headings.
    case noHeading
    /// The row that begins on this line is larger than a piece.
    case rowTooLarge(line: Int)

    package func text(_ language: Language) -> String {
      switch self {
      case .noHeading:
        language(
          "1: tidak ada baris judul kolom; periksa apakah ini berkas CSV",
          "1: there is no line of column headings; check that this is a CSV file")
      case .rowTooLarge(let line):
        language(
          "\(line): barisnya lebih besar dari 8 MiB; periksa tanda kutip yang tidak ditutup",
          "\(line): the row is larger than 8 MiB; look for a quotation mark that is not closed")
      }
    }
  }

  private let format: RowFormat
  private let usual: Int
  private let limit: Int
  /// The present piece without headings.
  private var buffer: [UInt8] = []
  private var scanned = 0
  private var scanner: RowEndScanner?
  private var heading: [UInt8] = []
  private var headingLineCount = 0
  private var isFirst = true
  /// The file's lines before the present piece.
  private var linesBefore = 0
  /// The last row end in `buffer`, and the file's lines up to it.
  private var lastEnd: (index: Int, line: Int)?

  /// - Parameters:
  ///   - pieceBytesUsual: from where on a piece is cut; at most `pieceBytesMax`.
  ///   - pieceBytesMax: for tests.
  package init(
    format: RowFormat, pieceBytesUsual: Int = Self.pieceBytesUsual, pieceBytesMax: Int = Self.pieceBytesMax
  ) {
    self.format = format
    usual = min(pieceBytesUsual, pieceBytesMax)
    limit = pieceBytesMax
  }

  /// The pieces that became complete with `chunk`.
  package mutating func push(_ chunk: [UInt8]) throws(Problem) -> [Piece] {
    var pieces: [Piece] = []
    var rest = chunk[...]
    // Slice by slice, so that one large chunk does not pass over the size of a piece.
    while !rest.isEmpty {
      let room = max(1, usual - heading.count - buffer.count)
      buffer += rest.prefix(room)
      rest = rest.dropFirst(room)
      guard heading.count + buffer.count >= usual else { break }
      if scanner == nil { try begin() }
      scan()
      if let piece = cut() { pieces.append(piece) }
      guard heading.count + buffer.count < limit else { throw .rowTooLarge(line: linesBefore + 1) }
    }
    return pieces
  }

  /// What is left: the last piece, nil when the file ended with the one before.
  package mutating func finish() throws(Problem) -> Piece? {
    guard !buffer.isEmpty else { return nil }
    if scanner == nil {
      // The whole file fits: it goes as it is, and no line is looked at here.
      let lineCount = Self.lineCount(buffer)
      return Piece(body: buffer, lineOffset: 0, lastLine: lineCount, fileByteCount: buffer.count)
    }
    scan()
    let open = buffer.count > (lastEnd?.index ?? 0) ? 1 : 0
    let lastLine = headingLineCount + (scanner?.lineCount ?? 0) + open
    return take(buffer.count, lastLine: lastLine)
  }

  private mutating func begin() throws(Problem) {
    guard format == .csv else {
      scanner = RowEndScanner(separator: nil)
      return
    }
    guard let found = CSVHeading(buffer) else { throw .noHeading }
    heading = Array(buffer[..<found.byteCount])
    headingLineCount = found.lineCount
    buffer.removeFirst(found.byteCount)
    linesBefore = found.lineCount
    scanner = RowEndScanner(separator: found.separator)
  }

  private mutating func scan() {
    guard var scanner else { return }
    self.scanner = nil
    var last = lastEnd
    let base = headingLineCount
    buffer.withUnsafeBufferPointer { bytes in
      for index in scanned..<bytes.count {
        guard let end = scanner.take(bytes[index]) else { continue }
        last = (end == .after ? index + 1 : index, base + scanner.lineCount)
      }
    }
    lastEnd = last
    scanned = buffer.count
    self.scanner = scanner
  }

  private mutating func cut() -> Piece? {
    guard let lastEnd, lastEnd.index > 0 else { return nil }
    return take(lastEnd.index, lastLine: lastEnd.line)
  }

  private mutating func take(_ count: Int, lastLine: Int) -> Piece {
    let piece = Piece(
      body: heading + buffer[..<count], lineOffset: linesBefore - headingLineCount, lastLine: lastLine,
      fileByteCount: count + (isFirst ? heading.count : 0))
    buffer.removeFirst(count)
    scanned -= min(scanned, count)
    linesBefore = lastLine
    lastEnd = nil
    isFirst = false
    return piece
  }

  private static func lineCount(_ bytes: [UInt8]) -> Int {
    var scanner = RowEndScanner(separator: nil)
    var isOpen = false
    for byte in bytes {
      switch scanner.take(byte) {
      case .after: isOpen = false
      case .before, nil: isOpen = true
      }
    }
    return scanner.lineCount + (isOpen ? 1 : 0)
  }
}
