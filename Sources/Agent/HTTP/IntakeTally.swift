import API
import Collectors
import Datasets
import HTTPServing
import Hummingbird
import NodeStorage

/// What became of a request's rows so far.
struct IntakeTally: Sendable {
  /// A POST of at most this many rows is answered with the records that they became.
  static let recordsMax = 100
  /// Of each outcome, and of those that may be of somebody else, a dry run lists this many rows, in order.
  static let rowsPerOutcomeMax = 100
  /// Together they list values of this many bytes, so that an answer has a bound whatever is in the rows.
  private static let listedBytesMax = 1 << 20

  private(set) var accepted = 0
  private(set) var duplicates = 0
  private(set) var created = 0
  private(set) var changed = 0
  private(set) var held = 0
  /// Rows, in a dry run, that may be of somebody else.
  private(set) var suspects = 0
  private(set) var unknown = UnknownFields()
  private(set) var remarks = IntakeRemarks()
  /// In a dry run, by line; at most `rowsPerOutcomeMax` of each kind.
  private(set) var outcomes: [ImportOutcome] = []
  private var listed: [Listing: Int] = [:]
  private var listedBytes = 0
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
    created += receipt.created
    changed += receipt.changed
    held += receipt.held
    unknown.add(receipt.unknown)
    remarks.add(receipt.remarks)
    for outcome in receipt.outcomes { list(outcome) }
    first = first ?? receipt.first
    last = receipt.last ?? last
    reject(receipt.rejected)
    records?.append(contentsOf: receipt.records)
    if let count = records?.count, count > Self.recordsMax { records = nil }
  }

  /// What rows are counted by when they are listed: a suspect among thousands that are the same must not be lost.
  private enum Listing: Hashable {
    case suspect
    case kind(ImportOutcome.Kind)
  }

  private mutating func list(_ outcome: ImportOutcome) {
    if outcome.suspicion != nil { suspects += 1 }
    let listing = outcome.suspicion == nil ? Listing.kind(outcome.kind) : .suspect
    // Why a row is refused stands among the rejected.
    guard outcome.kind != .refused, listed[listing, default: 0] < Self.rowsPerOutcomeMax,
      listedBytes < Self.listedBytesMax
    else { return }
    listed[listing, default: 0] += 1
    listedBytes += outcome.fields.reduce(0) {
      $0 + $1.new.text.utf8.count + ($1.old?.text.utf8.count ?? 0)
    }
    outcomes.append(outcome)
  }

  /// - Parameter rows: by line, all behind those before.
  mutating func reject(_ rows: [RejectedRow]) {
    rejectedTotal += rows.count
    rejected += rows.prefix(IntakeReply.rejectedMax - rejected.count)
    hasOversized = hasOversized || rows.contains { Self.oversizedCodes.contains($0.problem.code) }
  }

  /// - Parameter rows: of an input that was refused as a whole, for the one reason that was given before.
  mutating func rejectWhole(rows: Int) { rejectedTotal += max(0, rows - 1) }

  /// Words of the parsers and the store for a row that no entry can hold.
  private static let oversizedCodes: Set<String> = ["row_too_large", "too_large"]

  /// contract.md: 200 when anything was accepted, 413 for a record too large, 422 when nothing was taken.
  var status: HTTPResponse.Status {
    if accepted > 0 { return .ok }
    return hasOversized ? .contentTooLarge : .unprocessableContent
  }
}
