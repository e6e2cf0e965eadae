package import Datasets
package import GRDB
package import Replication
package import Wire

/// The audit log's table, the same in both daemons' stores under a name of each.
///
/// Columns of their own, so that any SQLite tool can read it. Nothing here changes or removes an entry.
package struct AuditTable: Sendable {
  private let name: String

  package init(_ name: String) { self.name = name }

  package var schema: String {
    """
    CREATE TABLE \(name) (
      sequence INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, caller TEXT NOT NULL, role TEXT NOT NULL, office TEXT,
      action TEXT NOT NULL, subject TEXT NOT NULL, count INTEGER, records BLOB NOT NULL, reason TEXT, outcome TEXT,
      head BLOB NOT NULL);

    """
  }

  /// The newest entry's place and head.
  package func mark(_ database: Database) throws -> StreamMark {
    let row = try RawStatement(database, "SELECT sequence, head FROM \(name) ORDER BY sequence DESC LIMIT 1")
    guard try row.step() else { return .start }
    guard let sequence = Datasets.Sequence(UInt64(clamping: row.integer(0))), let head = Hash256(row.blob(1)) else {
      throw Self.unreadable
    }
    return StreamMark(sequence: sequence, head: head)
  }

  /// Appends entries in the transaction that is open.
  @discardableResult
  package func append(_ acts: [AuditAct], at time: Timestamp, to database: Database) throws -> StreamMark {
    var chain = StreamChain(at: try mark(database))
    let statement = try RawStatement(
      database, "INSERT INTO \(name) (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for act in acts {
      let audited = chain.append(AuditEntry(sequence: chain.last.next, at: time, act: act))
      statement.bind(Int64(clamping: chain.last.value), at: 1)
      statement.bind(time.milliseconds, at: 2)
      for (index, text) in [act.caller, act.role, act.office, act.action, act.subject].enumerated() {
        Self.bind(text, to: statement, at: Int32(index + 3))
      }
      if let count = act.count { statement.bind(Int64(clamping: count), at: 8) } else { statement.bindNull(at: 8) }
      statement.bind(blob: act.records.flatMap(\.bytes), at: 9)
      Self.bind(act.reason, to: statement, at: 10)
      Self.bind(act.outcome, to: statement, at: 11)
      statement.bind(blob: audited.head.bytes, at: 12)
      try statement.run()
    }
    return chain.mark
  }

  private static let columns =
    "sequence, at_ms, caller, role, office, action, subject, count, records, reason, outcome, head"

  private static func bind(_ text: String?, to statement: borrowing RawStatement, at index: Int32) {
    if let text { statement.bind(text, at: index) } else { statement.bindNull(at: index) }
  }

  /// Entries behind `after` up to `through`, oldest first.
  func entries(
    _ database: Database, after: Datasets.Sequence, through: Datasets.Sequence, limit: Int
  ) throws -> [AuditedEntry] {
    let rows = try RawStatement(
      database,
      "SELECT \(Self.columns) FROM \(name) WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?")
    rows.bind(Int64(clamping: after.value), at: 1)
    rows.bind(Int64(clamping: through.value), at: 2)
    rows.bind(Int64(limit), at: 3)
    return try Self.read(rows)
  }

  /// Entries from `?1` up to, but not with, `?2`, newest first.
  package var newestSQL: String {
    """
    SELECT \(Self.columns) FROM \(name)
    WHERE sequence >= ?1 AND sequence < ?2 AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR caller = ?4)
    ORDER BY sequence DESC LIMIT ?5
    """
  }

  /// The newest entries before `before`, newest first.
  ///
  /// - Parameter lookedAtMax: a log is never trimmed: behind so many a page ends, whatever the filters have found.
  func newest(
    _ database: Database, before: Datasets.Sequence?, action: String?, caller: String?, limit: Int, lookedAtMax: Int
  ) throws -> AuditPage {
    let last = Int64(clamping: try mark(database).sequence.value)
    let end = min(before.map { Int64(clamping: $0.value) } ?? .max, last.addingReportingOverflow(1).partialValue)
    let start = max(1, end - Int64(max(1, lookedAtMax)))
    let rows = try RawStatement(database, newestSQL)
    rows.bind(start, at: 1)
    rows.bind(end, at: 2)
    Self.bind(action, to: rows, at: 3)
    Self.bind(caller, to: rows, at: 4)
    rows.bind(Int64(limit), at: 5)
    let entries = try Self.read(rows)
    let reached = entries.count < limit ? start : entries.last.map { Int64(clamping: $0.entry.sequence.value) } ?? start
    return AuditPage(entries: entries, next: reached > 1 ? Datasets.Sequence(UInt64(clamping: reached)) : nil)
  }

  private static func read(_ rows: borrowing RawStatement) throws -> [AuditedEntry] {
    var entries: [AuditedEntry] = []
    while try rows.step() { entries.append(try entry(rows)) }
    return entries
  }

  /// What somebody has put there with another tool is given as it is, as far as it can be: verifying names it.
  private static func entry(_ row: borrowing RawStatement) throws -> AuditedEntry {
    guard let sequence = Datasets.Sequence(UInt64(clamping: row.integer(0))) else { throw unreadable }
    let ids = row.blob(8)
    let records = stride(from: 0, to: ids.count, by: RecordID.byteCount).compactMap {
      RecordID(bytes: ids[$0..<min($0 + RecordID.byteCount, ids.count)])
    }
    let isWhole = ids.count.isMultiple(of: RecordID.byteCount)
    let act = AuditAct(
      caller: row.text(2) ?? "", role: row.text(3) ?? "", office: row.text(4), action: row.text(5) ?? "",
      subject: row.text(6) ?? "", count: row.isNull(7) ? nil : UInt64(clamping: row.integer(7)), records: records,
      reason: row.text(9), outcome: row.text(10))
    return AuditedEntry(
      entry: AuditEntry(sequence: sequence, at: Timestamp(milliseconds: row.integer(1)), act: act),
      head: isWhole ? Hash256(row.blob(11)) ?? .zero : .zero)
  }

  private static var unreadable: StoreError {
    StoreError(.damaged, "The audit log holds an entry that cannot be read: run simpulctl audit verify.")
  }
}
