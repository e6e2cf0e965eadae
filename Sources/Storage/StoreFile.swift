import Datasets
import Failpoints
package import GRDB
import Glibc

/// One SQLite file with one writer connection (docs/adr/0010-one-writer.md).
///
/// What `write` returned from is on the disk: WAL with `synchronous=FULL`, set after opening, because `DatabasePool`
/// sets NORMAL after `prepareDatabase`, and read back (https://www.sqlite.org/pragma.html#pragma_synchronous).
package struct StoreFile: Sendable {
  // Before the pool: what waits goes before its connections do.
  private let statements = StatementCache.Owner()
  package let pool: DatabasePool
  package let path: String

  /// - Parameters:
  ///   - applicationID: tells the kinds of store apart (`PRAGMA application_id`).
  ///   - format: the newest format that this program writes (`PRAGMA user_version`).
  ///   - migrations: statements that lead from each format to the next; the first makes an empty store.
  package init(path: String, applicationID: Int32, migrations: [String]) throws {
    self.path = path
    try Self.makePrivate(path)
    var configuration = Configuration()
    configuration.label = "simpul.store"
    configuration.maximumReaderCount = 3
    configuration.busyMode = .timeout(10)
    // A reader that came and went would leave its statements behind.
    configuration.persistentReadOnlyConnections = true
    let statements = statements.cache
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF")
      // Last: one that cannot be opened keeps no statements.
      if let connection = database.sqliteConnection { statements.register(connection) }
    }
    do { try Self.rewriteLog(ofStoreAt: path) } catch {
      throw StoreError(
        .inputOutput,
        BilingualText(
          id: "Log \(path)-wal tidak dapat ditulis ulang ke disk; periksa disknya (dmesg) sebelum mencoba lagi.",
          en: "The log \(path)-wal cannot be written to the disk anew; check the disk (dmesg) before trying again."),
        cause: error)
    }
    BootMark(ofStoreAt: path).set()
    do { pool = try DatabasePool(path: path, configuration: configuration) } catch {
      // Not a wrong setting for good: the disk may be full, or mounted later.
      throw StoreError(
        .inputOutput,
        BilingualText(
          id: "Penyimpanan \(path) tidak dapat dibuka; periksa jalur, pemilik, dan disknya.",
          en: "The store \(path) cannot be opened; check its path, owner and disk."), cause: error)
    }
    try pool.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
      guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
        throw StoreError(.unusable, "The store \(path) does not take synchronous=FULL; nothing would be durable.")
      }
    }
    try passCheckpointPages()
    try migrate(applicationID: applicationID, migrations: migrations)
  }

  /// Runs `body` in one immediate transaction on the writer; it has reached the disk when this returns.
  package func write<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws -> Result {
    try await pool.write(body)
  }

  /// Runs `body` on a reader, in a snapshot of what is committed.
  package func read<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws -> Result {
    try await pool.read(body)
  }

  /// Gives memory back that the next transactions would fill again.
  package func releaseMemory() {
    statements.cache.age()
    pool.releaseMemoryEventually()
  }

  /// Waits for what is under way and closes the file; nothing may be called afterwards.
  package func close() throws {
    // A release of memory may still be queued at a reader, past which a barrier does not wait; this stands behind it.
    pool.releaseMemory()
    // A store that is closed already says so itself.
    try? pool.barrierWriteWithoutTransaction { _ in statements.cache.close() }
    try pool.close()
  }

  /// Bytes of the database and its write-ahead log in use, as SQLite counts pages.
  package static func usedBytes(_ database: Database) throws -> Int64 {
    let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
    let free = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
    let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
    return (pages - free) * size
  }

  /// The file before SQLite opens it: SQLite would make it readable for everybody, and gives the log and its index
  /// the mode that the file has (https://www.sqlite.org/src/file/src/os_unix.c, findCreateFileMode).
  private static func makePrivate(_ path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw cannotOpen(path, String(cString: strerror(errno)))
    }
    defer { Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return }
    if status.st_mode & 0o077 != 0, status.st_uid == geteuid() { _ = fchmod(descriptor, 0o600) }
  }

  private func migrate(applicationID: Int32, migrations: [String]) throws {
    try pool.write { database in
      let format = try Self.checkKind(
        database, path: path, applicationID: applicationID, newestFormat: migrations.count)
      for sql in migrations[format...] { try database.execute(sql: sql) }
      if format < migrations.count {
        Failpoint.schemaBeforeCommit.pass()
        try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(migrations.count)")
      }
    }
  }
}
