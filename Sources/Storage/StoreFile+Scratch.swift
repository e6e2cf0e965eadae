package import GRDB
import Glibc

extension StoreFile {
  /// An empty database with this store's tables and indexes, on the disk of this store, with the store itself attached
  /// as schema `live`. Its writes hold up nobody: it has one connection of its own.
  ///
  /// The file has no name once this returns: whatever ends the process, nothing of it is left. Nothing in it is synced.
  /// Blocks for some milliseconds: not for the cooperative pool.
  /// - Throws: `StoreError(.inputOutput)` when the disk does not take a file beside the store.
  package func scratch() throws -> DatabaseQueue {
    var template = Array("\(path).scratch-XXXXXX".utf8CString)
    // mkstemp(3) makes it with mode 0600.
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw StoreError(
        .inputOutput, "No file can be made beside \(path) (\(String(cString: strerror(errno)))); check the disk.")
    }
    Glibc.close(descriptor)
    let name = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(name) }
    var configuration = Configuration()
    configuration.label = "simpul.scratch"
    configuration.prepareDatabase { database in
      if let connection = database.sqliteConnection { StatementCache.forget(connection) }
      // A journal in a file would need the database's name (https://www.sqlite.org/pragma.html#pragma_journal_mode).
      try database.execute(
        sql: """
          PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;
          PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF
          """)
    }
    let queue = try DatabaseQueue(path: name, configuration: configuration)
    try queue.inDatabase { database in
      try database.execute(sql: "ATTACH ? AS live", arguments: [path])
      try database.execute(sql: "PRAGMA live.cache_size = -16000")
      let schema = try String.fetchAll(
        database,
        sql: """
          SELECT sql FROM live.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
          ORDER BY type <> 'table', rowid
          """)
      for sql in schema { try database.execute(sql: sql) }
    }
    return queue
  }
}
