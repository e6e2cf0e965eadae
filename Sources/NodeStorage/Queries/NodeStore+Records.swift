package import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Records in sight, in order of their ids.
  ///
  /// - Throws: `StoreError(.notFound)` for an unknown dataset or a cursor that is none of ours.
  package func records(_ dataset: DatasetName, _ query: RecordQuery = RecordQuery()) async throws -> Page<
    RecordView
  > {
    let installed = try self.dataset(dataset)
    let typed = try TypedQuery(query, dataset: installed)
    if typed.isEmpty { return Page([], next: nil) }
    return try await read { database in
      let reader = try self.reader(database, installed)
      let rows = try typed.statement(database, columns: ["id"])
      var views: [RecordView] = []
      var last: RecordID?
      var count = 0
      while try rows.step() {
        count += 1
        if count > query.limit { return Page(views, next: last.map { TypedQuery.cursor([$0.description]) }) }
        guard let id = rows.text(0).flatMap({ RecordID($0) }) else { continue }
        last = id
        // A damaged one is left out and fetched anew; the list goes on.
        if let view = try? reader.view(id) { views.append(view) } else { self.noteDamage(dataset) }
      }
      return Page(views, next: nil)
    }
  }

  /// One record, also when it is hidden; nil when this office has none of this id.
  ///
  /// - Throws: `StoreError(.damaged)` when its bytes do not match their checksum; it is fetched anew then.
  package func record(_ dataset: DatasetName, _ id: RecordID) async throws -> RecordView? {
    let installed = try self.dataset(dataset)
    return try await read { database in
      do {
        return try self.reader(database, installed).view(id)
      } catch let error as StoreError where error.code == .damaged {
        self.noteDamage(dataset)
        throw error
      }
    }
  }

  /// One record's merge state, its own unanswered edits included.
  package func state(_ dataset: DatasetName, _ id: RecordID) async throws -> RecordState? {
    let installed = try self.dataset(dataset)
    return try await read { try self.reader($0, installed).copy(id)?.copy.state }
  }

  /// What this office itself wrote of a record, as far as its entries are kept, oldest first.
  package func history(_ dataset: DatasetName, _ id: RecordID) async throws -> [HistoryEntry] {
    let installed = try self.dataset(dataset)
    return try await read { database in
      let reader = try self.reader(database, installed)
      guard let row = try reader.copy(id)?.row else { return [] }
      let stream = reader.stream
      return try reader.overlays.edits(row: row, after: .none).map { edit in
        HistoryEntry(
          dot: edit.dot, change: edit.change, time: edit.time, isSuspect: edit.isSuspect,
          isSent: edit.dot.sequence <= stream.sealed, isAcknowledged: edit.dot.sequence <= stream.acked)
      }
    }
  }

  /// The next transaction writes down that a record of the copy, or an occurrence, is damaged, and mends it.
  func noteDamage(_ dataset: DatasetName, occurrence: OccurrencePlace? = nil) {
    let note = DamageNote(dataset: dataset, occurrence: occurrence)
    shared.withLock { shared in
      if shared.damage.count < DamageNote.notedMax, !shared.damage.contains(note) {
        shared.damage.append(note)
      }
    }
  }

  func reader(_ database: Database, _ dataset: InstalledDataset) throws -> RecordReader {
    try RecordReader(database, dataset, node: node)
  }
}

/// One change that this office made.
package struct HistoryEntry: Sendable, Equatable {
  package let dot: Dot
  package let change: Change
  package let time: Timestamp
  package let isSuspect: Bool
  package let isSent: Bool
  package let isAcknowledged: Bool
}

/// Reads records of one dataset within one snapshot.
struct RecordReader: ~Copyable {
  let stream: StreamRow
  let overlays: OverlayReader
  private let dataset: InstalledDataset
  private let registry: FieldRegistry
  private let selection: RawStatement

  init(_ database: Database, _ dataset: InstalledDataset, node: NodeName) throws {
    guard dataset.definition.kind == .record,
      let stream = try StreamRow.loadAll(database).first(where: { $0.dataset == dataset.name })
    else { throw StoreError(.notFound, "The dataset \(dataset.name) holds no records.") }
    let registry = try RegistryTable.load(database, dataset: dataset.name)
    let overlays = try OverlayReader(
      database, stream, node: node, lineage: try LineageLine.load(database),
      samples: try ClockSample.loadAll(database))
    let selection = try RawStatement(
      database, "SELECT \(StoredRecord.columns) FROM _record WHERE stream = ? AND id = ?")
    self.dataset = dataset
    self.stream = stream
    self.registry = registry
    self.overlays = overlays
    self.selection = selection
  }

  func copy(_ id: RecordID) throws -> (copy: CopyRecord, row: Int64)? {
    selection.bind(stream.id, at: 1)
    selection.bind(blob: id.bytes, at: 2)
    defer { selection.reset() }
    guard try selection.step(), let stored = StoredRecord(selection) else { return nil }
    return (try stored.copy(registry), stored.row)
  }

  func view(_ id: RecordID) throws -> RecordView? {
    guard let (copy, row) = try copy(id), !copy.state.isEmpty else { return nil }
    let pending = overlays.mayHavePending ? try overlays.pending(row: row).count : 0
    return RecordView(id, state: copy.state, definition: dataset.definition, pendingCount: pending)
  }
}
