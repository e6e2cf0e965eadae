import Datasets
import GRDB
import Replication
import Storage
import Wire

/// The tables of one dataset's records, for loops.
struct RecordTables: ~Copyable {
  let dataset: InstalledDataset
  private let stream: Int64
  private let selection: RawStatement
  private let insertion: RawStatement
  private let update: RawStatement
  private let deletion: RawStatement
  private let typedInsertion: RawStatement
  private let typedDeletion: RawStatement
  private let conflictInsertion: RawStatement
  private let conflictDeletion: RawStatement
  private let editInsertion: RawStatement
  private let editDeletion: RawStatement
  private let memory: RawStatement
  private let memoryDeletion: RawStatement
  private let database: Database
  private let through: ReadThrough?

  /// - Parameter through: where records come from that a scratch store has not.
  init(
    _ database: Database, _ dataset: InstalledDataset, stream: Int64, through: ReadThrough? = nil
  ) throws {
    self.database = database
    self.through = through
    self.dataset = dataset
    self.stream = stream
    let selection = try RawStatement(
      database, "SELECT \(StoredRecord.columns) FROM _record WHERE stream = ? AND id = ?")
    let insertion = try RawStatement(
      database,
      """
      INSERT INTO _record (stamp, base_kind, checksum, state, base, own, stream, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    let update = try RawStatement(
      database,
      "UPDATE _record SET stamp = ?, base_kind = ?, checksum = ?, state = ?, base = ?, own = ? WHERE row = ?")
    let deletion = try RawStatement(database, "DELETE FROM _record WHERE row = ?")
    let columns = dataset.table.columns.map { TypedTable.quoted($0.name) }
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    let typedInsertion = try RawStatement(
      database,
      "INSERT OR REPLACE INTO \(dataset.table.name) (\(columns.joined(separator: ", "))) VALUES (\(marks))")
    let typedDeletion = try RawStatement(database, "DELETE FROM \(dataset.table.name) WHERE id = ?")
    let conflictInsertion = try RawStatement(
      database,
      """
      INSERT INTO _conflict (stream, record, field, state) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET state = excluded.state
      """)
    let conflictDeletion = try RawStatement(database, "DELETE FROM _conflict WHERE stream = ? AND record = ?")
    let editInsertion = try RawStatement(
      database, "INSERT OR REPLACE INTO _edit (record, sequence) VALUES (?, ?)")
    let editDeletion = try RawStatement(database, "DELETE FROM _edit WHERE record = ?")
    let memory = try RawStatement(database, "SELECT 1 FROM _import_memory WHERE record = ? LIMIT 1")
    let memoryDeletion = try RawStatement(database, "DELETE FROM _import_memory WHERE record = ?")
    self.selection = selection
    self.insertion = insertion
    self.update = update
    self.deletion = deletion
    self.typedInsertion = typedInsertion
    self.typedDeletion = typedDeletion
    self.conflictInsertion = conflictInsertion
    self.conflictDeletion = conflictDeletion
    self.editInsertion = editInsertion
    self.editDeletion = editDeletion
    self.memory = memory
    self.memoryDeletion = memoryDeletion
  }

  func find(_ id: RecordID) throws -> StoredRecord? {
    if let stored = try select(id) { return stored }
    guard let through, try through.fetch(id) else { return nil }
    return try select(id)
  }

  private func select(_ id: RecordID) throws -> StoredRecord? {
    selection.bind(stream, at: 1)
    selection.bind(blob: id.bytes, at: 2)
    defer { selection.reset() }
    return try selection.step() ? StoredRecord(selection) : nil
  }

  /// Writes a record over `row`, or as a new one.
  /// - Returns: its row; nil when it went.
  @discardableResult
  func write(_ record: EncodedRecord, over row: Int64?) throws -> Int64? {
    if record.isVoid {
      guard let row else { return nil }
      // What imports remember of a record outlives it: the same file again must not bring it back.
      guard try isRemembered(row: row) else {
        try delete(record.id, row: row)
        return nil
      }
    }
    let written: Int64
    if let row {
      bind(record, to: update)
      update.bind(row, at: 7)
      try update.run()
      written = row
    } else {
      bind(record, to: insertion)
      insertion.bind(stream, at: 7)
      insertion.bind(blob: record.id.bytes, at: 8)
      try insertion.run()
      written = database.lastInsertedRowID
    }
    try writeTyped(record, isNew: row == nil)
    try writeConflicts(record, isNew: row == nil)
    return written
  }

  private func isRemembered(row: Int64) throws -> Bool {
    memory.bind(row, at: 1)
    defer { memory.reset() }
    return try memory.step()
  }

  /// Takes the record out of every table; its row's number may be the next record's.
  func delete(_ id: RecordID, row: Int64) throws {
    deletion.bind(row, at: 1)
    try deletion.run()
    editDeletion.bind(row, at: 1)
    try editDeletion.run()
    memoryDeletion.bind(row, at: 1)
    try memoryDeletion.run()
    try deleteTyped(id)
    try deleteConflicts(id)
  }

  /// Notes that the entry `sequence` is an edit of the record.
  func noteEdit(row: Int64, _ sequence: Datasets.Sequence) throws {
    editInsertion.bind(row, at: 1)
    editInsertion.bind(Int64(bitPattern: sequence.value), at: 2)
    try editInsertion.run()
  }

  private func bind(_ record: EncodedRecord, to statement: borrowing RawStatement) {
    statement.bind(record.stamp, at: 1)
    statement.bind(record.baseKind.rawValue, at: 2)
    statement.bind(Int64(bitPattern: record.checksum), at: 3)
    statement.bind(blob: record.state, at: 4)
    if let base = record.base { statement.bind(blob: base, at: 5) } else { statement.bindNull(at: 5) }
    if let own = record.own { statement.bind(blob: own, at: 6) } else { statement.bindNull(at: 6) }
  }

  private func writeTyped(_ record: EncodedRecord, isNew: Bool) throws {
    if record.image.isHidden {
      if !isNew { try deleteTyped(record.id) }
      return
    }
    typedInsertion.bind(record.id.description, at: 1)
    // Both lists are sorted by name.
    var place = 0
    var unknown: [(name: String, value: Value)] = []
    let columns = dataset.columnsByName
    for (name, value) in record.image.fields {
      while place < columns.count, columns[place].name < name {
        typedInsertion.bindNull(at: columns[place].column)
        place += 1
      }
      if place < columns.count, columns[place].name == name {
        TypedTable.bind(value, to: typedInsertion, at: columns[place].column)
        place += 1
      } else {
        unknown.append((name.text, value))
      }
    }
    for column in columns[place...] { typedInsertion.bindNull(at: column.column) }
    let extra = Int32(columns.count + 2)
    if unknown.isEmpty {
      typedInsertion.bindNull(at: extra)
    } else {
      typedInsertion.bind(JSONText.object(unknown), at: extra)
    }
    try typedInsertion.run()
  }

  private func writeConflicts(_ record: EncodedRecord, isNew: Bool) throws {
    if !isNew { try deleteConflicts(record.id) }
    for conflict in record.image.conflicts {
      conflictInsertion.bind(stream, at: 1)
      conflictInsertion.bind(blob: record.id.bytes, at: 2)
      conflictInsertion.bind(conflict.name.text, at: 3)
      conflictInsertion.bind(conflict.state.rawValue, at: 4)
      try conflictInsertion.run()
    }
  }

  private func deleteTyped(_ id: RecordID) throws {
    typedDeletion.bind(id.description, at: 1)
    try typedDeletion.run()
  }

  private func deleteConflicts(_ id: RecordID) throws {
    conflictDeletion.bind(stream, at: 1)
    conflictDeletion.bind(blob: id.bytes, at: 2)
    try conflictDeletion.run()
  }
}
