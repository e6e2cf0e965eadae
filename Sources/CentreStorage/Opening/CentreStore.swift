package import Datasets
import Failpoints
import GRDB
package import Storage
import Wire

/// The aggregator's store: everything that the centre knows, in one SQLite file with one writer (DESIGN.md).
///
/// What an asynchronous write returned from is on the disk. Callable from anywhere.
package final class CentreStore: Sendable {
  /// `SCCS` as `PRAGMA application_id`.
  package static let applicationID: Int32 = 0x5343_4353
  private static let migrations = [Schema.first]
  /// The format that this program writes.
  static var newestFormat: Int { migrations.count }

  let file: StoreFile
  let memory: WriterMemory
  let catalogues = CatalogueBox()
  let digests = DigestCache()
  /// The incarnation that this opening minted: the epoch of the feed and the author of the centre's own
  /// changes.
  package let epoch: Incarnation
  /// Who may come in over TCP.
  package let access: AccessStore

  private init(file: StoreFile, memory: WriterMemory, epoch: Incarnation) throws {
    self.file = file
    self.memory = memory
    self.epoch = epoch
    access = try AccessStore(file, tables: .centre)
  }

  /// Opens or makes the store and begins a new epoch.
  ///
  /// - Parameters:
  ///   - fleetKeySecret: 32 random bytes, taken as the fleet key's version 1 if the store has none yet.
  ///   - random: the epoch's random part.
  package static func open(
    path: String, fleetKeySecret: [UInt8], random: UInt64, now: Timestamp
  ) throws -> CentreStore {
    let file = try StoreFile(path: path, applicationID: applicationID, migrations: migrations)
    let memory = WriterMemory()
    do {
      let (epoch, keyVersion) = try file.pool.writeWithoutTransaction { database in
        // Fewer and larger checkpoints: a typed table's pages are dirtied in no order, and each is then
        // written once.
        try database.execute(sql: "PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -65536")
        return try memory.transaction(database) {
          let session = WriteSession(database, memory: memory, catalogue: .empty, now: now)
          defer { session.finish() }
          try session.storeFleetKey(secret: fleetKeySecret)
          let keyVersion = try database.integer("SELECT max(version) FROM fleet_key") ?? 1
          return (try session.beginEpoch(random: random), UInt8(clamping: keyVersion))
        }
      }
      Failpoint.storeOpened.pass()
      let store = try CentreStore(file: file, memory: memory, epoch: epoch)
      store.catalogues.fleetKeyRotated(to: keyVersion)
      return store
    } catch {
      try? file.close()
      throw StoreError(writing: error)
    }
  }

  /// Who looked at unmasked numbers, and who decided what.
  package var auditLog: AuditLog { AuditLog(file, Schema.audit) }

  /// The feed's newest position.
  package func feedEnd() async throws -> UInt64 {
    try await read { try $0.feedPosition() }
  }

  /// What the feed has grown by beyond `position`, as far as it is on the disk; nil where it ends there.
  package func feedGrowth(after position: UInt64) -> FeedGrowth? {
    memory.feedMarks.growth(after: position, catalogues.readers)
  }

  /// A tiny durable write: whether the store can do its work.
  package func check(now: Timestamp) async throws {
    try await write(now: now) { try $0.setCounter("checked_ms", to: now.milliseconds) }
  }

  /// Ends all access. What was written is on the disk already.
  package func close() throws {
    try file.close()
  }
}

extension CentreStore {
  /// Runs `body` in one transaction on the writer; when it fails, nothing of it happened, on disk or in
  /// memory.
  func write<Result: Sendable>(
    now: Timestamp, _ body: @escaping @Sendable (WriteSession) throws -> Result
  ) async throws -> Result {
    let memory = memory
    let catalogue = catalogues.current
    do {
      return try await file.pool.writeWithoutTransaction { database in
        try memory.transaction(database) {
          let session = WriteSession(database, memory: memory, catalogue: catalogue, now: now)
          defer { session.finish() }
          return try body(session)
        }
      }
    } catch {
      memory.damage.note(error)
      throw StoreError.wrapping(error)
    }
  }

  /// Runs `body` in a snapshot of what is committed.
  func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
    do {
      return try await file.read(body)
    } catch {
      memory.damage.note(error)
      throw StoreError.wrapping(error)
    }
  }
}
