import API
import Collectors
import Datasets
import HTTPServing
import Hummingbird

/// What became of a request's rows so far.
struct IntakeTally: Sendable {
  /// A POST of at most this many rows is answered with the records that they became.
  static let recordsMax = 100

  private(set) var accepted = 0
  private(set) var duplicates = 0
  /// By line; at most `IntakeReply.rejectedMax` of `rejectedTotal`.
  private(set) var rejected: [RejectedRow] = []
  private(set) var rejectedTotal = 0
  private(set) var first: Datasets.Sequence?
  private(set) var last: Datasets.Sequence?
  /// The records of the rows that were taken, in order; nil when there are too many, or none because they are
  /// events.
  private(set) var records: [RecordID]? = []
  /// Whether a row was larger than any record may be.
  private(set) var hasOversized = false

  mutating func add(_ receipt: Intake.Receipt) {
    accepted += receipt.accepted
    duplicates += receipt.duplicates
    first = first ?? receipt.first
    last = receipt.last ?? last
    reject(receipt.rejected)
    records?.append(contentsOf: receipt.records)
    if let count = records?.count, count > Self.recordsMax { records = nil }
  }

  /// - Parameter rows: by line, all behind those before.
  mutating func reject(_ rows: [RejectedRow]) {
    rejectedTotal += rows.count
    rejected += rows.prefix(IntakeReply.rejectedMax - rejected.count)
    hasOversized = hasOversized || rows.contains { Self.oversizedCodes.contains($0.problem.code) }
  }

  /// Words of the parsers and the store for a row that no entry can hold.
  private static let oversizedCodes: Set<String> = ["row_too_large", "too_large"]

  /// contract.md: 200 when anything was accepted, 413 for a record too large, 422 when nothing was taken.
  var status: HTTPResponse.Status {
    if accepted > 0 { return .ok }
    return hasOversized ? .contentTooLarge : .unprocessableContent
  }
}

/// The answer to a POST of records: `IntakeReply`, what the rows became, and with an error also what
/// `ErrorReply` says.
struct IntakeAnswer: Encodable {
  struct Record: Encodable {
    var id: String
    var version: String
  }

  var tally: IntakeTally
  var records: [Record]?
  /// Set where the request was not taken to its end.
  var error: ErrorReply?
  var language: Language

  private enum Key: String, CodingKey {
    case accepted, duplicates, rejected, rejectedTotal, stream, records, error, message
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(tally.accepted, forKey: .accepted)
    try container.encode(tally.duplicates, forKey: .duplicates)
    try container.encode(tally.rejected.map { Rejected(row: $0, language: language) }, forKey: .rejected)
    try container.encode(tally.rejectedTotal, forKey: .rejectedTotal)
    // Null, not absent, when nothing was appended (contract.md).
    try container.encode(stream, forKey: .stream)
    try container.encodeIfPresent(records, forKey: .records)
    try container.encodeIfPresent(error?.error, forKey: .error)
    try container.encodeIfPresent(error?.message, forKey: .message)
  }

  /// A refused row; `field` is null where the whole row is meant.
  private struct Rejected: Encodable {
    let row: RejectedRow
    let language: Language

    private enum Key: String, CodingKey {
      case line, field, reason, code
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(row.line, forKey: .line)
      try container.encode(row.problem.field, forKey: .field)
      try container.encode(IdentityNumbers.masked(row.problem.reason(language)), forKey: .reason)
      try container.encode(row.problem.code, forKey: .code)
    }
  }

  private var stream: IntakeReply.StreamRange? {
    guard let first = tally.first, let last = tally.last else { return nil }
    return IntakeReply.StreamRange(first: first.value, last: last.value)
  }
}
