package import Datasets
import GRDB
package import Replication
import Storage
package import Wire

/// What proves that a node's copy equals the centre's: equality is claimed only at equal position, nothing
/// pending.
package struct DatasetDigest: Sendable, Equatable {
  /// Records in sight, or distinct natural keys.
  package var count: UInt64
  package var digest: DigestSum
  /// Where the copy stood.
  package var cursor: FeedCursor?
  /// Own entries whose effect the feed has not shown yet (records), or that are not acknowledged (events,
  /// samples).
  package var pending: UInt64
}

extension NodeStore {
  /// The digest of a dataset over what this node may read of it, in one snapshot.
  ///
  /// Of records it reads the whole copy, a page at a time; of events and samples it is kept up to date.
  /// - Parameter fields: only these; nil takes what the node's read rules give.
  /// - Throws: `StoreError(.damaged)` when a record's bytes do not match their checksum.
  package func digest(_ dataset: DatasetName, fields: Set<FieldName>? = nil) async throws -> DatasetDigest {
    let installed = try self.dataset(dataset)
    return try await read { database in
      guard let stream = try StreamRow.loadAll(database).first(where: { $0.dataset == dataset }) else {
        throw StoreError(.notFound, "This node has no stream of \(dataset).")
      }
      var digest = DatasetDigest(
        count: stream.digestCount, digest: stream.digest, cursor: try CopyStanding.load(database).cursor,
        pending: stream.backlogCount)
      guard stream.kind == .record else { return digest }
      digest.count = 0
      digest.digest = DigestSum()
      digest.pending = try Self.pendingCount(database, stream)
      try self.sum(&digest, database, installed, stream, fields: fields)
      return digest
    }
  }

  private func sum(
    _ digest: inout DatasetDigest, _ database: Database, _ dataset: InstalledDataset, _ stream: StreamRow,
    fields: Set<FieldName>?
  ) throws {
    let registry = try RegistryTable.load(database, dataset: dataset.name)
    let definition = dataset.definition
    let read = dataset.read
    let rows = try RawStatement(
      database,
      "SELECT \(StoredRecord.columns) FROM _record WHERE row > ? AND stream = ? ORDER BY row LIMIT 2000")
    var after: Int64 = 0
    while true {
      rows.bind(after, at: 1)
      rows.bind(stream.id, at: 2)
      var page: [DigestItem] = []
      while try rows.step() {
        if let stored = StoredRecord(rows) { page.append(DigestItem(stored: stored)) }
      }
      rows.reset()
      guard let last = page.last else { return }
      after = last.stored.row
      Parallel.forEach(&page) {
        $0.compute(registry: registry, definition: definition, read: read, fields: fields)
      }
      for item in page {
        if item.isDamaged {
          noteDamage(dataset.name)
          throw StoreError.damagedRecord
        }
        guard let sum = item.sum else { continue }
        digest.count += 1
        digest.digest += sum
      }
    }
  }

  static func pendingCount(_ database: Database, _ stream: StreamRow) throws -> UInt64 {
    if stream.overlayThrough == stream.last { return 0 }
    let row = try RawStatement(
      database, "SELECT count(*) FROM _entry WHERE id > ? AND id <= ? AND kind <> 3")
    row.bind(stream.key(stream.overlayThrough), at: 1)
    row.bind(stream.key(stream.last), at: 2)
    return try row.step() ? UInt64(max(0, row.integer(0))) : 0
  }
}

private struct DigestItem: Sendable {
  let stored: StoredRecord
  var sum: DigestSum?
  var isDamaged = false

  mutating func compute(
    registry: FieldRegistry, definition: DatasetDefinition, read: Access, fields: Set<FieldName>?
  ) {
    guard let state = try? stored.copy(registry).state else {
      isDamaged = true
      return
    }
    if state.isEmpty { return }
    let scope = state.scope(definition: definition, previous: nil)
    // Write-only datasets hold the node's own edits alone: all of their fields count.
    let readable = fields ?? (read.includes(scope: scope) ? read.fields(scope: scope) : nil)
    sum = state.digest(id: stored.id, fields: readable, scope: definition.scope)
  }
}
