import Datasets
import GRDB
import Replication
import Storage

/// What was entered by hand under which `Idempotency-Key`: asked again, it is answered again and nothing is written. The
/// record may have been changed since, and the repetition knows nothing of that.
struct EnteredKeys {
  /// Who has not repeated a request after a week does not know any more that it got no answer.
  private static let keptMilliseconds: Int64 = 7 * 86_400_000

  private let database: Database
  private let key: Int64

  /// Nil for what repeats nothing: rows of files and of programs, and requests without a key.
  init?(_ database: Database, _ dataset: DatasetName, _ run: ImportRun) {
    guard run.isTyped, case .request(let idempotencyKey) = run.kind else { return nil }
    self.database = database
    key = Int64(bitPattern: EntryChecksum.of(Array("\(dataset)\u{0}\(idempotencyKey)".utf8)))
  }

  /// The record that was entered under this key before.
  func record() throws -> RecordID? {
    let row = try RawStatement(database, "SELECT record FROM _entered WHERE key = ?")
    row.bind(key, at: 1)
    return try row.step() ? RecordID(bytes: row.blob(0)) : nil
  }

  func note(_ record: RecordID, at now: Timestamp) throws {
    let aging = try RawStatement(database, "DELETE FROM _entered WHERE at_ms < ?")
    aging.bind(now.milliseconds - Self.keptMilliseconds, at: 1)
    try aging.run()
    let insertion = try RawStatement(
      database, "INSERT INTO _entered (key, record, at_ms) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING")
    insertion.bind(key, at: 1)
    insertion.bind(blob: record.bytes, at: 2)
    insertion.bind(now.milliseconds, at: 3)
    try insertion.run()
  }
}
