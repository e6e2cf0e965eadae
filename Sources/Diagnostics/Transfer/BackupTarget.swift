import Datasets
import Foundation

/// What `backup --replace` may take the place of: an older backup, or an empty file.
///
/// The file of a store that is open is a database too. Replaced, the daemon would go on with a file that has no name any
/// more, and all that it takes in until its end would be gone.
enum BackupTarget {
  /// Where a database's header says how it is written: 2 is WAL, as stores are, 1 is a rollback journal, as backups are
  /// (https://www.sqlite.org/fileformat2.html#file_format_version_numbers).
  private static let formatPlace = 18
  private static let rollbackFormat: UInt8 = 1
  /// Whose database it is (https://www.sqlite.org/fileformat2.html#application_id): `SCCS`, the centre's store.
  private static let ownerPlace = 68
  private static let centre = Array("SCCS".utf8)
  private static let magic = Array("SQLite format 3\u{0}".utf8)

  static func check(_ path: String, _ language: Language) throws(CommandFailure) {
    var facts = stat()
    if lstat(path, &facts) != 0, errno == ENOENT { return }
    guard let file = FileHandle(forReadingAtPath: path), let head = try? file.read(upToCount: 100) ?? Data() else {
      throw CommandFailure(
        .data,
        language(
          "\(path) tidak dapat dibaca, maka tidak digantikan; beri nama lain",
          "\(path) cannot be read, so it is not replaced; name another file"))
    }
    let bytes = Array(head)
    let isLog = ["-wal", "-shm", "-journal"].contains { path.hasSuffix($0) }
    if bytes.isEmpty, !isLog { return }
    let isDatabase = bytes.count == 100 && bytes.starts(with: magic)
    let hasLog = ["-wal", "-shm", "-journal"].contains { FileManager.default.fileExists(atPath: path + $0) }
    let isInUse = isDatabase && (bytes[formatPlace] != rollbackFormat || hasLog)
    if isDatabase, !isInUse, bytes[ownerPlace..<ownerPlace + 4].elementsEqual(centre) { return }
    throw CommandFailure(
      .data,
      language(
        isInUse
          ? "\(path) adalah penyimpanan yang sedang dipakai, bukan cadangan; beri nama lain, sebaiknya di disk lain"
          : "\(path) bukan cadangan Simpul, maka tidak digantikan; beri nama lain",
        isInUse
          ? "\(path) is a store in use, no backup; name another file, best on another disk"
          : "\(path) is no backup of Simpul's, so it is not replaced; name another file"))
  }
}
