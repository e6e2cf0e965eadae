package import Datasets
import GRDB
package import Replication
import Storage

/// One stream as the centre has it.
package struct NodeStream: Sendable, Equatable {
  package let node: NodeName
  package let dataset: DatasetName
  package let applied: Datasets.Sequence
  /// The last that the node is known to hold.
  package let last: Datasets.Sequence
  /// Effective time of the newest entry with a sure clock.
  package let newest: Timestamp?
  /// Natural keys that the node said, each once, and the sum over them.
  package let count: UInt64
  package let digest: DigestSum
}

/// What the first page of the command centre shows, from a few small tables.
package struct FleetOverview: Sendable, Equatable {
  package let nodes: [NodeEntry]
  /// Per node the newest data of any dataset.
  package let newest: [NodeName: Timestamp]
  package let openConflicts: Int
  /// Of how many open conflicts an office wrote one side.
  package var openConflictsByNode: [NodeName: Int] = [:]
  package let settledConflicts: Int
  package let quarantined: Int
  /// Records that gaps stand for, over all time.
  package let missing: UInt64
  package let feedEnd: UInt64
  /// What was noticed of nodes' disks, keys and sessions and is not old yet.
  package var notices: [NodeNotice] = []
}

extension CentreStore {
  /// By node and dataset.
  package func streams(node: NodeName? = nil) async throws -> [NodeStream] {
    try await read { database in
      try database.rows(
        """
        SELECT node, dataset, applied, last, newest_ms, count, sum FROM node_stream
        WHERE ?1 IS NULL OR node = ?1 ORDER BY node, dataset
        """, [.optional(node?.text)]
      ) { row in
        NodeStream(
          node: try row.node(0), dataset: try row.dataset(1), applied: row.sequence(2), last: row.sequence(3),
          newest: row.optionalTimestamp(4), count: row.unsigned(5),
          digest: (try? row.hash(6)).map { DigestSum($0) } ?? DigestSum())
      }
    }
  }

  static let conflictsByNodeSQL =
    "SELECT node, count(*) FROM conflict_node WHERE state = 'open' GROUP BY node"

  package func fleetOverview(now: Timestamp) async throws -> FleetOverview {
    try await read { database in
      let newest = try database.rows(
        "SELECT node, max(newest_ms) FROM node_stream WHERE newest_ms IS NOT NULL GROUP BY node"
      ) { (try $0.node(0), $0.timestamp(1)) }
      let conflicts = try database.rows(Self.conflictsByNodeSQL) { (try $0.node(0), Int($0.integer(1))) }
      func count(_ sql: String) throws -> Int { Int(try database.integer(sql) ?? 0) }
      return FleetOverview(
        nodes: try Self.nodes(database, where: "1", []),
        newest: Dictionary(newest, uniquingKeysWith: { first, _ in first }),
        openConflicts: try count("SELECT count(*) FROM conflict WHERE state = 'open'"),
        openConflictsByNode: Dictionary(conflicts, uniquingKeysWith: { first, _ in first }),
        settledConflicts: try count("SELECT count(*) FROM conflict WHERE state = 'settled'"),
        quarantined: try count("SELECT count(*) FROM quarantine WHERE state = 'held'"),
        missing: UInt64(clamping: try database.integer("SELECT sum(count) FROM ledger") ?? 0),
        feedEnd: try database.feedPosition(), notices: try Self.notices(database, now: now))
    }
  }
}
