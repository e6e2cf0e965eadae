import Datasets
import GRDB
package import Replication
import Storage
package import Wire

extension NodeStore {
  /// The file is right: its value becomes this office's edit, and counts as read.
  ///
  /// - Parameter version: of the record as whoever decides saw it; without one the edit is marked blind.
  /// - Throws: as `save`; `StoreError(.notFound)` when the value no longer waits.
  package func takeHeldValue(
    _ number: Int64, version: RecordVersion?, isCorrection: Bool = false, reason: String?, now: ClockReading
  ) async throws -> SavedRecord {
    try await write { transaction in
      guard let held = try transaction.heldRow(number) else { throw StoreError.noHeldValue }
      let saved = try transaction.edit(held.dataset, id: held.record, now: now) { editor in
        try editor.save(
          [(held.field, held.value)], version: version, isCorrection: isCorrection, reason: reason)
      }
      // Whoever took it has seen all that stood there: the file's next value replaces what this one did.
      try transaction.remember(held) { state, _ in state[held.field].context }
      try transaction.forgetHeld(number)
      return saved
    }
  }

  /// The office is right: what the file says counts as read, and comes up again only when the file says something else
  /// (which is held again, because nobody has decided about that).
  package func dismissHeldValue(_ number: Int64) async throws {
    try await write { transaction in
      if let held = try transaction.heldRow(number) {
        try transaction.remember(held) { _, memory in memory[held.field]?.context ?? .empty }
      }
      try transaction.forgetHeld(number)
    }
  }
}

/// A row of `_held_value`.
struct HeldRow {
  let dataset: InstalledDataset
  let record: RecordID
  let field: FieldName
  let value: Value
  let source: Int64
}

extension WriteTransaction {
  /// - Returns: nil when it is not there, or of a dataset that is not installed.
  func heldRow(_ number: Int64) throws -> HeldRow? {
    let row = try RawStatement(
      database, "SELECT stream, record, field, value, source FROM _held_value WHERE id = ?")
    row.bind(number, at: 1)
    guard try row.step() else { return nil }
    var reader = ByteReader(row.blob(3))
    let stream = row.integer(0)
    guard let name = cache.streams.first(where: { $0.value.id == stream })?.key,
      let dataset = context.datasets[name], let record = RecordID(bytes: row.blob(1)),
      let field = row.text(2).flatMap(FieldName.init), let value = try? reader.value()
    else { return nil }
    return HeldRow(dataset: dataset, record: record, field: field, value: value, source: row.integer(4))
  }

  func forgetHeld(_ number: Int64) throws {
    try database.execute(sql: "DELETE FROM _held_value WHERE id = ?", arguments: [number])
  }

  /// Puts a held value into what the import remembers.
  ///
  /// - Parameter saw: what the file's next value has seen of the field, from the record and the memory so far.
  mutating func remember(_ held: HeldRow, saw: (RecordState, ImportMemory) -> Context) throws {
    let tables = try RecordTables(database, held.dataset, stream: try stream(held.dataset.name).id)
    var registry = cache.registries[held.dataset.name] ?? FieldRegistry()
    let memories = try MemoryTable(database)
    // Of a record that went, nothing is remembered.
    guard let stored = try tables.find(held.record) else { return }
    let state = try stored.copy(registry).state
    let bytes = try memories.bytes(row: stored.row, source: held.source)
    var memory: ImportMemory
    do { memory = try bytes.map { try ImportMemory(bytes: $0, registry: registry) } ?? .none } catch {
      throw StoreError(.damaged, StoreError.damagedRecord.message, cause: error)
    }
    memory[held.field] = ImportMemory.Field(
      valueHash: ImportMemory.hash(of: held.value), context: saw(state, memory))
    try memories.save(memory.bytes(registry: &registry), row: stored.row, source: held.source)
    cache.registries[held.dataset.name] = registry
  }

  /// Values that waited, and about which the file and the office now agree, wait no longer.
  func settleHeld(_ item: ImportItem, _ dataset: InstalledDataset, source: Int64) throws {
    let removal = try RawStatement(
      database, "DELETE FROM _held_value WHERE stream = ? AND record = ? AND field = ? AND source = ?")
    let waiting = Set(item.plan.held.map(\.name) + item.plan.steppedBack)
    for (name, _) in item.values where !waiting.contains(name) {
      removal.bind(try stream(dataset.name).id, at: 1)
      removal.bind(blob: item.id.bytes, at: 2)
      removal.bind(name.text, at: 3)
      removal.bind(source, at: 4)
      try removal.run()
    }
  }
}

extension StoreError {
  fileprivate static let noHeldValue = StoreError(
    .notFound, "This value waits no longer; somebody has decided about it.")
}
