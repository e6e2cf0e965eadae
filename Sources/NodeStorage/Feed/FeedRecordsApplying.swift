import Datasets
import GRDB
import Replication
import Storage
import Wire

/// One record of the feed on its way into the copy.
private struct FeedItem: Sendable {
  let id: RecordID
  /// Nil for a retraction.
  let delivered: [UInt8]?
  let stored: StoredRecord?
  let pending: [CopyRecord.Pending]
  /// What the feed said before, to be compared while the centre may have lost something.
  let comparesBase: Bool

  var deliveredState: RecordState?
  var encoded: EncodedRecord?
  var shelved: RecordState?
  var isStoredDamaged = false
  var isUndecodable = false

  init(
    id: RecordID, delivered: [UInt8]?, stored: StoredRecord?, pending: [CopyRecord.Pending],
    comparesBase: Bool
  ) {
    self.id = id
    self.delivered = delivered
    self.stored = stored
    self.pending = pending
    self.comparesBase = comparesBase
  }

  /// Needs no database.
  mutating func prepare(
    stamp: Int64, definition: DatasetDefinition, registry: FieldRegistry, feedRegistry: FieldRegistry,
    isSameNumbering: Bool
  ) {
    var copy = CopyRecord()
    if let stored {
      do { copy = try stored.copy(registry) } catch { isStoredDamaged = true }
    }
    guard let delivered else {
      copy.retract(pending: pending)
      encoded = EncodedRecord(copy, id: id, stamp: stamp, definition: definition, registry: registry)
      return
    }
    guard let state = try? RecordState(bytes: delivered, registry: feedRegistry) else {
      isUndecodable = true
      return
    }
    deliveredState = state
    if comparesBase, let base = copy.base, !state.covers(base) { shelved = base }
    copy.receive(state, pending: pending)
    // Without an overlay the state is what was delivered, and where the numbers agree its bytes are too.
    let bytes = isSameNumbering && (pending.isEmpty || copy.state == state) ? delivered : nil
    encoded = EncodedRecord(
      copy, id: id, stamp: stamp, definition: definition, registry: registry, stateBytes: bytes)
  }
}

extension WriteTransaction {
  private static let chunkMax = 2_000

  mutating func apply(
    _ records: FeedRecords, to dataset: InstalledDataset, outcome: inout FeedOutcome, now: ClockReading
  ) throws {
    let stream = try stream(dataset.name)
    let (registry, isSame) = registry(dataset.name, joining: records.registry)
    let tables = try RecordTables(database, dataset, stream: stream.id)
    let overlays = try OverlayReader(self, stream)
    var items: [FeedItem] = []
    var taken: Set<RecordID> = []
    let stamp = cache.copy.stamp
    let comparesBase = cache.copy.sweepAt != nil && cache.copy.shelves
    for item in records.items {
      if items.count == Self.chunkMax || taken.contains(item.record) {
        try write(&items, dataset, tables, registry, records.registry, isSame, &outcome, now)
        taken = []
      }
      let stored = try tables.find(item.record)
      let pending = try stored.map { try overlays.pending(row: $0.row) } ?? []
      var bytes: [UInt8]?
      if case .state(_, let delivered) = item { bytes = delivered }
      items.append(
        FeedItem(
          id: item.record, delivered: bytes, stored: stored, pending: pending,
          comparesBase: comparesBase && (stored?.stamp ?? stamp) < stamp))
      taken.insert(item.record)
    }
    try write(&items, dataset, tables, registry, records.registry, isSame, &outcome, now)
  }

  private mutating func write(
    _ items: inout [FeedItem], _ dataset: InstalledDataset, _ tables: borrowing RecordTables,
    _ registry: FieldRegistry, _ feedRegistry: FieldRegistry, _ isSame: Bool, _ outcome: inout FeedOutcome,
    _ now: ClockReading
  ) throws {
    defer { items = [] }
    let stamp = cache.copy.stamp
    let definition = dataset.definition
    Parallel.forEach(&items) {
      $0.prepare(
        stamp: stamp, definition: definition, registry: registry, feedRegistry: feedRegistry,
        isSameNumbering: isSame)
    }
    for item in items {
      if item.isUndecodable {
        // Not passed on: the copy keeps what it has and asks for everything anew.
        outcome.undecodable += 1
        try noteDamage("feed record", dataset: dataset.name, isCopy: true, at: now.wall)
        continue
      }
      guard var encoded = item.encoded else { continue }
      if item.isStoredDamaged, let stored = item.stored {
        try noteDamage("record", dataset: dataset.name, at: now.wall)
        encoded = try restoringOwn(encoded, stored, item, dataset, registry)
      }
      if let shelved = item.shelved {
        try shelve(shelved, of: item.id, dataset, registry, now: now)
        outcome.shelved += 1
      }
      try tables.write(encoded, over: item.stored?.row)
      if item.delivered == nil { outcome.retractions += 1 } else { outcome.states += 1 }
      if let state = item.deliveredState { try forget(item.id, coveredBy: state, dataset, registry) }
    }
  }

  /// What the node itself wrote of a record is found again in its kept entries.
  private func restoringOwn(
    _ encoded: EncodedRecord, _ stored: StoredRecord, _ item: FeedItem, _ dataset: InstalledDataset,
    _ registry: FieldRegistry
  ) throws -> EncodedRecord {
    var own = OwnEdits()
    let overlays = try OverlayReader(self, try stream(dataset.name))
    for edit in try overlays.edits(row: stored.row, after: .none) { own.record(edit.change, dot: edit.dot) }
    var copy = CopyRecord(own: own)
    if let state = item.deliveredState {
      copy.receive(state, pending: item.pending)
    } else {
      copy.retract(pending: item.pending)
    }
    return EncodedRecord(
      copy, id: item.id, stamp: encoded.stamp, definition: dataset.definition, registry: registry)
  }

  /// The dataset's registry with the feed's names, and whether both number them alike.
  ///
  /// The centre has bounded them as this node bounds its own; a feed that were refused here would come again for
  /// ever.
  private mutating func registry(
    _ dataset: DatasetName, joining feed: FieldRegistry
  ) -> (registry: FieldRegistry, isSame: Bool) {
    var registry = cache.registries[dataset] ?? FieldRegistry()
    var isSame = true
    for (number, name) in feed.names.enumerated() where registry.number(of: name) != number { isSame = false }
    _ = registry.number(of: .lifecycle)
    cache.registries[dataset] = registry
    return (registry, isSame)
  }
}

extension RecordState {
  /// Whether every field's context knows all that `other`'s does.
  func covers(_ other: RecordState) -> Bool {
    other.fields.allSatisfy { self[$0.name].context.covers($0.state.context) }
  }
}
