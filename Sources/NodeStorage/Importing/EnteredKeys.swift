import Datasets
import GRDB
import Replication
import Storage
import Wire

/// What was entered by hand under which `Idempotency-Key`: asked again, it is answered again and nothing is written. The
/// record may have been changed since, and the repetition knows nothing of that.
struct EnteredKeys {
  enum Answer: Equatable {
    /// The same was entered under this key, as this record.
    case again(RecordID)
    /// Something else was: a program's mistake that must not swallow anybody.
    case reused
  }

  /// Who has not repeated a request after a week does not know any more that it got no answer.
  private static let keptMilliseconds: Int64 = 7 * 86_400_000

  private let database: Database
  private let key: Int64
  private let content: Int64
  /// Where keys are read: a dry run reads those of the store that it tries for.
  private let schema: String

  /// Nil for what repeats nothing: rows of files and of programs, and requests without a key.
  init?(_ database: Database, _ dataset: DatasetName, _ rows: [ImportRow], _ run: ImportRun, isDryRun: Bool) {
    guard run.isTyped, case .request(let idempotencyKey) = run.kind else { return nil }
    self.database = database
    key = Int64(bitPattern: EntryChecksum.of(Array("\(dataset)\u{0}\(idempotencyKey)".utf8)))
    content = Int64(bitPattern: Self.checksum(of: rows))
    schema = isDryRun ? "live" : "main"
  }

  /// - Returns: nil for a key that nobody has used for a week.
  func answer(at now: Timestamp) throws -> Answer? {
    let row = try RawStatement(
      database, "SELECT record, content FROM \(schema)._entered WHERE key = ? AND at_ms >= ?")
    row.bind(key, at: 1)
    row.bind(now.milliseconds - Self.keptMilliseconds, at: 2)
    guard try row.step(), let record = RecordID(bytes: row.blob(0)) else { return nil }
    return row.integer(1) == content ? .again(record) : .reused
  }

  func note(_ record: RecordID, at now: Timestamp) throws {
    let aging = try RawStatement(database, "DELETE FROM _entered WHERE at_ms < ?")
    aging.bind(now.milliseconds - Self.keptMilliseconds, at: 1)
    try aging.run()
    let insertion = try RawStatement(
      database, "INSERT INTO _entered (key, content, record, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING")
    insertion.bind(key, at: 1)
    insertion.bind(content, at: 2)
    insertion.bind(blob: record.bytes, at: 3)
    insertion.bind(now.milliseconds, at: 4)
    try insertion.run()
  }

  private static func checksum(of rows: [ImportRow]) -> UInt64 {
    var writer = ByteWriter()
    for row in rows {
      writer.text(row.id?.description ?? "")
      for (name, value) in row.row.fields {
        writer.text(name.text)
        writer.value(value)
      }
    }
    return EntryChecksum.of(writer.bytes)
  }
}
