import GRDB
import Storage

extension NodeStore {
  /// `PRAGMA synchronous` of the one connection that writes: 2 is FULL.
  package func writerSynchronous() async throws -> Int {
    try await write { try Int.fetchOne($0.database, sql: "PRAGMA synchronous") ?? -1 }
  }

  /// How SQLite would find the rows of a statement, for the tests that hold hot statements to an index.
  package func queryPlan(_ sql: String) async throws -> [String] {
    try await read { database in
      let rows = try RawStatement(database, "EXPLAIN QUERY PLAN \(sql)")
      var plan: [String] = []
      while try rows.step() { plan.append(rows.text(3) ?? "") }
      return plan
    }
  }
}
