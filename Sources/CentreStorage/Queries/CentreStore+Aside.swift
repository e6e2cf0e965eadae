package import Datasets
import GRDB
import Replication
import Storage
package import Wire

/// An entry that could not be applied.
package struct QuarantineEntry: Sendable, Equatable {
  package enum State: String, Sendable {
    case held
    case requeued
    case discarded
    /// Put right by a person: a change of the centre's stands for it.
    case mended
  }

  package let id: Int64
  package let dataset: DatasetName
  package let dot: Dot
  package let record: RecordID?
  /// `QuarantineReason.Code` as its word.
  package let code: String
  package let reason: BilingualText
  package let state: State
  package let received: Timestamp
  /// Nil when it cannot be decoded.
  package let entry: Entry?
  /// Why somebody decided so, in that person's words; nil where nobody has, or gave no reason.
  package let decision: String?
}

/// What is held of one node for one reason.
package struct HeldCount: Sendable, Equatable {
  package let node: NodeName
  /// `QuarantineReason.Code` as its word.
  package let code: String
  package let count: Int
  /// When the oldest of them came.
  package let oldest: Timestamp

  package init(node: NodeName, code: String, count: Int, oldest: Timestamp) {
    self.node = node
    self.code = code
    self.count = count
    self.oldest = oldest
  }
}

/// Records that were dropped or thinned on purpose, or lost to damage.
package struct LedgerEntry: Sendable, Equatable {
  package let id: Int64
  package let node: NodeName
  package let incarnation: Incarnation
  package let dataset: DatasetName
  package let first: Datasets.Sequence
  package let last: Datasets.Sequence
  package let count: UInt64
  /// The reason of an entry that somebody took out of quarantine for good.
  package static let discarded = "discarded"
  /// The reason of what an office's disk still held for the centre when another took its place.
  package static let diskLost = "disk_lost"

  /// `Gap.Reason`'s word, `discarded` or `disk_lost`.
  package let reason: String
  package let at: Timestamp
}

extension CentreStore {
  /// One entry, whatever became of it.
  package func quarantined(_ id: Int64) async throws -> QuarantineEntry? {
    let damage = memory.damage
    return try await read { try Self.quarantine($0, where: "q.id = ?", [.integer(id)], limit: 1, noting: damage).first }
  }

  /// Quarantined entries, oldest first.
  package func quarantine(
    state: QuarantineEntry.State = .held, node: NodeName? = nil, after: Int64 = 0, limit: Int
  ) async throws -> Page<QuarantineEntry, Int64> {
    let count = min(max(1, limit), 1000)
    let damage = memory.damage
    return try await read { database in
      let rows = try Self.quarantine(
        database, where: "q.state = ?1 AND q.id > ?2 AND (?3 IS NULL OR q.node = ?3)",
        [.text(state.rawValue), .integer(after), .optional(node?.text)], limit: count + 1, noting: damage)
      return Page(elements: Array(rows.prefix(count)), next: rows.count > count ? rows[count - 1].id : nil)
    }
  }

  /// Named, or SQLite would take the index by state and read every held row for its node and time. The index holds the
  /// state that all of its rows have: without it SQLite would look into each of them for that.
  static let heldCountsSQL = """
    SELECT node, code, count(*), min(received_ms) FROM quarantine INDEXED BY quarantine_held
    WHERE state = 'held' GROUP BY node, code ORDER BY node, code
    """

  /// How much is held, by node and reason, in that order.
  package func heldCounts() async throws -> [HeldCount] {
    try await read { database in
      try database.rows(Self.heldCountsSQL) { row in
        HeldCount(
          node: try row.node(0), code: row.text(1) ?? "", count: Int(row.integer(2)), oldest: row.timestamp(3))
      }
    }
  }

  /// - Parameter damage: where damaged entries are noted, of which only that they are there is told.
  static func quarantine(
    _ database: Database, where condition: String, _ values: [StoredValue], limit: Int, isNewestFirst: Bool = false,
    noting damage: DamageNotes
  ) throws -> [QuarantineEntry] {
    try database.rows(
      """
      SELECT q.id, q.dataset, q.sequence, q.record, q.code, q.reason_id, q.reason_en, q.received_ms,
        i.node, i.generation, i.random, q.state, q.decision, \(CheckedTable.quarantine.columns(of: "q."))
      FROM quarantine q JOIN incarnation i ON i.id = q.incarnation
      WHERE \(condition) ORDER BY q.id\(isNewestFirst ? " DESC" : "") LIMIT \(limit)
      """, values
    ) { row in
      guard let state = QuarantineEntry.State(rawValue: row.text(11) ?? "") else {
        throw StoreError.damaged("a quarantined entry")
      }
      let body = CheckedTable.quarantine.soundBody(row, from: 13, noting: damage)
      let reason = BilingualText(id: row.text(5) ?? "", en: row.text(6) ?? "")
      return QuarantineEntry(
        id: row.integer(0), dataset: try row.dataset(1),
        dot: Dot(
          author: Author(node: try row.node(8), incarnation: row.incarnation(9)), sequence: row.sequence(2)),
        record: RecordID(bytes: row.blob(3)), code: row.text(4) ?? "",
        reason: body == nil ? StoreError.damaged(DamagedRow(.quarantine, row.integer(0))).text : reason, state: state,
        received: row.timestamp(7), entry: body.flatMap { try? Entry(bytes: $0) }, decision: row.text(12))
    }
  }

  /// What is missing, oldest first.
  package func ledger(node: NodeName? = nil, after: Int64 = 0, limit: Int) async throws -> Page<
    LedgerEntry, Int64
  > {
    let count = min(max(1, limit), 1000)
    return try await read { database in
      let rows = try database.rows(
        """
        SELECT l.id, l.node, i.generation, i.random, l.dataset, l.first, l.last, l.count, l.reason, l.at_ms
        FROM ledger l JOIN incarnation i ON i.id = l.incarnation
        WHERE l.id > ?1 AND (?2 IS NULL OR l.node = ?2) ORDER BY l.id LIMIT \(count + 1)
        """, [.integer(after), .optional(node?.text)]
      ) { row in
        LedgerEntry(
          id: row.integer(0), node: try row.node(1), incarnation: row.incarnation(2),
          dataset: try row.dataset(4),
          first: row.sequence(5), last: row.sequence(6), count: row.unsigned(7), reason: row.text(8) ?? "",
          at: row.timestamp(9))
      }
      return Page(elements: Array(rows.prefix(count)), next: rows.count > count ? rows[count - 1].id : nil)
    }
  }
}
