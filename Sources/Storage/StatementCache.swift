import GRDBSQLite
import Synchronization

/// Prepared statements of one store's connections, kept to be run again: preparing one costs some ten times what a look
/// at one row costs.
///
/// A statement is with whoever took it, or here; so two users of one text have two statements. Handles are touched only by
/// the thread that has the connection, or by one that keeps all others out (`close`): SQLite's connections are opened
/// without a mutex of their own.
final class StatementCache: Sendable {
  /// What SQLite gives out, as a value that threads hand on.
  ///
  /// Safe because the cache's rule above holds for what it points to.
  struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private struct Waiting {
    var statements: [String: [Handle]] = [:]
    var count = 0
    /// What the cache's was when these were last all finalized.
    var generation: UInt64

    /// Takes all of them away.
    mutating func removeAll(_ generation: UInt64) -> [Handle] {
      defer { self = Waiting(generation: generation) }
      return statements.values.flatMap(\.self)
    }
  }

  private struct Contents {
    /// By connection.
    var waiting: [UInt: Waiting] = [:]
    var generation: UInt64 = 0
    var isClosed = false
  }

  /// Ends its cache with the last copy of the store's file.
  final class Owner: Sendable {
    let cache = StatementCache()

    deinit { cache.close() }
  }

  /// Statements that wait at one connection: several times what the stores' own texts need. Beyond it all of them go,
  /// because somebody makes texts that never come again.
  static let waitingMax = 400

  private static let byConnection = Mutex<[UInt: StatementCache]>([:])

  private let contents = Mutex(Contents())

  // MARK: Connections

  /// From now on statements of this connection wait here.
  func register(_ connection: OpaquePointer) {
    let key = Self.key(connection)
    contents.withLock { $0.waiting[key] = Waiting(generation: $0.generation) }
    Self.byConnection.withLock { $0[key] = self }
  }

  /// Forgets what an earlier connection at this address kept: one that failed while it was opened is never closed here.
  static func forget(_ connection: OpaquePointer) {
    byConnection.withLock { $0[key(connection)] = nil }
  }

  /// Nil for a connection that keeps no statements.
  static func of(_ connection: OpaquePointer) -> StatementCache? {
    byConnection.withLock { $0[key(connection)] }
  }

  private static func key(_ connection: OpaquePointer) -> UInt { UInt(bitPattern: connection) }

  // MARK: Statements

  /// A statement that waits, which is the caller's until it puts it back. Called by the thread that has the connection.
  func take(_ sql: String, of connection: OpaquePointer) -> OpaquePointer? {
    let (handle, leaving) = contents.withLock { contents -> (Handle?, [Handle]) in
      guard var waiting = contents.waiting.removeValue(forKey: Self.key(connection)) else { return (nil, []) }
      defer { contents.waiting[Self.key(connection)] = waiting }
      guard waiting.generation == contents.generation else { return (nil, waiting.removeAll(contents.generation)) }
      guard let handle = waiting.statements[sql]?.popLast() else { return (nil, []) }
      waiting.count -= 1
      return (handle, [])
    }
    Self.finalize(leaving)
    return handle?.pointer
  }

  /// Keeps a statement that was taken or prepared, or finalizes it. Called by the thread that has the connection.
  func put(_ statement: OpaquePointer, _ sql: String, of connection: OpaquePointer) {
    sqlite3_reset(statement)
    // What was bound may lie in memory that goes now.
    sqlite3_clear_bindings(statement)
    let handle = Handle(pointer: statement)
    let leaving = contents.withLock { contents -> [Handle] in
      guard !contents.isClosed, var waiting = contents.waiting.removeValue(forKey: Self.key(connection)) else {
        return [handle]
      }
      let isOld = waiting.generation != contents.generation
      let leaving = isOld || waiting.count >= Self.waitingMax ? waiting.removeAll(contents.generation) : []
      waiting.statements[sql, default: []].append(handle)
      waiting.count += 1
      contents.waiting[Self.key(connection)] = waiting
      return leaving
    }
    Self.finalize(leaving)
  }

  /// What waits is finalized when its connection is next used, by the thread that has it then.
  func age() { contents.withLock { $0.generation &+= 1 } }

  /// Finalizes what waits and keeps nothing from now on: a connection with statements cannot be closed
  /// (sqlite.org/c3ref/close.html). Nobody else may use a connection meanwhile.
  func close() {
    let (connections, leaving) = contents.withLock { contents in
      contents.isClosed = true
      var leaving: [Handle] = []
      for key in contents.waiting.keys { leaving += contents.waiting[key]?.removeAll(contents.generation) ?? [] }
      return (Array(contents.waiting.keys), leaving)
    }
    Self.finalize(leaving)
    Self.byConnection.withLock { registered in
      // The address may be another store's by now.
      for connection in connections where registered[connection] === self { registered[connection] = nil }
    }
  }

  private static func finalize(_ handles: [Handle]) {
    for handle in handles { sqlite3_finalize(handle.pointer) }
  }
}
