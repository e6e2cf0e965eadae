import Foundation
import GRDBSQLite

/// Brings the files of simulated disks to SQLite: a VFS (sqlite.org/vfs.html) that is every connection's default in this
/// process. Paths that are no simulated disk's go to the system's own VFS.
enum DiskVFS {
  /// Safe because it is touched under `lock` alone.
  nonisolated(unsafe) private static var disks: [SimulatedDisk] = []
  private static let lock = NSLock()

  static func add(_ disk: SimulatedDisk) {
    precondition(registration == SQLITE_OK, "SQLite does not take the simulated disk's VFS: \(registration)")
    lock.withLock { disks.append(disk) }
  }

  static func remove(_ disk: SimulatedDisk) { lock.withLock { disks.removeAll { $0 === disk } } }

  private static func disk(of path: String) -> SimulatedDisk? {
    lock.withLock { disks.first { path.hasPrefix($0.root) } }
  }

  // MARK: Registration

  /// Safe because all three are set once, before SQLite sees them.
  nonisolated(unsafe) private static let system = sqlite3_vfs_find(nil)
  nonisolated(unsafe) private static let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
  nonisolated(unsafe) private static let simulated = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)

  private static let registration: Int32 = {
    guard let system else { return SQLITE_ERROR }
    methods.initialize(to: OpenFile.methods)
    // Everything that is not about files stays the system's: nobody decides by SQLite's own chance and time.
    var vfs = system.pointee
    vfs.szOsFile = max(vfs.szOsFile, Int32(MemoryLayout<OpenFile>.size))
    vfs.zName = UnsafePointer(strdup("simulated"))
    vfs.pNext = nil
    vfs.xOpen = { _, name, file, flags, outFlags in DiskVFS.open(name, file, flags, outFlags) }
    vfs.xDelete = { _, name, syncsDirectory in DiskVFS.delete(name, syncsDirectory) }
    vfs.xAccess = { _, name, flags, answer in DiskVFS.access(name, flags, answer) }
    simulated.initialize(to: vfs)
    return sqlite3_vfs_register(simulated, 1)
  }()

  // MARK: By name

  private static func open(
    _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    guard let file else { return SQLITE_MISUSE }
    guard let name, let disk = disk(of: String(cString: name)) else {
      return system?.pointee.xOpen(system, name, file, flags, outFlags) ?? SQLITE_CANTOPEN
    }
    file.pointee.pMethods = nil
    do {
      let handle = try disk.open(String(cString: name), creates: flags & SQLITE_OPEN_CREATE != 0)
      UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self).initialize(
        to: OpenFile(
          base: sqlite3_file(pMethods: UnsafePointer(methods)), handle: Unmanaged.passRetained(handle)))
      outFlags?.pointee = flags
      return SQLITE_OK
    } catch {
      return SQLITE_CANTOPEN
    }
  }

  private static func delete(_ name: UnsafePointer<CChar>?, _ syncsDirectory: Int32) -> Int32 {
    guard let name, let disk = disk(of: String(cString: name)) else {
      return system?.pointee.xDelete(system, name, syncsDirectory) ?? SQLITE_IOERR
    }
    do {
      try disk.delete(String(cString: name))
      return SQLITE_OK
    } catch SimulatedDisk.Trouble.missing {
      return OpenFile.deleteMissing
    } catch {
      return SQLITE_IOERR
    }
  }

  private static func access(
    _ name: UnsafePointer<CChar>?, _ flags: Int32, _ answer: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    guard let name, let disk = disk(of: String(cString: name)) else {
      return system?.pointee.xAccess(system, name, flags, answer) ?? SQLITE_IOERR
    }
    answer?.pointee = disk.exists(String(cString: name)) ? 1 : 0
    return SQLITE_OK
  }
}
