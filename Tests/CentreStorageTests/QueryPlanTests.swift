import Datasets
import GRDB
import Storage
import Testing

@testable import CentreStorage

struct QueryPlanTests {
  private static let hot: [String] = [
    RecordSource.sql, RecordSource.stateSQL, RecordSource.departureSQL, RetractionSource.sql,
    OccurrenceSource.sql,
    BlockFinder.sql, LostOccurrenceSource.rangesSQL, LostOccurrenceSource.sql, WriteSession.lastRunSQL,
    CentreStore.heldCountsSQL, RecordReader.sql, History.sql, History.heldSQL,
    CentreStore.conflictStateSQL,
    CentreStore.conflictSQL,
    "SELECT \(CheckedTable.record.columns) FROM record WHERE dataset = ? AND id = ?",
    "SELECT \(CheckedTable.change.columns) FROM change WHERE dataset = ? AND record = ? ORDER BY rowid",
    "SELECT \(CheckedTable.batch.columns) FROM occurrence_batch WHERE position > ? ORDER BY position LIMIT 10",
    "SELECT id FROM incarnation WHERE node = ? AND generation = ? AND random = ?",
    "SELECT applied, head FROM stream WHERE incarnation = ? AND dataset = ?",
    "SELECT entry FROM change WHERE incarnation = ? AND dataset = ? AND sequence = ? AND record = ?",
    "SELECT sequence, code FROM quarantine "
      + "WHERE incarnation = ? AND dataset = ? AND sequence BETWEEN ? AND ?",
    "SELECT id FROM quarantine WHERE state = 'held' AND code = ? AND dataset = ? AND id > ? ORDER BY id",
    "SELECT 1 FROM quarantine WHERE state = 'held' AND \(CentreStore.decidedSQL) LIMIT 1",
    "SELECT position FROM occurrence_batch "
      + "WHERE incarnation = ? AND dataset = ? AND first <= ? ORDER BY first DESC",
    "SELECT head FROM stream_mark "
      + "WHERE incarnation = ? AND dataset = ? AND sequence <= ? ORDER BY sequence DESC",
    "SELECT id FROM population WHERE id > ? ORDER BY id LIMIT 10",
    "SELECT count(*) FROM conflict WHERE state = 'open'", CentreStore.conflictsByNodeSQL,
    WriteSession.marksSQL, CentreStore.rederivePageSQL,
    CentreStore.duplicateSQL, CentreStore.duplicateStateSQL, CentreStore.aliasSQL, PersonSearch.pairSQL[0],
    PersonSearch.pairSQL[1], PersonSearch.reopeningSQL[0], PersonSearch.reopeningSQL[1], CentreStore.tracedChangesSQL,
    CentreStore.tracedRunsSQL, Schema.audit.newestSQL,
  ]

  @Test(arguments: hot)
  func `a hot query walks an index and sorts nothing big`(_ sql: String) async throws {
    let test = try await TestStore.ready()
    let plan = try await test.store.read { database in
      try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql.replacing("?", with: "1"))
        .map { String(describing: $0["detail"] as String? ?? "") }
    }
    for step in plan {
      #expect(
        !step.hasPrefix("SCAN") || step.contains("USING INDEX") || step.contains("COVERING"),
        "\(sql): \(step)")
      let isSorted = step.contains("USE TEMP B-TREE FOR ORDER BY")
      #expect(!isSorted || step.contains("RIGHT PART") || sql == History.sql, "\(sql): \(step)")
    }
    #expect(!plan.isEmpty)
  }

  @Test func `the feed decides over an index that covers it`() async throws {
    let test = try await TestStore.ready()
    for sql in [
      RecordSource.sql, RetractionSource.sql, OccurrenceSource.sql, LostOccurrenceSource.sql, WriteSession.lastRunSQL,
    ] {
      let plan = try await test.store.read { database in
        try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql.replacing("?", with: "1"))
          .map { String(describing: $0["detail"] as String? ?? "") }
      }
      #expect(plan.count == 1)
      #expect(plan.first?.contains("SEARCH") == true)
      #expect(plan.first?.contains("COVERING") == true || sql == RetractionSource.sql, "\(plan)")
    }
  }

  @Test func `what is held is counted over an index that holds nothing else`() async throws {
    let test = try await TestStore.ready()
    let plan = try await test.store.read { database in
      try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + CentreStore.heldCountsSQL)
        .map { String(describing: $0["detail"] as String? ?? "") }
    }
    #expect(plan == ["SCAN quarantine USING COVERING INDEX quarantine_held"])
  }
}
