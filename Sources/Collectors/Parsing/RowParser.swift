package import Datasets

/// What a parser found: a row, or why one could not be read.
package enum ParsedRow: Sendable, Equatable {
  case row(IntakeRow)
  case problem(RejectedRow)
}

/// Reads rows from bytes that come in chunks of any size.
///
/// The rows do not depend on where the chunks are cut, and what is kept between two chunks is bounded by
/// `ParsingLimits`: that is what lets a
/// request body or a file of any size pass through a small box. Nothing that is pushed can trap or throw;
/// what cannot be read is a problem
/// with its line.
package protocol RowParser: Sendable {
  /// The rows that became complete with `chunk`.
  mutating func push(_ chunk: [UInt8]) -> [ParsedRow]
  /// The rows that only the end of the input completes. Nothing may be pushed afterwards.
  mutating func finish() -> [ParsedRow]
  /// What the input itself calls a field of the rows given last; nil where it has no headings.
  func heading(of field: String) -> String?
  /// How many rows so far were refused with the whole input, for which one problem was given; 0 where it is not refused as
  /// a whole.
  var refusedRows: Int { get }
}

extension RowParser {
  package var refusedRows: Int { 0 }
  package func heading(of field: String) -> String? { nil }
}

/// Bounds that every parser keeps to.
package enum ParsingLimits {
  /// Bytes of one cell of a table.
  package static let cellBytesMax = 64 * 1024
  /// Bytes of one row, line or JSON object.
  package static let rowBytesMax = 1024 * 1024
  /// Bytes of a table's heading line.
  package static let headerBytesMax = 64 * 1024
  /// Bytes of one line of a device's log.
  package static let logLineBytesMax = 4 * 1024
  /// Arrays and objects within each other.
  package static let depthMax = 16
  /// Members of one object, elements of one array.
  package static let membersMax = 1_000
}

/// Reads a source chunk by chunk through a parser.
package struct RowReader<Source: ByteSource> {
  private var source: Source
  private var parser: any RowParser
  private var isFinished = false

  package init(source: Source, parser: any RowParser) {
    self.source = source
    self.parser = parser
  }

  /// As `RowParser.heading(of:)`.
  package func heading(of field: String) -> String? { parser.heading(of: field) }

  /// The rows of the next chunk, perhaps none; nil after the last.
  /// - Throws: what the source throws.
  package mutating func next() throws -> [ParsedRow]? {
    guard !isFinished else { return nil }
    guard let chunk = try source.next() else {
      isFinished = true
      return parser.finish()
    }
    return parser.push(chunk)
  }
}
