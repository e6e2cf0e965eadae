/// The calls of the file system that SQLite makes.
extension SimulatedDisk {
  func open(_ path: String, creates: Bool) throws -> Handle {
    try withLock {
      if isOff { throw Trouble.failure }
      guard let node = nodes[path] ?? (creates ? Node() : nil) else { throw Trouble.missing }
      nodes[path] = node
      connections += 1
      return Handle(self, node, connection: connections)
    }
  }

  func exists(_ path: String) -> Bool { withLock { nodes[path] != nil } }

  func delete(_ path: String) throws {
    try withLock {
      if isOff { throw Trouble.failure }
      guard nodes[path] != nil else { throw Trouble.missing }
      if countCuts() { throw Trouble.failure }
      nodes[path] = nil
    }
  }

  func size(_ handle: Handle) throws -> Int { try working(handle) { handle.node.stored.bytes.count } }

  /// Fills what lies behind the end with zeros.
  ///
  /// - Returns: how many bytes the file had there.
  func read(_ handle: Handle, into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    try working(handle) {
      handle.node.stored.bytes.withUnsafeBytes { bytes in
        let end = min(bytes.count, offset + buffer.count)
        let count = max(0, end - offset)
        if count > 0 { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<end])) }
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).initializeMemory(as: UInt8.self, repeating: 0)
        return count
      }
    }
  }

  /// The write at which the power goes may have reached the medium like any that was not synced.
  func write(_ handle: Handle, _ bytes: [UInt8], at offset: Int) throws {
    try working(handle) {
      let growth = offset + bytes.count - handle.node.stored.bytes.count
      if growth > 0, capacity < .max, usedBytes + growth > capacity { throw Trouble.full }
      let isCut = countCuts()
      handle.node.stored.write(bytes, at: offset)
      if isCut { throw Trouble.failure }
    }
  }

  func truncate(_ handle: Handle, to size: Int) throws {
    try working(handle) {
      let isCut = countCuts()
      handle.node.stored.truncate(to: size)
      if isCut { throw Trouble.failure }
    }
  }

  func sync(_ handle: Handle) throws {
    try working(handle) {
      if countCuts() { throw Trouble.failure }
      if failingSyncs > 0 {
        failingSyncs -= 1
        handle.node.stored.failSync()
        throw Trouble.failure
      }
      if !ignoresSyncs { handle.node.stored.sync() }
    }
  }

  // MARK: Locks and shared memory

  func raise(_ handle: Handle, to level: FileLocks.Level) throws {
    try working(handle) {
      guard handle.node.locks.raise(handle.connection, to: level) else { throw Trouble.busy }
    }
  }

  /// Works without power too: whoever closes must be able to.
  func lower(_ handle: Handle, to level: FileLocks.Level) {
    withLock { handle.node.locks.lower(handle.connection, to: level) }
  }

  func isReserved(_ handle: Handle) throws -> Bool {
    try working(handle) { handle.node.locks.isHeld(.reserved, exceptBy: handle.connection) }
  }

  /// - Returns: nil for a region that is not there and is not to be made.
  func map(_ handle: Handle, region: Int, bytes: Int, extends: Bool) throws -> UnsafeMutableRawPointer? {
    try working(handle) {
      let node = handle.node
      node.mappers.insert(handle.connection)
      while node.memory.count <= region {
        guard extends else { return nil }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        node.memory.append(memory)
      }
      return node.memory[region]
    }
  }

  func lockMemory(_ handle: Handle, _ range: Range<Int>, isExclusive: Bool) throws {
    try working(handle) {
      guard handle.node.memoryLocks.lock(range, by: handle.connection, isExclusive: isExclusive) else {
        throw Trouble.busy
      }
    }
  }

  func unlockMemory(_ handle: Handle, _ range: Range<Int>) {
    withLock { handle.node.memoryLocks.unlock(range, by: handle.connection) }
  }

  func unmap(_ handle: Handle, deletes: Bool) {
    withLock {
      handle.node.mappers.remove(handle.connection)
      if deletes, handle.node.mappers.isEmpty { handle.node.freeMemory() }
    }
  }

  /// Orders memory between threads (`xShmBarrier`).
  func barrier() { withLock {} }

  func close(_ handle: Handle) { lower(handle, to: .none) }

  // MARK: Within the lock

  /// Counts a call that changes the medium.
  ///
  /// - Returns: whether the power goes at it.
  private func countCuts() -> Bool {
    calls += 1
    if calls == powerCutAt { isOff = true }
    return isOff
  }

  private func working<Value>(_ handle: Handle, _ body: () throws -> Value) throws -> Value {
    try withLock {
      if isOff || handle.connection < firstConnection { throw Trouble.failure }
      return try body()
    }
  }
}
