import GRDBSQLite
import Synchronization

/// Prepared statements of one store's connections, kept to be run again: preparing one costs some ten times what a look
/// at one row costs.
///
/// A statement is with whoever took it, or here; so two users of one text have two statements. Handles are touched only by
/// the thread that has the connection, or by one that keeps all others out (`close`, `clear`).
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
  }

  private struct Contents {
    /// By connection.
    var waiting: [UInt: Waiting] = [:]
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
    contents.withLock { $0.waiting[key] = Waiting() }
    Self.byConnection.withLock { $0[key] = self }
  }

  /// Nil for a connection that keeps no statements.
  static func of(_ connection: OpaquePointer) -> StatementCache? {
    byConnection.withLock { $0[key(connection)] }
  }

  private static func key(_ connection: OpaquePointer) -> UInt { UInt(bitPattern: connection) }

  // MARK: Statements

  /// A statement that waits, which is the caller's until it puts it back.
  func take(_ sql: String, of connection: OpaquePointer) -> OpaquePointer? {
    contents.withLock { contents -> Handle? in
      guard let handle = contents.waiting[Self.key(connection)]?.statements[sql]?.popLast() else { return nil }
      contents.waiting[Self.key(connection)]?.count -= 1
      return handle
    }?.pointer
  }

  /// Keeps a statement that was taken or prepared, or finalizes it.
  func put(_ statement: OpaquePointer, _ sql: String, of connection: OpaquePointer) {
    sqlite3_reset(statement)
    // What was bound may lie in memory that goes now.
    sqlite3_clear_bindings(statement)
    let handle = Handle(pointer: statement)
    let leaving = contents.withLock { contents -> [Handle] in
      guard !contents.isClosed, var waiting = contents.waiting.removeValue(forKey: Self.key(connection)) else {
        return [handle]
      }
      var leaving: [Handle] = []
      if waiting.count >= Self.waitingMax {
        leaving = waiting.statements.values.flatMap(\.self)
        waiting = Waiting()
      }
      waiting.statements[sql, default: []].append(handle)
      waiting.count += 1
      contents.waiting[Self.key(connection)] = waiting
      return leaving
    }
    for handle in leaving { sqlite3_finalize(handle.pointer) }
  }

  /// Finalizes what waits. Nobody else may use a connection meanwhile.
  func clear() { contents.withLock { Self.finalize(&$0) } }

  /// Likewise, and keeps nothing from now on: a connection with statements cannot be closed (sqlite.org/c3ref/close.html).
  func close() {
    let connections = contents.withLock { contents in
      contents.isClosed = true
      Self.finalize(&contents)
      return Array(contents.waiting.keys)
    }
    Self.byConnection.withLock { registered in
      // The address may be another store's by now.
      for connection in connections where registered[connection] === self { registered[connection] = nil }
    }
  }

  private static func finalize(_ contents: inout Contents) {
    for key in contents.waiting.keys {
      guard let waiting = contents.waiting[key] else { continue }
      for handle in waiting.statements.values.joined() { sqlite3_finalize(handle.pointer) }
      contents.waiting[key] = Waiting()
    }
  }
}
