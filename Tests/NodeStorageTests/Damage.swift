import GRDB

extension TemporaryStore {
  /// Does to the file what a failing disk or a careless hand would.
  func execute(_ sql: String) throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
  }

  /// The first column of a query, as text.
  func sql(_ query: String) throws -> [String?] {
    try DatabaseQueue(path: path).read { try Optional<String>.fetchAll($0, sql: query) }
  }

  func count(_ table: String) throws -> Int {
    try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
  }
}

extension TemporaryStore {
  /// Everything that lies in the store, row by row.
  func contents() throws -> [String: [String]] {
    try DatabaseQueue(path: path).read { database in
      var contents: [String: [String]] = [:]
      for table in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'") {
        let columns = try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
        let row = columns.map { "quote(\"\($0)\")" }.joined(separator: " || ',' || ")
        contents[table] = try String.fetchAll(database, sql: "SELECT \(row) FROM \"\(table)\"").sorted()
      }
      return contents
    }
  }
}
