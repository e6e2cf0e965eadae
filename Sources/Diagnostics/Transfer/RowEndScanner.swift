/// Finds where rows end, byte by byte, and counts physical lines as the intake does.
struct RowEndScanner: Sendable {
  private enum State { case cellStart, unquoted, quoted, quoteInQuoted }

  /// A cell longer than this is a mark that was never closed: the intake refuses the row too, and reads on behind it.
  private static let quotedBytesMax = 64 * 1024

  /// Nil where quotation marks mean nothing (NDJSON).
  private let separator: UInt8?
  private var state = State.cellStart
  private var quotedBytes = 0
  private var isAfterCR = false
  /// Complete lines so far.
  private(set) var lineCount = 0

  init(separator: UInt8?) { self.separator = separator }

  /// Where the row ended, relative to the byte just taken.
  enum RowEnd {
    case before
    case after
  }

  /// Takes the next byte.
  ///
  /// A CR ends a row only when it is clear that no LF follows: before the next byte.
  mutating func take(_ byte: UInt8) -> RowEnd? {
    var end: RowEnd?
    if isAfterCR {
      isAfterCR = false
      endRow()
      if byte == 10 { return .after }
      end = .before
    }
    step(byte)
    guard state != .quoted, byte == 10 || byte == 13 else { return end }
    if byte == 13 {
      isAfterCR = true
      return end
    }
    endRow()
    return .after
  }

  private mutating func endRow() {
    lineCount += 1
    state = .cellStart
  }

  private mutating func step(_ byte: UInt8) {
    guard let separator else { return }
    switch state {
    case .cellStart, .unquoted:
      if byte == separator {
        state = .cellStart
      } else if byte == UInt8(ascii: "\""), state == .cellStart {
        state = .quoted
        quotedBytes = 0
      } else {
        state = .unquoted
      }
    case .quoted:
      quotedBytes += 1
      if byte == UInt8(ascii: "\"") {
        state = .quoteInQuoted
      } else if quotedBytes > Self.quotedBytesMax {
        state = .unquoted
      } else if byte == 10 {
        lineCount += 1
      }
    case .quoteInQuoted:
      state = byte == UInt8(ascii: "\"") ? .quoted : byte == separator ? .cellStart : .unquoted
    }
  }
}
