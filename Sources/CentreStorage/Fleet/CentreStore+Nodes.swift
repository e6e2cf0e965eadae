package import Datasets
import GRDB
import Storage
import Wire

extension CentreStore {
  /// Every node that was ever invited, by name.
  package func nodes() async throws -> [NodeEntry] {
    try await read { try Self.nodes($0, where: "1", []) }
  }

  package func node(_ name: NodeName) async throws -> NodeEntry? {
    try await read { try Self.nodes($0, where: "n.name = ?", [.text(name.text)]).first }
  }

  /// Keeps what nodes said of themselves, many in one transaction.
  package func store(_ sightings: [NodeSighting], now: Timestamp) async throws {
    guard !sightings.isEmpty else { return }
    try await write(now: now) { session in
      for sighting in sightings {
        var report = ByteWriter(capacity: 48)
        if let value = sighting.report { report.report(value) }
        var cursor = ByteWriter(capacity: 24)
        if let value = sighting.cursor { cursor.cursor(value) }
        try session.run(
          """
          UPDATE node SET last_seen_ms = max(coalesce(last_seen_ms, ?1), ?1), report = coalesce(?2, report),
            cursor = coalesce(?3, cursor), version = coalesce(?4, version) WHERE name = ?5
          """,
          [
            .integer(sighting.seen.milliseconds), sighting.report == nil ? .null : .blob(report.bytes),
            sighting.cursor == nil ? .null : .blob(cursor.bytes), .optional(sighting.version),
            .text(sighting.node.text),
          ])
      }
    }
  }

  static func nodes(_ database: Database, where condition: String, _ values: [StoredValue]) throws
    -> [NodeEntry]
  {
    let sql = """
      SELECT n.name, n.fenced_ms IS NOT NULL, n.fence_reason, n.last_seen_ms, n.version, n.report, n.cursor,
        EXISTS (SELECT 1 FROM node_key k WHERE k.node = n.name AND k.revoked_ms IS NULL),
        EXISTS (SELECT 1 FROM node_key k WHERE k.node = n.name)
          OR NOT EXISTS (SELECT 1 FROM invitation v WHERE v.node = n.name AND v.withdrawn_ms IS NULL),
        i.generation, i.random
      FROM node n LEFT JOIN incarnation i ON i.id = n.current WHERE \(condition) ORDER BY n.name
      """
    return try database.rows(sql, values) { row in
      let state: NodeEntry.State
      switch (row.integer(1) != 0, row.integer(7) != 0, row.integer(8) != 0) {
      case (true, true, _): state = .fenced
      case (_, true, _): state = .offline
      case (_, false, true): state = .revoked
      case (_, false, false): state = .invited
      }
      var report = ByteReader(row.blob(5))
      var cursor = ByteReader(row.blob(6))
      return NodeEntry(
        node: try row.node(0), state: state, fenceReason: row.text(2), lastSeen: row.optionalTimestamp(3),
        report: try? report.report(), version: row.text(4),
        incarnation: row.isNull(9) ? nil : row.incarnation(9), cursor: try? cursor.cursor())
    }
  }
}
