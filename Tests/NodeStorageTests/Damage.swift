import GRDB

extension TemporaryStore {
  /// Does to the file what a failing disk or a careless hand would.
  func execute(_ sql: String) throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
  }
}
