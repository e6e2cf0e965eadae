package import GRDB
import Glibc

extension StoreFile {
  /// Writes the store as it stands now into a new file, while the writer goes on (VACUUM INTO,
  /// https://www.sqlite.org/lang_vacuum.html).
  ///
  /// Blocks for as long as reading and writing the whole store takes: call it on a thread of its own.
  /// - Throws: `StoreError`; `.full` when the disk has no room. Nothing is left at `destination` then.
  package func copy(to destination: String) throws {
    do {
      try Self.createPrivate(destination)
      // A connection of its own: the pool's readers are within transactions, where VACUUM may not run.
      let source = try DatabaseQueue(path: path, configuration: Self.foreign)
      defer { try? source.close() }
      try source.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [destination]) }
    } catch {
      unlink(destination)
      throw (error as? StoreError) ?? Self.copyError(error, destination)
    }
  }

  /// Runs `body` on a store file that no daemon has open, on the only connection to it; what it wrote is on the disk
  /// and in the file itself, with no log beside it.
  ///
  /// - Parameter isReadOnly: whether nothing may be written, there or beside it.
  /// - Throws: `StoreError(.unusable)` for a file that is no such store, `.newerFormat` for one of a later version.
  package static func withClosedFile<Result>(
    _ path: String, applicationID: Int32, newestFormat: Int, isReadOnly: Bool = false,
    _ body: (Database) throws -> Result
  ) throws -> Result {
    guard access(path, R_OK) == 0 else {
      throw StoreError(.unusable, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    do {
      if !isReadOnly { try rewriteLog(ofStoreAt: path) }
      var configuration = Self.foreign
      configuration.readonly = isReadOnly
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let result = try queue.inDatabase { database in
        guard try Int32.fetchOne(database, sql: "PRAGMA application_id") == applicationID else {
          throw StoreError(.unusable, "\(path) is no store of this program")
        }
        guard try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 <= newestFormat else {
          throw StoreError(.newerFormat, "\(path) was written by a newer version: install that version first")
        }
        if !isReadOnly { try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA") }
        return try body(database)
      }
      try queue.close()
      return result
    } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
      throw StoreError(.unusable, "\(path) is no store of this program")
    } catch let error as DatabaseError {
      throw copyError(error, path)
    }
  }

  /// Whether every page, row and index of the file can be read and agrees with the others (PRAGMA integrity_check).
  package static func checkIntegrity(_ database: Database) throws {
    let findings = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
    guard findings == ["ok"] else {
      throw StoreError(.damaged, "the store's file is damaged: \(findings.joined(separator: "; "))")
    }
  }

  /// Brings a file and its name to the disk.
  package static func sync(_ path: String) throws {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    for (name, flags) in [(path, O_RDONLY), (parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY)] {
      let descriptor = open(name, flags | O_CLOEXEC)
      defer { if descriptor >= 0 { Glibc.close(descriptor) } }
      guard descriptor >= 0, fsync(descriptor) == 0 else {
        throw StoreError(.inputOutput, "\(name) cannot be brought to the disk: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Of a connection that belongs to no store, and keeps no statements.
  static var foreign: Configuration {
    var configuration = Configuration()
    configuration.prepareDatabase { database in
      if let connection = database.sqliteConnection { StatementCache.forget(connection) }
    }
    return configuration
  }

  /// An empty file for its owner alone, which SQLite takes for a new database.
  private static func createPrivate(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(.inputOutput, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    Glibc.close(descriptor)
  }

  private static func copyError(_ error: any Error, _ path: String) -> StoreError {
    if let error = error as? DatabaseError, error.resultCode == .SQLITE_FULL {
      return StoreError(.full, "The disk has no room for \(path).", cause: error)
    }
    if let error = error as? DatabaseError, error.resultCode == .SQLITE_CORRUPT {
      return StoreError(.damaged, "The store's file is damaged.", cause: error)
    }
    return StoreError(.inputOutput, "\(path) cannot be written or read.", cause: error)
  }
}
