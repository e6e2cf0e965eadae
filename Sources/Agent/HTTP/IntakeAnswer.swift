import API
import Datasets
import HTTPServing
import NodeStorage
import Replication
import Sessions

/// The answer to a POST of records: `IntakeReply`, what the rows became, and with an error also what
/// `ErrorReply` says.
struct IntakeAnswer: Encodable {
  var tally: IntakeTally
  var dataset: Catalogue.Dataset
  var records: [IntakeReply.Record]?
  /// How values are shown of rows that were tried out; nil for rows that were taken.
  var dryRun: RecordRendering?
  /// Set where the request was not taken to its end.
  var error: ErrorReply?
  var language: Language

  private enum Key: String, CodingKey {
    case accepted, duplicates, created, changed, held, rejected, rejectedTotal, stream, records, error, message
    case unknownFields, warnings, dryRun, suspects, rows, rowsPerOutcomeMax, nameField
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(tally.accepted, forKey: .accepted)
    try container.encode(tally.duplicates, forKey: .duplicates)
    try container.encode(tally.created, forKey: .created)
    try container.encode(tally.changed, forKey: .changed)
    try container.encode(tally.held, forKey: .held)
    try container.encode(tally.rejected.map { Rejected(row: $0, language: language) }, forKey: .rejected)
    try container.encode(tally.rejectedTotal, forKey: .rejectedTotal)
    // Null, not absent, when nothing was appended (contract.md).
    try container.encode(stream, forKey: .stream)
    try container.encodeIfPresent(records, forKey: .records)
    try container.encodeIfPresent(error?.error, forKey: .error)
    try container.encodeIfPresent(error?.message, forKey: .message)
    if !tally.unknown.isEmpty { try container.encode(unknownFields, forKey: .unknownFields) }
    if !tally.remarks.isEmpty { try container.encode(warnings, forKey: .warnings) }
    guard let dryRun else { return }
    try container.encode(true, forKey: .dryRun)
    try container.encode(tally.suspects, forKey: .suspects)
    try container.encode(tally.outcomes.map { Self.row($0, dryRun) }, forKey: .rows)
    try container.encode(IntakeTally.rowsPerOutcomeMax, forKey: .rowsPerOutcomeMax)
    try container.encodeIfPresent(dataset.definition.person?.name.text, forKey: .nameField)
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

  private var unknownFields: [IntakeReply.UnknownField] {
    tally.unknown.sorted.map { name, rows in
      IntakeReply.UnknownField(
        field: IdentityNumbers.masked(name.text), suggestion: dataset.validator.nearest(to: name)?.text, rows: rows)
    }
  }

  private var warnings: [IntakeReply.Warning] {
    tally.remarks.sorted.map { remark in
      IntakeReply.Warning(
        line: remark.line, field: remark.problem.field, code: remark.problem.code,
        reason: IdentityNumbers.masked(remark.problem.reason(language)), rows: remark.rows)
    }
  }

  private static func row(_ outcome: ImportOutcome, _ rendering: RecordRendering) -> IntakeReply.Row {
    // A row that would make a record has none yet.
    let record = outcome.kind == .new ? nil : outcome.record
    return IntakeReply.Row(
      line: outcome.line, outcome: outcome.kind.rawValue, record: record?.description,
      suspicion: outcome.suspicion?.rawValue,
      fields: outcome.fields.map { field in
        IntakeReply.Row.Field(
          field: IdentityNumbers.masked(field.name.text),
          old: field.old.map { rendering.value($0, of: field.name, in: record) },
          new: rendering.value(field.new, of: field.name, in: record), held: field.isHeld ? true : nil)
      })
  }
}
