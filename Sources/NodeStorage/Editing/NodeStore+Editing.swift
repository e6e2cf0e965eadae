package import Datasets
import GRDB
package import Replication
import Storage
package import Wire

extension NodeStore {
  /// Saves what a person changed on a screen that showed `version`.
  ///
  /// - Throws: `EditRefusal` (412, 410, a monotone step back), `QuarantineReason` when the office may not
  ///   write it or a value does not fit, `StoreError` (`.notFound`: no such record).
  package func save(
    _ dataset: DatasetName, id: RecordID, values: [(name: FieldName, value: Value)], version: RecordVersion?,
    isCorrection: Bool = false, reason: String? = nil, now: ClockReading
  ) async throws -> SavedRecord {
    try await edit(dataset, id: id, now: now) { editor in
      try editor.save(values, version: version, isCorrection: isCorrection, reason: reason)
    }
  }

  /// Deletes or restores a record, or makes it another name of `aliasOf`.
  ///
  /// - Throws: as `save`.
  package func setLifecycle(
    _ dataset: DatasetName, id: RecordID, _ lifecycle: Lifecycle, aliasOf: RecordID? = nil,
    version: RecordVersion?, reason: String? = nil, now: ClockReading
  ) async throws -> SavedRecord {
    try await edit(dataset, id: id, now: now) { editor in
      try editor.setLifecycle(lifecycle, aliasOf: aliasOf, version: version, reason: reason)
    }
  }

  /// Settles a conflict with one of its values or a third one.
  ///
  /// - Throws: `SiblingArrived` when another edit of the field came after `version`; else as `save`.
  package func resolve(
    _ dataset: DatasetName, id: RecordID, field: FieldName, value: Value, version: RecordVersion,
    isCorrection: Bool = false, reason: String?, now: ClockReading
  ) async throws -> SavedRecord {
    try await edit(dataset, id: id, now: now) { editor in
      guard version.record != id || version.context(of: field).covers(editor.state[field].context) else {
        throw SiblingArrived(field: field)
      }
      return try editor.resolve(
        field, value: value, version: version, isCorrection: isCorrection, reason: reason)
    }
  }

  private func edit(
    _ dataset: DatasetName, id: RecordID, now: ClockReading,
    _ make: @escaping @Sendable (RecordEditor) throws -> Change?
  ) async throws -> SavedRecord {
    try await writeIntake { transaction in
      let installed = try transaction.installed(dataset, kind: .record)
      return try transaction.edit(installed, id: id, now: now, make)
    }
  }
}

extension WriteTransaction {
  mutating func edit(
    _ dataset: InstalledDataset, id: RecordID, now: ClockReading, _ make: (RecordEditor) throws -> Change?
  ) throws -> SavedRecord {
    let definition = dataset.definition
    let tables = try RecordTables(database, dataset, stream: try stream(dataset.name).id)
    let registry = cache.registries[dataset.name] ?? FieldRegistry()
    guard let stored = try tables.find(id) else { throw StoreError.noRecord }
    let copy = try stored.copy(registry)
    guard !copy.state.isEmpty else { throw StoreError.noRecord }
    let editor = RecordEditor(
      definition: definition, node: context.node, record: id, state: copy.state, own: copy.own,
      write: dataset.write)
    var saved = copy
    var dot: Dot?
    if let change = try make(editor) {
      try EntryJudge(definition: definition, write: dataset.write, now: now.wall)
        .judge(change, scopeSeen: copy.state.scopeSeen(by: change, definition: definition)) { _ in true }
      try admit(change, to: dataset)
      guard change.bytes.count <= Limits.entryBytesMax / 2 else { throw StoreError.changeTooLarge }
      let recordChange = RecordChange(
        record: id, row: stored.row, stamp: stored.stamp, copy: copy, change: change)
      dot = try commit([recordChange], to: dataset, tables: tables, now: now).first
      guard let written = try tables.find(id) else { throw StoreError.noRecord }
      saved = try written.copy(cache.registries[dataset.name] ?? FieldRegistry())
    }
    let overlays = try OverlayReader(self, try stream(dataset.name))
    let pendingCount = try overlays.pending(row: stored.row).count
    return SavedRecord(
      view: RecordView(id, state: saved.state, definition: definition, pendingCount: pendingCount), dot: dot)
  }
}

extension WriteTransaction {
  /// Numbers the undeclared fields of a change.
  mutating func admit(_ change: Change, to dataset: InstalledDataset) throws {
    let names = change.edits.map(\.field).filter { dataset.fieldIndexes[$0] == nil && !$0.isReserved }
    if names.isEmpty { return }
    var registry = cache.registries[dataset.name] ?? FieldRegistry()
    if let field = registry.admit(names, of: dataset.definition) {
      throw QuarantineReason.tooManyUndeclared(field, countMax: Undeclared.perDatasetMax)
    }
    cache.registries[dataset.name] = registry
  }
}

extension StoreError {
  static let noRecord = StoreError(.notFound, "This office has no such record.")
  static let changeTooLarge = StoreError(.tooLarge, "The change is too large; shorten what is in it.")
}
