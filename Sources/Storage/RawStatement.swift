package import GRDB
import GRDBSQLite

/// A prepared statement for loops over thousands of rows, without a boxed value per column.
///
/// Lives within one `Database` access, on its thread; after it, a store's statement waits to be used again
/// (`StatementCache`).
package struct RawStatement: ~Copyable {
  private let handle: OpaquePointer
  private let connection: OpaquePointer
  private let sql: String
  /// Nil for a connection whose statements are prepared anew each time.
  private let cache: StatementCache?

  package init(_ database: Database, _ sql: String) throws {
    guard let connection = database.sqliteConnection else {
      throw StoreError(.unusable, "The store is closed.")
    }
    let cache = StatementCache.of(connection)
    handle = try cache?.take(sql, of: connection) ?? Self.prepare(sql, connection, isKept: cache != nil)
    self.connection = connection
    self.sql = sql
    self.cache = cache
  }

  private static func prepare(_ sql: String, _ connection: OpaquePointer, isKept: Bool) throws -> OpaquePointer {
    var handle: OpaquePointer?
    let code = sqlite3_prepare_v3(connection, sql, -1, isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0, &handle, nil)
    guard code == SQLITE_OK, let handle else {
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message(connection), sql: sql)
    }
    return handle
  }

  deinit {
    if let cache { cache.put(handle, sql, of: connection) } else { sqlite3_finalize(handle) }
  }

  package func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(handle, index, value) }
  package func bind(_ value: Double, at index: Int32) { sqlite3_bind_double(handle, index, value) }
  package func bindNull(at index: Int32) { sqlite3_bind_null(handle, index) }

  /// The text is copied.
  package func bind(_ text: String, at index: Int32) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = sqlite3_bind_text(handle, index, $0.baseAddress, Int32(clamping: $0.count), Self.transient)
      }
    }
  }

  /// UTF-8 bytes that stay where they are until the statement is reset.
  package func bindText(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
    guard let address = bytes.baseAddress else { return bind("", at: index) }
    sqlite3_bind_text(
      handle, index, address.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), nil)
  }

  /// The bytes are copied.
  package func bind(blob bytes: [UInt8], at index: Int32) {
    bytes.withUnsafeBytes { bindBlob($0, at: index, isCopied: true) }
  }

  package func bindBlob(_ bytes: UnsafeRawBufferPointer, at index: Int32, isCopied: Bool) {
    guard let address = bytes.baseAddress else {
      sqlite3_bind_zeroblob(handle, index, 0)
      return
    }
    sqlite3_bind_blob(handle, index, address, Int32(clamping: bytes.count), isCopied ? Self.transient : nil)
  }

  /// Goes to the next row.
  /// - Returns: false at the end.
  package func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: Self.message(connection))
    }
  }

  /// Runs a statement that gives no rows and makes it ready to run again.
  /// - Returns: how many rows it changed.
  @discardableResult
  package func run() throws -> Int {
    defer { sqlite3_reset(handle) }
    while try step() {}
    return Int(sqlite3_changes(connection))
  }

  package func reset() { sqlite3_reset(handle) }

  package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  package func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  package func text(_ column: Int32) -> String? {
    sqlite3_column_text(handle, column).map { String(cString: $0) }
  }

  package func blob(_ column: Int32) -> [UInt8] { withBlob(column) { Array($0) } }

  /// The bytes are valid only within `body`.
  package func withBlob<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let address = sqlite3_column_blob(handle, column)
    return try body(UnsafeRawBufferPointer(start: address, count: Int(sqlite3_column_bytes(handle, column))))
  }

  // Safe because SQLite takes -1 as "copy it now" and never calls it.
  private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

  private static func message(_ connection: OpaquePointer) -> String { String(cString: sqlite3_errmsg(connection)) }
}
