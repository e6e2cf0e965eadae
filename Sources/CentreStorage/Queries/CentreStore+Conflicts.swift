package import Datasets
import GRDB
package import Replication
import Storage
package import Wire

/// A field whose siblings differ, with what a person needs to decide (contract.md, "Conflicts").
package struct ConflictEntry: Sendable, Equatable {
  package let dataset: DatasetName
  package let record: RecordID
  package let field: FieldName
  /// The merge policy's word.
  package let policy: String
  package let state: ConflictState
  package let shown: Value?
  /// The newest value that every sibling's author had seen; nil when they have none in common.
  package let base: Value?
  package let version: RecordVersion
  package let siblings: [Sibling]
  /// The record's: decides who may read it.
  package let scope: RegionCode?
  /// Where the next page goes on.
  package let cursor: ConflictCursor

  /// `population/9f2c…/alamat`.
  package var id: String { "\(dataset)/\(record)/\(field)" }
}

/// A place in the list of conflicts, newest first.
package struct ConflictCursor: Sendable, Equatable {
  package let position: UInt64
  package let dataset: DatasetName
  package let record: RecordID
  package let field: FieldName

  package init(position: UInt64, dataset: DatasetName, record: RecordID, field: FieldName) {
    self.position = position
    self.dataset = dataset
    self.record = record
    self.field = field
  }
}

extension CentreStore {
  /// Conflicts, those that changed their state last first.
  ///
  /// - Parameters:
  ///   - state: `open` or `settled`; nil is both.
  ///   - limit: at most 1,000.
  package func conflicts(
    state: ConflictState? = nil, after: ConflictCursor? = nil, limit: Int
  ) async throws -> Page<ConflictEntry, ConflictCursor> {
    let catalogue = catalogues.current
    let count = min(max(1, limit), 1000)
    let damage = memory.damage
    return try await read { database in
      let rows = try Self.conflictRows(database, state: state, after: after, count: count + 1)
      let entries = try rows.prefix(count).compactMap { try ConflictEntry($0, catalogue, database, noting: damage) }
      return Page(elements: entries, next: rows.count > count ? rows[count - 1] : nil)
    }
  }

  /// - Returns: nil when the field is in no conflict now.
  package func conflict(
    _ dataset: DatasetName, _ record: RecordID, _ field: FieldName
  ) async throws -> ConflictEntry? {
    let catalogue = catalogues.current
    let damage = memory.damage
    return try await read { database in
      let position = try database.integer(
        "SELECT position FROM conflict WHERE dataset = ? AND record = ? AND field = ?",
        [.text(dataset.text), .blob(record.bytes), .text(field.text)])
      guard let position else { return nil }
      let cursor = ConflictCursor(
        position: UInt64(clamping: position), dataset: dataset, record: record, field: field)
      return try ConflictEntry(cursor, catalogue, database, noting: damage)
    }
  }

  static let conflictSQL = """
    SELECT position, dataset, record, field FROM conflict
    WHERE position <= ?1 ORDER BY position DESC, dataset DESC, record DESC, field DESC
    """
  static let conflictStateSQL = """
    SELECT position, dataset, record, field FROM conflict
    WHERE state = ?2 AND position <= ?1 ORDER BY position DESC, dataset DESC, record DESC, field DESC
    """

  private static func conflictRows(
    _ database: Database, state: ConflictState?, after: ConflictCursor?, count: Int
  ) throws -> [ConflictCursor] {
    let statement = try RawStatement(database, state == nil ? conflictSQL : conflictStateSQL)
    statement.bind(after.map { Int64(clamping: $0.position) } ?? .max, at: 1)
    if let state { statement.bind(state.rawValue, at: 2) }
    var rows: [ConflictCursor] = []
    // A record's fields share one position: those up to the cursor are passed over.
    var isPast = after == nil
    while rows.count < count, try statement.step() {
      guard let field = statement.text(3).flatMap({ FieldName($0) }) else { continue }
      let row = ConflictCursor(
        position: statement.unsigned(0), dataset: try statement.dataset(1), record: try statement.recordID(2),
        field: field)
      if !isPast, let after {
        if row == after {
          isPast = true
          continue
        }
        let isBefore =
          (row.position, row.dataset, row.record) == (after.position, after.dataset, after.record)
          ? row.field > after.field
          : row.position == after.position && (row.dataset, row.record) > (after.dataset, after.record)
        if isBefore { continue }
        isPast = true
      }
      rows.append(row)
    }
    return rows
  }
}

extension ConflictEntry {
  fileprivate init?(
    _ cursor: ConflictCursor, _ catalogue: Catalogue, _ database: Database, noting damage: DamageNotes
  ) throws {
    guard let definition = catalogue.datasets[cursor.dataset]?.definition,
      let record = try RecordReader(database, definition).sound(cursor.record, noting: damage)
    else { return nil }
    let state = record.state[cursor.field]
    let rule = definition.rule(for: cursor.field)
    let history = try History(of: cursor.record, in: cursor.dataset).entries(database, noting: damage)
    self.init(
      dataset: cursor.dataset, record: cursor.record, field: cursor.field, policy: rule.policy.word,
      state: state.conflict(by: rule), shown: state.shown(by: rule),
      base: Self.base(of: state, cursor.field, history), version: record.version, siblings: state.siblings,
      scope: record.scope, cursor: cursor)
  }

  /// What all siblings' authors had in front of them when they parted.
  private static func base(of state: FieldState, _ field: FieldName, _ history: [HistoryEntry]) -> Value? {
    let saws = state.siblings.map { sibling -> Context in
      guard let change = history.first(where: { $0.dot == sibling.dot })?.change else { return .empty }
      if let edit = change.edits.first(where: { $0.field == field }) { return edit.saw }
      return field == .lifecycle ? change.affirmation ?? .empty : .empty
    }
    guard !saws.isEmpty else { return nil }
    let candidates = history.filter { entry in
      entry.fate != .replaced && entry.change.edits.contains { $0.field == field }
        && saws.allSatisfy { $0.covers(entry.dot) }
    }
    let newest = candidates.max { ($0.seal.effective, $0.dot) < ($1.seal.effective, $1.dot) }
    return newest?.change.edits.first { $0.field == field }?.value
  }
}
