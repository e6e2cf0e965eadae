import Datasets
import GRDB
import Replication
import Storage
import Wire

extension WriteTransaction {
  /// Ends the overlays whose effect the feed has shown (protocol.md, the overlay rule), a step of them.
  ///
  /// - Returns: whether there are more: neither feed nor ack need come again for them.
  mutating func endOverlays(_ dataset: DatasetName) throws -> Bool {
    guard var stream = cache.streams[dataset], stream.kind == .record else { return false }
    guard let through = try overlayEnd(stream), through > stream.overlayThrough else { return false }
    guard let installed = context.datasets[dataset] else { return false }
    let from = stream.overlayThrough.next
    let end = min(through, stream.overlayThrough.advanced(by: UInt64(context.limits.copyStep)))
    let records = try records(edited: stream, from: from, through: end)
    stream.overlayThrough = end
    cache.streams[dataset] = stream
    try rebuild(records, installed, stream)
    if end < through { return true }
    let marks = try RawStatement(database, "DELETE FROM _ack_mark WHERE stream = ? AND through <= ?")
    marks.bind(stream.id, at: 1)
    marks.bind(Int64(bitPattern: through.value), at: 2)
    try marks.run()
    return false
  }

  /// The last own edit whose ack names a place that the copy has reached, in that epoch or a later one.
  private func overlayEnd(_ stream: StreamRow) throws -> Datasets.Sequence? {
    guard let complete = cache.copy.complete, cache.copy.sweepAt == nil else { return nil }
    let rows = try RawStatement(
      database,
      "SELECT generation, random, position, through FROM _ack_mark WHERE stream = ? ORDER BY through DESC")
    rows.bind(stream.id, at: 1)
    while try rows.step() {
      if complete.hasReached(FeedCursor(rows)) {
        return min(Datasets.Sequence(UInt64(bitPattern: rows.integer(3))) ?? .none, stream.acked)
      }
    }
    return nil
  }

  private func records(
    edited stream: StreamRow, from first: Datasets.Sequence, through last: Datasets.Sequence
  ) throws -> [RecordID] {
    let rows = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id BETWEEN ? AND ? ORDER BY id")
    rows.bind(stream.key(first), at: 1)
    rows.bind(stream.key(last), at: 2)
    var seen: Set<RecordID> = []
    var records: [RecordID] = []
    while try rows.step() {
      if let record = StoredEntry(rows).record, seen.insert(record).inserted { records.append(record) }
    }
    return records
  }

  /// Takes the ended overlays off these records.
  private mutating func rebuild(_ records: [RecordID], _ dataset: InstalledDataset, _ stream: StreamRow)
    throws
  {
    let tables = try RecordTables(database, dataset, stream: stream.id)
    let overlays = try OverlayReader(self, stream)
    let registry = cache.registries[dataset.name] ?? FieldRegistry()
    for id in records {
      // Where the base is the state already, the feed has shown every edit.
      guard let stored = try tables.find(id), stored.baseKind != .state else { continue }
      guard var copy = try? stored.copy(registry) else { continue }
      copy.endOverlays(remaining: try overlays.pending(row: stored.row))
      let encoded = EncodedRecord(
        copy, id: id, stamp: stored.stamp, definition: dataset.definition, registry: registry)
      try tables.write(encoded, over: stored.row)
    }
  }
}
