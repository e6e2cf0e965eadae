package import Datasets
import GRDB
import Replication
import Storage
package import Wire

/// An import that leaves no trace: the import's own transaction, on a scratch store (ADR 0025).
///
/// The scratch store begins empty and takes over what the rows are about, as it is at that moment: a row sees what the
/// rows before it made, the office goes on writing, and what is needed of disk and memory goes by the file, not by the
/// store. It goes with this object.
package final class DryRun: Sendable {
  /// Rows that the scratch store makes have numbers from here on, above all that it may still take over.
  private static let ownNumberFirst: Int64 = 1 << 40
  /// What has to be free beside the reserve before a batch: far more than one writes.
  private static let roomBytes: UInt64 = 64 << 20

  private let store: NodeStore
  private let definition: DatasetDefinition
  private let scratch: DatabaseQueue
  private let writer: WriterBox

  init(_ store: NodeStore, _ definition: DatasetDefinition, scratch: DatabaseQueue, cache: WriterCache) {
    self.store = store
    self.definition = definition
    self.scratch = scratch
    writer = WriterBox(cache)
  }

  /// What `NodeStore.importRows` would make of these rows, with the outcome of each.
  ///
  /// - Throws: `StoreError`: `.full` when the disk has no room for trying, `.outdated` when what the centre decides
  ///   changed meanwhile; nothing more can be tried then.
  package func importRows(_ rows: [ImportRow], run: ImportRun, now: ClockReading) async throws -> ImportResult {
    try await attempt { transaction, dataset in
      var result = ImportResult(run: run)
      result.outcomes = []
      try transaction.importRows(rows, into: dataset, result: &result, now: now)
      // Numbers of a stream that nobody will see.
      result.first = nil
      result.last = nil
      return result
    }
  }

  /// What `NodeStore.record` would make of these rows.
  ///
  /// - Throws: as `importRows`.
  package func record(_ rows: [ValidRow], now: ClockReading) async throws -> RecordingResult {
    try await attempt { transaction, dataset in
      var result = try transaction.record(dataset, rows: rows, now: now)
      result.first = nil
      result.last = nil
      return result
    }
  }

  private func attempt<Result: Sendable>(
    _ body: @escaping @Sendable (inout WriteTransaction, InstalledDataset) throws -> Result
  ) async throws -> Result {
    let dataset = try store.dataset(definition.name)
    // The scratch store has the tables of the definition that it began with.
    guard dataset.definition == definition else { throw StoreError.decidedAnew }
    guard store.freeBytes() > store.limits.reserveBytes + Self.roomBytes else { throw StoreError.noRoomToTry }
    let context = store.context(forTrying: dataset)
    let writer = writer
    do {
      return try await scratch.writeWithoutTransaction { database in
        var result: Result?
        try database.inTransaction(.deferred) {
          try Self.adoptNames(of: dataset.name, &writer.cache, database)
          var transaction = WriteTransaction(database: database, cache: writer.cache, context: context)
          result = try body(&transaction, dataset)
          writer.cache = transaction.cache
          return .commit
        }
        guard let result else { throw StoreError(.inputOutput, "The scratch store did not commit; try again.") }
        return result
      }
    } catch let error as DatabaseError {
      throw StoreError(error)
    }
  }

  /// States are taken over as they lie there, with numbers for their fields: both stores must number them alike.
  private static func adoptNames(of dataset: DatasetName, _ cache: inout WriterCache, _ database: Database) throws {
    let live = try RegistryTable.load(database, dataset: dataset, schema: "live")
    let own = cache.registries[dataset] ?? FieldRegistry()
    let shared = min(live.names.count, own.names.count)
    guard live.names.prefix(shared) == own.names.prefix(shared) else { throw StoreError.decidedAnew }
    if live.names.count > own.names.count { cache.registries[dataset] = live }
  }

  fileprivate static func seed(_ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO main._author SELECT * FROM live._author;
        INSERT INTO main._import_source SELECT * FROM live._import_source;
        INSERT INTO main._import_source (id, name) VALUES (\(ownNumberFirst), char(0));
        INSERT INTO main._record (row, stream, id, stamp, base_kind, checksum, state)
          VALUES (\(ownNumberFirst), -1, zeroblob(16), 0, 0, 0, zeroblob(0))
        """)
  }
}

extension NodeStore {
  /// Begins to try out imports into `dataset`; nothing of it is ever written here.
  ///
  /// - Throws: `StoreError`: `.notFound` for a dataset that is not installed, `.inputOutput` when the disk takes no
  ///   file beside the store.
  package func dryRun(of dataset: DatasetName) async throws -> DryRun {
    let definition = try self.dataset(dataset).definition
    let file = file
    // On a reader's thread, because it blocks.
    let (cache, scratch) = try await read { database in
      let scratch = try file.scratch()
      try scratch.inDatabase { try DryRun.seed($0) }
      return (try WriterCache(database), scratch)
    }
    return DryRun(self, definition, scratch: scratch, cache: cache)
  }

  /// What a transaction on a scratch store relies on: there, quota and reserve decide nothing.
  fileprivate func context(forTrying dataset: InstalledDataset) -> StoreContext {
    var limits = limits
    limits.quotaBytes = .max
    limits.reserveBytes = 0
    return StoreContext(
      node: node, incarnation: incarnation, boot: boot, limits: limits, freeBytes: { .max },
      datasets: [dataset.name: dataset], noteProgress: {}, isDryRun: true)
  }
}

extension StoreError {
  fileprivate static let decidedAnew = StoreError(
    .outdated, "The definition of the dataset changed while the import was tried; try it again.")
  fileprivate static let noRoomToTry = StoreError(
    .full, "The disk has no room to try an import out; free some space.")
}
