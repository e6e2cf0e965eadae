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
