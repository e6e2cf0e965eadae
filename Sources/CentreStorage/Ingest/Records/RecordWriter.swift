import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Keeps the tables of one record dataset in step: merge state, history, scope, conflicts and the typed row.
///
/// Lives within one transaction.
final class RecordWriter {
  let session: WriteSession
  let dataset: InstalledDataset
  private let find: PreparedStatement
  private let insert: PreparedStatement
  private let update: PreparedStatement
  private let insertChange: PreparedStatement
  private let insertTyped: PreparedStatement
  private let sameTyped: PreparedStatement
  private var name: String { dataset.definition.name.text }

  init(_ session: WriteSession, dataset: InstalledDataset) throws {
    self.session = session
    self.dataset = dataset
    find = try session.statement(
      "SELECT \(CheckedTable.record.columns) FROM record WHERE dataset = ? AND id = ?")
    insert = try session.statement(
      """
      INSERT INTO record (position, scope, hidden, moved, conflicts, state, checksum, dataset, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    update = try session.statement(
      """
      UPDATE record SET position = ?, scope = ?, hidden = ?, moved = ?, conflicts = ?, state = ?, checksum = ?
      WHERE row = ?
      """
    )
    insertChange = try session.statement(
      """
      INSERT INTO change
        (incarnation, dataset, sequence, record, position, received_ms, disposition, entry, checksum, locator)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insertTyped = try session.statement(dataset.insertion)
    sameTyped = try session.statement(dataset.comparison)
    for statement in [find, insertChange] { statement.raw.bind(name, at: statement === find ? 1 : 2) }
    insert.raw.bind(name, at: 8)
  }

  /// - Returns: nil when the centre does not know the record.
  /// - Throws: `StoreError.damaged` when its row does not match its checksum, and cannot be made anew from its changes.
  func record(_ id: RecordID) throws -> StoredRecord? {
    try bytes(of: id)?.record
  }

  private func bytes(of id: RecordID) throws -> (record: StoredRecord, bytes: [UInt8])? {
    find.raw.bind(blob: id.bytes, at: 2)
    defer { find.raw.reset() }
    guard try find.raw.step() else { return nil }
    let row = find.raw.integer(0)
    guard CheckedTable.record.isSound(find.raw) else {
      let damaged = DamagedRow(.record, row)
      session.memory.damage.note(damaged)
      guard let remade = try remade(row, id) else { throw StoreError.damaged(damaged) }
      return remade
    }
    let bytes = find.raw.blob(9)
    let registry = try session.registry(dataset.definition.name).registry
    do throws(WireError) {
      let record = StoredRecord(
        row: row, id: id, scope: find.raw.text(4).flatMap { RegionCode($0) },
        isHidden: find.raw.integer(5) != 0, hasMoved: find.raw.integer(6) != 0,
        conflictCount: Int(find.raw.integer(7)), state: try RecordState(bytes: bytes, registry: registry))
      return (record, bytes)
    } catch {
      throw StoreError.damaged("the state of a record")
    }
  }

  /// Puts a damaged record right from its changes, under a new feed position.
  ///
  /// - Returns: false when that cannot be done.
  func mend(_ row: Int64, _ id: RecordID) throws -> Bool {
    guard let made = try remade(row, id) else { return false }
    var record = made.record
    try store(&record, bytes: made.bytes)
    return true
  }

  /// Derives everything that follows from a record's state by the definition as it is now.
  ///
  /// - Returns: whether anything differs from what was stored: it is stored under a new feed position then, so that
  ///   readers get it.
  func rederive(_ id: RecordID) throws -> Bool {
    guard let found = try bytes(of: id) else { return false }
    var record = found.record
    let shown = ShownRecord(record.state, definition: dataset.definition)
    let scope = record.state.scope(definition: dataset.definition, previous: record.scope)
    if scope == record.scope, shown.isHidden == record.isHidden, try hasConflicts(shown, record),
      try shown.isHidden || isTyped(shown, record)
    {
      return false
    }
    try store(&record, bytes: found.bytes)
    return true
  }

  /// Merges `change` into `record` and stores everything that follows from it.
  ///
  /// - Throws: `QuarantineReason` before anything is written, when the record would grow beyond its bounds.
  func apply(
    _ change: Change, dot: Dot, seal: Seal, row: Int64, entry: UnsafeRawBufferPointer, to record: StoredRecord
  ) throws -> ChangeDisposition {
    var record = record
    let touched = record.state.apply(change, dot: dot, time: seal.effective, isSuspect: seal.isSuspect)
    let disposition: ChangeDisposition = touched.isEmpty ? .replaced : .applied
    if disposition == .applied {
      // Kept only once nothing is left to refuse it for: a refused change uses up no place for undeclared names.
      var stored = try session.registry(dataset.definition.name)
      try admit(change, to: &stored.registry)
      let bytes = record.state.bytes(registry: &stored.registry)
      try record.state.checkBounds(touched: touched, bytes: bytes.count, definition: dataset.definition)
      try session.store(stored, of: dataset.definition.name)
      try store(&record, bytes: bytes)
    }
    let position = session.memory.position
    let checksum = RowChecksum.change(
      dataset: name, record: record.id.bytes, incarnation: row, sequence: dot.sequence, position: position,
      received: session.now, disposition: disposition.rawValue, entry: entry)
    insertChange.raw.bind(row, at: 1)
    insertChange.raw.bind(Int64(dot.sequence.value), at: 3)
    insertChange.raw.bind(blob: record.id.bytes, at: 4)
    insertChange.raw.bind(Int64(clamping: position), at: 5)
    insertChange.raw.bind(session.now.milliseconds, at: 6)
    insertChange.raw.bind(disposition.rawValue, at: 7)
    insertChange.raw.bindBlob(entry, at: 8, isCopied: false)
    insertChange.raw.bind(checksum, at: 9)
    insertChange.raw.bind(BitLocator.of(entry), at: 10)
    try insertChange.raw.run()
    return disposition
  }

  /// Stores a state that changed under a new feed position, with what hangs on it.
  private func store(_ record: inout StoredRecord, bytes: [UInt8]) throws {
    let position = session.memory.nextPosition(in: dataset.definition.name)
    let shown = ShownRecord(record.state, definition: dataset.definition)
    let scope = record.state.scope(definition: dataset.definition, previous: record.scope)
    if record.row != nil, let left = record.scope, left != scope {
      record.hasMoved = true
      try session.run(
        """
        INSERT INTO departure (dataset, record, scope, position) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET position = excluded.position
        """,
        [.text(name), .blob(record.id.bytes), .text(left.text), .integer(Int64(clamping: position))])
    }
    record.scope = scope
    let wasHidden = record.isHidden
    record.isHidden = shown.isHidden
    try storeConflicts(shown, of: &record, position: position)
    let statement = record.row == nil ? insert : update
    statement.raw.bind(Int64(clamping: position), at: 1)
    if let scope { statement.raw.bind(scope.text, at: 2) } else { statement.raw.bindNull(at: 2) }
    statement.raw.bind(record.isHidden ? 1 : 0 as Int64, at: 3)
    statement.raw.bind(record.hasMoved ? 1 : 0 as Int64, at: 4)
    statement.raw.bind(Int64(record.conflictCount), at: 5)
    statement.raw.bind(blob: bytes, at: 6)
    statement.raw.bind(RowChecksum.record(record, dataset: name, position: position, state: bytes), at: 7)
    if let row = record.row {
      statement.raw.bind(row, at: 8)
    } else {
      statement.raw.bind(blob: record.id.bytes, at: 9)
    }
    try statement.raw.run()
    let isNew = record.row == nil
    if isNew { record.row = session.database.lastInsertedRowID }
    try storeTyped(shown, of: record, hadRow: !isNew && !wasHidden)
    if wasHidden || record.isHidden { try storeAlias(record) }
  }

  /// Whose other name a hidden record is, so that the person's names can be found.
  private func storeAlias(_ record: StoredRecord) throws {
    let key: [StoredValue] = [.text(name), .blob(record.id.bytes)]
    guard record.isHidden, record.state.shownLifecycle == .alias, let target = record.state.aliasTarget else {
      try session.run("DELETE FROM alias WHERE dataset = ? AND record = ?", key)
      return
    }
    try session.run(
      """
      INSERT INTO alias (dataset, record, target) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET target = excluded.target
      """, key + [.blob(target.bytes)])
  }

  /// The shown values in a column each; a hidden record has no row.
  private func storeTyped(_ shown: ShownRecord, of record: StoredRecord, hadRow: Bool) throws {
    if shown.isHidden {
      if hadRow {
        try session.run("DELETE FROM \(dataset.table.name) WHERE id = ?", [.text(record.id.description)])
      }
      return
    }
    dataset.bind(shown, of: record.id, to: insertTyped.raw)
    try insertTyped.raw.run()
  }

  /// Whether the record's row shows exactly this.
  private func isTyped(_ shown: ShownRecord, _ record: StoredRecord) throws -> Bool {
    dataset.bind(shown, of: record.id, to: sameTyped.raw)
    defer { sameTyped.raw.reset() }
    return try sameTyped.raw.step()
  }

  private func storeConflicts(_ shown: ShownRecord, of record: inout StoredRecord, position: UInt64) throws {
    if record.conflictCount == 0, shown.conflicts.isEmpty { return }
    let names = shown.conflicts.map(\.name.text)
    if record.conflictCount > 0 {
      let stored = try session.database.rows(
        "SELECT field FROM conflict WHERE dataset = ? AND record = ?", [.text(name), .blob(record.id.bytes)]
      ) { $0.text(0) ?? "" }
      for field in stored where !names.contains(field) {
        try session.run(
          "DELETE FROM conflict WHERE dataset = ? AND record = ? AND field = ?",
          [.text(name), .blob(record.id.bytes), .text(field)])
      }
    }
    for (field, state) in shown.conflicts {
      // The position says since when the conflict stands in this state.
      try session.run(
        """
        INSERT INTO conflict (dataset, record, field, state, position) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET state = excluded.state, position = excluded.position
        WHERE state <> excluded.state
        """,
        [
          .text(name), .blob(record.id.bytes), .text(field.text), .text(state.rawValue),
          .integer(Int64(clamping: position)),
        ])
    }
    try storeConflictNodes(shown, of: record)
    record.conflictCount = shown.conflicts.count
  }

  /// Whose values stand against each other, so that they can be counted by office without reading any record.
  private func storeConflictNodes(_ shown: ShownRecord, of record: StoredRecord) throws {
    let key: [StoredValue] = [.text(name), .blob(record.id.bytes)]
    if record.conflictCount > 0 {
      try session.run("DELETE FROM conflict_node WHERE dataset = ? AND record = ?", key)
    }
    for (field, state) in shown.conflicts {
      let nodes = Set(record.state[field].siblings.map(\.dot.author.node)).subtracting([.centre])
      for node in nodes.sorted() {
        try session.run(
          "INSERT INTO conflict_node (dataset, record, field, node, state) VALUES (?, ?, ?, ?, ?)",
          key + [.text(field.text), .text(node.text), .text(state.rawValue)])
      }
    }
  }

  private func hasConflicts(_ shown: ShownRecord, _ record: StoredRecord) throws -> Bool {
    guard record.conflictCount == shown.conflicts.count else { return false }
    if shown.conflicts.isEmpty { return true }
    let stored = try session.database.rows(
      "SELECT field, state FROM conflict WHERE dataset = ? AND record = ? ORDER BY field",
      [.text(name), .blob(record.id.bytes)]
    ) { [$0.text(0) ?? "", $0.text(1) ?? ""] }
    return stored == shown.conflicts.map { [$0.name.text, $0.state.rawValue] }
  }

  /// Numbers the undeclared fields of a change that is about to be applied.
  ///
  /// - Throws: `QuarantineReason` when the dataset has no place for another one.
  private func admit(_ change: Change, to registry: inout FieldRegistry) throws {
    let names = change.edits.map(\.field).filter { dataset.places[$0] == nil && !$0.isReserved }
    if names.isEmpty { return }
    if let field = registry.admit(names, of: dataset.definition) {
      throw QuarantineReason.tooManyUndeclared(field, countMax: Undeclared.perDatasetMax)
    }
  }
}
