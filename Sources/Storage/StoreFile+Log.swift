import GRDB
import GRDBSQLite
import Glibc

extension StoreFile {
  /// Writes the log over itself and syncs it, before SQLite reads it: what an earlier process left in it is on the disk
  /// afterwards.
  ///
  /// Where fsync(2) failed, Linux counts the pages as written and says so once: a program that starts later reads them,
  /// and its own sync succeeds without them (https://lwn.net/Articles/752063/). A commit that failed would come to life
  /// so, with commits behind it that are answered as durable and that recovery, which stops at the first frame that is
  /// not there, would not find after a power cut (https://www.sqlite.org/walformat.html; ADR 0036). Only what is written
  /// anew is synced anew. What recovery then accepts is what was synced, and where this fails nothing has read the log
  /// that could copy it into the store when it closes.
  ///
  /// - Parameter path: of a store that nobody has open.
  /// - Throws: `DatabaseError` when the log cannot be read, written or synced.
  static func rewriteLog(ofStoreAt path: String) throws {
    guard let vfs = sqlite3_vfs_find(nil), let name = strdup(path + "-wal") else { throw DatabaseError() }
    defer { free(name) }
    var isThere: Int32 = 0
    try check(vfs.pointee.xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &isThere))
    guard isThere != 0, BootMark(ofStoreAt: path).mayBeOfThisBoot else { return }
    let place = UnsafeMutableRawPointer.allocate(byteCount: Int(vfs.pointee.szOsFile), alignment: 16)
    defer { place.deallocate() }
    place.initializeMemory(as: UInt8.self, repeating: 0, count: Int(vfs.pointee.szOsFile))
    let file = place.assumingMemoryBound(to: sqlite3_file.self)
    try check(vfs.pointee.xOpen(vfs, name, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, nil))
    defer { _ = file.pointee.pMethods?.pointee.xClose?(file) }
    try rewrite(file)
  }

  private static func rewrite(_ file: UnsafeMutablePointer<sqlite3_file>) throws {
    let methods = file.pointee.pMethods?.pointee
    var size: sqlite3_int64 = 0
    try check(methods?.xFileSize?(file, &size))
    if size == 0 { return }
    let part = UnsafeMutableRawPointer.allocate(byteCount: partBytes, alignment: 16)
    defer { part.deallocate() }
    for offset in stride(from: 0, to: size, by: partBytes) {
      let count = Int32(min(sqlite3_int64(partBytes), size - offset))
      try check(methods?.xRead?(file, part, count, offset))
      try check(methods?.xWrite?(file, part, count, offset))
    }
    try check(methods?.xSync?(file, SQLITE_SYNC_NORMAL))
  }

  /// SQLite's own VFS takes less than 128 KiB at once (os_unix.c, seekAndWriteFd).
  private static let partBytes = 64 << 10

  private static func check(_ code: Int32?) throws {
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code ?? SQLITE_MISUSE)) }
  }
}

/// Since which start of the machine a store was opened last: a small file beside it.
///
/// After another start of the machine no page of a log waits in memory, so what is read of it is on the disk: writing over
/// it would put frames at risk for nothing. The file need not outlive a power cut: what came before is another boot's then.
struct BootMark {
  private let path: String

  init(ofStoreAt path: String) { self.path = path + "-boot" }

  /// False only where the store was opened last before the machine was started.
  var mayBeOfThisBoot: Bool {
    guard let present = Self.present, let last = Self.read(path) else { return true }
    return last == present
  }

  /// Notes the present boot. Does nothing where it cannot: then the log counts as written in this boot.
  func set() {
    guard let present = Self.present, Self.read(path) != present else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // All have the same length: one that is there needs no room on a full disk.
    if pwrite(descriptor, present, present.count, 0) != present.count { unlink(path) }
  }

  /// random(4): a UUID for each start of the machine.
  private static let present = read("/proc/sys/kernel/random/boot_id")

  /// - Returns: the first 36 bytes; nil where there are no as many.
  private static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 36)
    return Glibc.read(descriptor, &bytes, bytes.count) == bytes.count ? bytes : nil
  }
}
