import GRDBSQLite

/// The memory that SQLite gives for an open file (`szOsFile`), and what it may do with it (sqlite.org/c3ref/io_methods.html).
struct OpenFile {
  /// First, as SQLite wants it.
  var base: sqlite3_file
  var handle: Unmanaged<SimulatedDisk.Handle>

  // Result codes that SQLite writes as expressions.
  /// SQLITE_IOERR_SHORT_READ.
  static let shortRead = SQLITE_IOERR | 2 << 8
  /// SQLITE_IOERR_DELETE_NOENT.
  static let deleteMissing = SQLITE_IOERR | 23 << 8

  private static func handle(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Unmanaged<SimulatedDisk.Handle>? {
    guard let file else { return nil }
    return UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self).pointee.handle
  }

  /// Carries a call out on the file's disk and turns its trouble into SQLite's words.
  private static func on(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ body: (SimulatedDisk, SimulatedDisk.Handle) throws -> Int32
  ) -> Int32 {
    guard let handle = handle(file)?.takeUnretainedValue() else { return SQLITE_MISUSE }
    do {
      return try body(handle.disk, handle)
    } catch SimulatedDisk.Trouble.full {
      return SQLITE_FULL
    } catch SimulatedDisk.Trouble.busy {
      return SQLITE_BUSY
    } catch {
      return SQLITE_IOERR
    }
  }

  static let methods: sqlite3_io_methods = {
    var methods = sqlite3_io_methods()
    // Without memory-mapped files, which is version 3.
    methods.iVersion = 2
    methods.xClose = { file in
      guard let handle = OpenFile.handle(file) else { return SQLITE_MISUSE }
      handle.takeUnretainedValue().disk.close(handle.takeUnretainedValue())
      handle.release()
      return SQLITE_OK
    }
    addBytes(&methods)
    addLocks(&methods)
    methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    methods.xSectorSize = { _ in 4096 }
    // As the system's: a write does not damage what lies beside it.
    methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    addSharedMemory(&methods)
    return methods
  }()

  private static func addBytes(_ methods: inout sqlite3_io_methods) {
    methods.xRead = { file, target, count, offset in
      OpenFile.on(file) { disk, handle in
        let buffer = UnsafeMutableRawBufferPointer(start: target, count: Int(count))
        return try disk.read(handle, into: buffer, at: Int(offset)) == buffer.count ? SQLITE_OK : OpenFile.shortRead
      }
    }
    methods.xWrite = { file, source, count, offset in
      OpenFile.on(file) { disk, handle in
        try disk.write(
          handle, Array(UnsafeRawBufferPointer(start: source, count: Int(count))), at: Int(offset))
        return SQLITE_OK
      }
    }
    methods.xTruncate = { file, size in
      OpenFile.on(file) { disk, handle in
        try disk.truncate(handle, to: Int(size))
        return SQLITE_OK
      }
    }
    methods.xSync = { file, _ in
      OpenFile.on(file) { disk, handle in
        try disk.sync(handle)
        return SQLITE_OK
      }
    }
    methods.xFileSize = { file, answer in
      OpenFile.on(file) { disk, handle in
        answer?.pointee = sqlite3_int64(try disk.size(handle))
        return SQLITE_OK
      }
    }
  }

  private static func addLocks(_ methods: inout sqlite3_io_methods) {
    methods.xLock = { file, level in
      OpenFile.on(file) { disk, handle in
        guard let level = FileLocks.Level(rawValue: level) else { return SQLITE_MISUSE }
        try disk.raise(handle, to: level)
        return SQLITE_OK
      }
    }
    methods.xUnlock = { file, level in
      OpenFile.on(file) { disk, handle in
        guard let level = FileLocks.Level(rawValue: level) else { return SQLITE_MISUSE }
        disk.lower(handle, to: level)
        return SQLITE_OK
      }
    }
    methods.xCheckReservedLock = { file, answer in
      OpenFile.on(file) { disk, handle in
        answer?.pointee = try disk.isReserved(handle) ? 1 : 0
        return SQLITE_OK
      }
    }
  }

  private static func addSharedMemory(_ methods: inout sqlite3_io_methods) {
    methods.xShmMap = { file, region, bytes, extends, answer in
      OpenFile.on(file) { disk, handle in
        answer?.pointee = try disk.map(handle, region: Int(region), bytes: Int(bytes), extends: extends != 0)
        return SQLITE_OK
      }
    }
    methods.xShmLock = { file, offset, count, flags in
      OpenFile.on(file) { disk, handle in
        let range = Int(offset)..<Int(offset + count)
        guard range.upperBound <= SharedMemoryLocks.count else { return SQLITE_MISUSE }
        if flags & SQLITE_SHM_UNLOCK != 0 {
          disk.unlockMemory(handle, range)
        } else {
          try disk.lockMemory(handle, range, isExclusive: flags & SQLITE_SHM_EXCLUSIVE != 0)
        }
        return SQLITE_OK
      }
    }
    methods.xShmBarrier = { file in OpenFile.handle(file).map { $0.takeUnretainedValue().disk.barrier() } }
    methods.xShmUnmap = { file, deletes in
      OpenFile.on(file) { disk, handle in
        disk.unmap(handle, deletes: deletes != 0)
        return SQLITE_OK
      }
    }
  }
}
