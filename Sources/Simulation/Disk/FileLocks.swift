/// Who holds which lock of one database file, among the connections of one machine (sqlite.org/lockingv3.html).
struct FileLocks: Sendable {
  /// SQLite's five levels, in their order.
  enum Level: Int32, Sendable, Comparable {
    case none = 0
    case shared = 1
    case reserved = 2
    case pending = 3
    case exclusive = 4

    static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  private var levels: [Int: Level] = [:]

  func level(of connection: Int) -> Level { levels[connection] ?? .none }

  /// Whether another connection has at least this level.
  func isHeld(_ level: Level, exceptBy connection: Int) -> Bool {
    levels.contains { $0.key != connection && $0.value >= level }
  }

  /// - Returns: false when others stand in the way; one that wanted `exclusive` is `pending` then, and keeps new readers
  ///   out.
  mutating func raise(_ connection: Int, to level: Level) -> Bool {
    if self.level(of: connection) >= level { return true }
    switch level {
    case .none: break
    case .shared: if isHeld(.pending, exceptBy: connection) { return false }
    case .reserved, .pending: if isHeld(.reserved, exceptBy: connection) { return false }
    case .exclusive:
      if isHeld(.reserved, exceptBy: connection) { return false }
      if isHeld(.shared, exceptBy: connection) {
        levels[connection] = .pending
        return false
      }
    }
    levels[connection] = level
    return true
  }

  mutating func lower(_ connection: Int, to level: Level) {
    if self.level(of: connection) > level { levels[connection] = level == .none ? nil : level }
  }
}

/// The locks of a write-ahead log's shared memory (sqlite.org/walformat.html, "WAL Locks").
struct SharedMemoryLocks: Sendable {
  private struct Slot: Sendable {
    var exclusive: Int?
    var shared: Set<Int> = []
  }

  /// SQLITE_SHM_NLOCK.
  static let count = 8

  private var slots = [Slot](repeating: Slot(), count: count)

  /// - Returns: false when others stand in the way; then nothing is held that was not before.
  mutating func lock(_ range: Range<Int>, by connection: Int, isExclusive: Bool) -> Bool {
    let isFree = range.allSatisfy { index in
      if let holder = slots[index].exclusive, holder != connection { return false }
      return !isExclusive || slots[index].shared.subtracting([connection]).isEmpty
    }
    guard isFree else { return false }
    for index in range {
      if isExclusive { slots[index].exclusive = connection } else { slots[index].shared.insert(connection) }
    }
    return true
  }

  mutating func unlock(_ range: Range<Int>, by connection: Int) {
    for index in range {
      if slots[index].exclusive == connection { slots[index].exclusive = nil }
      slots[index].shared.remove(connection)
    }
  }
}
