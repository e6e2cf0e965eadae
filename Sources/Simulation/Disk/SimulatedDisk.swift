package import Datasets
import Foundation

/// The disk of one simulated machine: files in memory, with the faults of real ones. SQLite opens them by their paths
/// (`DiskVFS`).
///
/// Connections of a store call from SQLite's own queues; one lock orders them.
package final class SimulatedDisk: @unchecked Sendable {
  // Safe because everything here, and what it hands to SQLite as pointers, is touched under `lock` alone.

  /// What a call of the file system meets.
  enum Trouble: Error {
    /// The power is off, or the medium fails (SQLITE_IOERR).
    case failure
    /// SQLITE_FULL.
    case full
    /// SQLITE_BUSY.
    case busy
    /// SQLITE_CANTOPEN.
    case missing
  }

  /// One file as connections share it.
  final class Node {
    var stored: StoredBytes
    var locks = FileLocks()
    var memory: [UnsafeMutableRawPointer] = []
    var memoryLocks = SharedMemoryLocks()
    var mappers: Set<Int> = []

    init(_ stored: StoredBytes = StoredBytes()) { self.stored = stored }

    func freeMemory() {
      for region in memory { region.deallocate() }
      memory = []
      memoryLocks = SharedMemoryLocks()
    }

    deinit { freeMemory() }
  }

  /// What SQLite holds of a file that it has open: it keeps the node, and what is mapped of it, alive.
  final class Handle {
    let disk: SimulatedDisk
    let node: Node
    let connection: Int

    init(_ disk: SimulatedDisk, _ node: Node, connection: Int) {
      self.disk = disk
      self.node = node
      self.connection = connection
    }
  }

  /// Every path that begins so is this disk's. A directory of this name exists: before SQLite opens a store, the store
  /// makes its file private (`StoreFile`), which is an empty file there.
  package let root: String

  let lock = NSLock()
  var nodes: [String: Node] = [:]
  var connections = 0
  /// Raised by a restart: what was open before is open no more.
  var firstConnection = 1
  var isOff = false
  var calls = 0
  var powerCutAt: Int?
  var capacity = Int.max
  var failingSyncs = 0
  var ignoresSyncs = false

  /// - Throws: `CocoaError` when the machine that simulates has no room for an empty directory.
  package init() throws {
    root = FileManager.default.temporaryDirectory.path + "/simpul-simulation-\(UUID().uuidString)/"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    DiskVFS.add(self)
  }

  /// Forgets it: SQLite finds its files no more.
  package func remove() {
    DiskVFS.remove(self)
    try? FileManager.default.removeItem(atPath: root)
  }

  // MARK: Faults

  /// Writes, truncations, deletions and syncs so far.
  package var callCount: Int { withLock { calls } }

  /// Whether it answers nothing any more, until `restart`.
  package var isPowerOff: Bool { withLock { isOff } }

  /// The power goes at the so-manieth call from now; nil is never. The call itself is not carried out whole.
  package func cutPower(afterCalls count: Int?) { withLock { powerCutAt = count.map { calls + $0 } } }

  package func cutPower() { withLock { isOff = true } }

  /// The machine starts after a power cut: everything that was open is gone; what was not synced is there in part
  /// (`StoredBytes.losePower`).
  package func restart(_ random: inout SplitMix64) {
    withLock {
      // By path: the same seed must meet them in the same order.
      for path in nodes.keys.sorted() {
        guard var stored = nodes[path]?.stored else { continue }
        stored.losePower(&random)
        nodes[path] = Node(stored)
      }
      resume()
    }
  }

  /// Only the process was killed: what it wrote is there, synced or not.
  package func restartProcess() {
    withLock {
      for (path, node) in nodes { nodes[path] = Node(node.stored) }
      resume()
    }
  }

  /// How many bytes all files may have together.
  package func limit(toBytes bytes: Int) { withLock { capacity = bytes } }

  /// How many bytes more than now; nil is any number.
  package func limit(toMoreBytes bytes: Int?) { withLock { capacity = bytes.map { usedBytes + $0 } ?? .max } }

  /// A disk that says "synced" and is not: for ever.
  package func ignoreSyncs() { withLock { ignoresSyncs = true } }

  /// So many syncs fail from now on; no later one brings to the medium what they were for.
  package func failSyncs(_ count: Int) { withLock { failingSyncs = count } }

  package func flip(bit: Int, at offset: Int, of path: String) {
    withLock { nodes[path]?.stored.flip(bit: bit, at: offset) }
  }

  package var freeBytes: UInt64 { withLock { UInt64(max(0, capacity - usedBytes)) } }

  // MARK: Copies

  /// Every file as programs see it, by its path below the root.
  package var contents: [String: [UInt8]] {
    withLock {
      Dictionary(uniqueKeysWithValues: nodes.map { (String($0.key.dropFirst(root.count)), $0.value.stored.bytes) })
    }
  }

  /// What a disk holds when it is copied, set back, or put into another machine.
  package func replace(with contents: [String: [UInt8]]) {
    withLock {
      nodes = Dictionary(uniqueKeysWithValues: contents.map { (root + $0.key, Node(StoredBytes($0.value))) })
      resume()
    }
  }

  // MARK: Within the lock

  var usedBytes: Int { nodes.values.reduce(0) { $0 + $1.stored.bytes.count } }

  private func resume() {
    firstConnection = connections + 1
    isOff = false
    powerCutAt = nil
    failingSyncs = 0
  }

  func withLock<Value>(_ body: () throws -> Value) rethrows -> Value {
    lock.lock()
    defer { lock.unlock() }
    return try body()
  }
}
