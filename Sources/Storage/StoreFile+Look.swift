import Datasets
package import GRDB
import Glibc

extension StoreFile {
  /// Runs `body` on a store as it stands now, on a connection that cannot write; a daemon may have it open meanwhile
  /// (https://www.sqlite.org/wal.html#concurrency).
  ///
  /// - Returns: nil where there is no store yet, or one whose format the next start brings up to date first.
  /// - Throws: `StoreError`: `.unusable` and `.newerFormat` as opening it would, `.inputOutput` where this user may not
  ///   look into it or the disk says no.
  package static func look<Result>(
    at path: String, applicationID: Int32, newestFormat: Int, _ body: (Database) throws -> Result
  ) throws -> Result? {
    guard access(path, R_OK) == 0 else {
      let code = errno
      if code == ENOENT { return nil }
      let words = String(cString: strerror(code))
      throw code == EACCES ? cannotLook(path, words) : cannotOpen(path, words)
    }
    var configuration = Self.foreign
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? queue.close() }
      return try queue.read { database in
        try checkKind(database, path: path, applicationID: applicationID, newestFormat: newestFormat) == newestFormat
          ? body(database) : nil
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
      throw notOurs(path)
    } catch let error as DatabaseError {
      throw cannotLook(path, "\(error)")
    }
  }

  /// - Returns: the store's format; 0 for an empty file.
  /// - Throws: `StoreError(.unusable)` for a file of another program, `.newerFormat` for one of a later version.
  static func checkKind(
    _ database: Database, path: String, applicationID: Int32, newestFormat: Int
  ) throws -> Int {
    let found = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let format = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard found == applicationID || (found == 0 && format == 0) else { throw notOurs(path) }
    guard format <= newestFormat else {
      throw StoreError(
        .newerFormat,
        BilingualText(
          id: "\(path) ditulis oleh versi yang lebih baru; pasang lagi versi itu.",
          en: "\(path) was written by a newer version; install that version again."))
    }
    return format
  }

  private static func notOurs(_ path: String) -> StoreError {
    StoreError(
      .unusable,
      BilingualText(
        id: "\(path) bukan penyimpanan program ini; pilih data_dir yang lain.",
        en: "\(path) is not a store of this program; choose another data_dir."))
  }

  /// For what stays so until somebody changes something.
  static func cannotOpen(_ path: String, _ words: String) -> StoreError {
    StoreError(
      .unusable,
      BilingualText(
        id: "Penyimpanan \(path) tidak dapat dibuka (\(words)); periksa jalur, pemilik, dan disknya.",
        en: "The store \(path) cannot be opened (\(words)); check its path, owner and disk."))
  }

  private static func cannotLook(_ path: String, _ words: String) -> StoreError {
    StoreError(
      .inputOutput,
      BilingualText(
        id: "\(path) tidak dapat dilihat (\(words)), sehingga belum dicocokkan dengannya; jalankan dengan sudo.",
        en: "\(path) cannot be looked into (\(words)), so nothing was held against it; run this with sudo."))
  }
}
