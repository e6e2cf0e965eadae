import Datasets
import Replication
import Storage
import Wire

extension RecordWriter {
  /// A record whose row is damaged, made anew from its changes: the history is complete.
  ///
  /// - Returns: nil where that cannot be proven to be what stood there: a change is damaged beyond mending too, or neither
  ///   the blob nor the checksum agrees with what comes out.
  func remade(_ row: Int64, _ id: RecordID) throws -> (record: StoredRecord, bytes: [UInt8])? {
    guard try areChangesSound(of: id), let made = try replayed(id) else { return nil }
    var registry = try session.registry(dataset.definition.name).registry
    let bytes = made.state.bytes(registry: &registry)
    var record = StoredRecord(
      row: row, id: id, scope: made.scope, isHidden: false, hasMoved: try hasDeparted(id),
      conflictCount: try conflictCount(of: id), state: made.state)
    var remade = record
    let shown = ShownRecord(made.state, definition: dataset.definition)
    remade.isHidden = shown.isHidden
    remade.conflictCount = shown.conflicts.count
    let name = dataset.definition.name.text
    let isProven = try session.first(
      "SELECT \(CheckedTable.record.columns) FROM record WHERE row = ?", [.integer(row)]
    ) { found in
      let stored = found.integer(1)
      if CheckedTable.record.checksum(found, body: bytes) == stored {
        // Only the blob was damaged: what stands beside it is as it was, whatever rules it was derived by.
        record.scope = found.text(4).flatMap { RegionCode($0) }
        record.hasMoved = found.integer(6) != 0
        return true
      }
      return found.blob(CheckedTable.record.bodyPlace) == bytes
        || RowChecksum.record(remade, dataset: name, position: found.unsigned(8), state: bytes) == stored
    }
    return isProven == true ? (record, bytes) : nil
  }

  private static let changesSQL =
    "SELECT \(CheckedTable.change.columns) FROM change WHERE dataset = ? AND record = ? ORDER BY rowid"

  private func changes<Element>(
    of id: RecordID, _ map: (borrowing RawStatement) throws -> Element
  ) throws -> [Element] {
    try session.database.rows(
      Self.changesSQL, [.text(dataset.definition.name.text), .blob(id.bytes)], map)
  }

  /// Whether all of them match their checksums, or could be made to.
  private func areChangesSound(of id: RecordID) throws -> Bool {
    let damaged = try changes(of: id) { row -> DamagedRow? in
      CheckedTable.change.isSound(row) ? nil : DamagedRow(.change, row.integer(0))
    }.compactMap { $0 }
    return try damaged.allSatisfy { try session.mend($0) == .mended }
  }

  /// - Returns: nil when there is no change, or one cannot be read.
  private func replayed(_ id: RecordID) throws -> (state: RecordState, scope: RegionCode?)? {
    var state = RecordState.empty
    var scope: RegionCode?
    let steps = try changes(of: id) { row in
      (incarnation: row.integer(4), sequence: row.sequence(5), entry: row.blob(CheckedTable.change.bodyPlace))
    }
    for step in steps {
      guard case .change(let seal, let change)? = try? Entry(bytes: step.entry) else { return nil }
      let dot = Dot(author: try session.author(ofRow: step.incarnation), sequence: step.sequence)
      let touched = state.apply(change, dot: dot, time: seal.effective, isSuspect: seal.isSuspect)
      if !touched.isEmpty { scope = state.scope(definition: dataset.definition, previous: scope) }
    }
    return steps.isEmpty ? nil : (state, scope)
  }

  private func hasDeparted(_ id: RecordID) throws -> Bool {
    try session.first(
      "SELECT 1 FROM departure WHERE dataset = ? AND record = ? LIMIT 1",
      [.text(dataset.definition.name.text), .blob(id.bytes)]
    ) { _ in true } ?? false
  }

  private func conflictCount(of id: RecordID) throws -> Int {
    try session.first(
      "SELECT count(*) FROM conflict WHERE dataset = ? AND record = ?",
      [.text(dataset.definition.name.text), .blob(id.bytes)]
    ) { Int($0.integer(0)) } ?? 0
  }
}
