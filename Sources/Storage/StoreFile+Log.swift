import GRDB
import GRDBSQLite

extension StoreFile {
  /// Writes the log over itself and syncs it: what an earlier process left in it is on the disk afterwards.
  ///
  /// Where fsync(2) failed, Linux counts the pages as written and says so once: a program that starts later reads them,
  /// and its own sync succeeds without them (https://lwn.net/Articles/752063/). A commit that failed would come to life
  /// so, with commits behind it that are answered as durable and that recovery, which stops at the first frame that is
  /// not there, would not find after a power cut (https://www.sqlite.org/walformat.html; ADR 0036). Only what is written
  /// anew is synced anew.
  ///
  /// - Parameter database: the writer, before it has written anything.
  /// - Throws: `DatabaseError` when the log cannot be read, written or synced.
  static func rewriteLog(_ database: Database) throws {
    // The writer's lock keeps others from writing to the log, and from beginning it anew.
    try database.inTransaction(.immediate) {
      var file: UnsafeMutablePointer<sqlite3_file>?
      try check(sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file))
      guard let file, let methods = file.pointee.pMethods?.pointee else { return .rollback }
      var size: sqlite3_int64 = 0
      try check(methods.xFileSize?(file, &size))
      if size == 0 { return .rollback }
      let part = UnsafeMutableRawPointer.allocate(byteCount: partBytes, alignment: 16)
      defer { part.deallocate() }
      for offset in stride(from: 0, to: size, by: partBytes) {
        let count = Int32(min(sqlite3_int64(partBytes), size - offset))
        try check(methods.xRead?(file, part, count, offset))
        try check(methods.xWrite?(file, part, count, offset))
      }
      try check(methods.xSync?(file, SQLITE_SYNC_NORMAL))
      return .rollback
    }
  }

  /// SQLite's own VFS takes less than 128 KiB at once (os_unix.c, seekAndWriteFd).
  private static let partBytes = 64 << 10

  private static func check(_ code: Int32?) throws {
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code ?? SQLITE_MISUSE)) }
  }
}
