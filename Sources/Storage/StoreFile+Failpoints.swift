import Failpoints
import GRDB
import GRDBSQLite

extension StoreFile {
  /// Makes the writer say of every page that a checkpoint writes that it does (`Failpoint.checkpointPage`); nothing is
  /// changed unless that failpoint is armed.
  ///
  /// In WAL mode nothing but a checkpoint writes to the store's own file (https://www.sqlite.org/wal.html), and the writer
  /// alone checkpoints (ADR 0010).
  func passCheckpointPages() throws {
    guard FailpointSwitch.isArmed(for: .checkpointPage) else { return }
    try pool.writeWithoutTransaction { database in
      var file: UnsafeMutablePointer<sqlite3_file>?
      let code = sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
      guard code == SQLITE_OK, let file, let methods = file.pointee.pMethods, let write = methods.pointee.xWrite else {
        throw StoreError(.unusable, "SQLite does not name the file of \(path): no failpoint can be put there.")
      }
      CheckpointedFile.write = write
      let passing = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
      passing.initialize(to: methods.pointee)
      passing.pointee.xWrite = { file, bytes, count, offset in
        Failpoint.checkpointPage.pass()
        return CheckpointedFile.write?(file, bytes, count, offset) ?? SQLITE_IOERR
      }
      // Never freed: the file refers to it as long as the process lives, which will not be long.
      file.pointee.pMethods = UnsafePointer(passing)
    }
  }
}

private enum CheckpointedFile {
  typealias Write = @convention(c) (UnsafeMutablePointer<sqlite3_file>?, UnsafeRawPointer?, Int32, Int64) -> Int32

  /// SQLite's own. Safe because a daemon opens one store, and sets it before the first checkpoint.
  nonisolated(unsafe) static var write: Write?
}
