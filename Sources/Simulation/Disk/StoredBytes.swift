package import Datasets

/// What one file of a simulated disk holds: as programs see it, and as a power cut may leave it.
///
/// A write reaches the medium at the next sync, in part or not at all before (sqlite.org/atomiccommit.html, "Hardware
/// Assumptions"). What a sync failed for is read on and is not on the medium; no later sync brings it there, because Linux
/// counts such pages as written (ADR 0036). That a file exists is on the medium at once: no law of ours depends on the
/// order of directory entries.
package struct StoredBytes: Sendable, Equatable {
  private enum Operation: Sendable, Equatable {
    case write(at: Int, [UInt8])
    case truncate(Int)
  }

  /// As programs see them.
  package private(set) var bytes: [UInt8]
  /// As of the last sync.
  private var synced: [UInt8]
  private var unsynced: [Operation] = []

  /// - Parameter bytes: on the medium already.
  package init(_ bytes: [UInt8] = []) {
    self.bytes = bytes
    synced = bytes
  }

  package var isSynced: Bool { unsynced.isEmpty }

  /// Writes behind the end leave zeros between, as pwrite(2) does.
  package mutating func write(_ new: [UInt8], at offset: Int) {
    Self.put(new, at: offset, into: &bytes)
    unsynced.append(.write(at: offset, new))
  }

  package mutating func truncate(to size: Int) {
    Self.cut(&bytes, to: size)
    unsynced.append(.truncate(size))
  }

  package mutating func sync() {
    for operation in unsynced { Self.apply(operation, to: &synced) }
    unsynced = []
  }

  /// A sync that fails: only who writes the same anew can have it synced.
  package mutating func failSync() { unsynced = [] }

  /// The power goes: of what was not synced any part is there afterwards, each write whole, torn at any byte, or not at
  /// all.
  package mutating func losePower(_ random: inout SplitMix64) {
    for operation in unsynced {
      switch Int.random(in: 0..<3, using: &random) {
      case 0: continue
      case 1: Self.apply(operation, to: &synced)
      default:
        if case .write(let offset, let new) = operation, !new.isEmpty {
          let kept = Int.random(in: 0..<new.count, using: &random)
          Self.put(Array(new[..<kept]), at: offset, into: &synced)
        }
      }
    }
    unsynced = []
    bytes = synced
  }

  /// A bit of the medium turns.
  ///
  /// - Parameter bit: 0 to 7.
  package mutating func flip(bit: Int, at offset: Int) {
    guard bytes.indices.contains(offset) else { return }
    bytes[offset] ^= 1 << bit
    if synced.indices.contains(offset) { synced[offset] ^= 1 << bit }
  }

  private static func apply(_ operation: Operation, to bytes: inout [UInt8]) {
    switch operation {
    case .write(let offset, let new): put(new, at: offset, into: &bytes)
    case .truncate(let size): cut(&bytes, to: size)
    }
  }

  private static func put(_ new: [UInt8], at offset: Int, into bytes: inout [UInt8]) {
    if new.isEmpty { return }
    if bytes.count < offset { bytes += [UInt8](repeating: 0, count: offset - bytes.count) }
    let over = min(new.count, bytes.count - offset)
    bytes.withUnsafeMutableBytes { target in
      new.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + over])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<over]))
      }
    }
    // Whole arrays are appended at once, also in a debug build.
    if over < new.count { bytes += over == 0 ? new : Array(new[over...]) }
  }

  private static func cut(_ bytes: inout [UInt8], to size: Int) {
    if size < bytes.count { bytes.removeLast(bytes.count - size) }
    if size > bytes.count { bytes += [UInt8](repeating: 0, count: size - bytes.count) }
  }
}
