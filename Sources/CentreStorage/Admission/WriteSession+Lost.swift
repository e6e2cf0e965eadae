import Datasets
import Replication
import Storage
import Wire

/// What a node's disk does not have of what its own incarnations said: events and samples come back to it by the feed
/// (`LostOccurrenceSource`), what the centre never had is in the ledger.
extension WriteSession {
  /// The feed position of the newest run of events after a place.
  static let lastRunSQL = """
    SELECT position FROM occurrence_batch INDEXED BY occurrence_batch_lost
    WHERE incarnation = ? AND dataset = ? AND last > ? ORDER BY position DESC LIMIT 1
    """

  /// The datasets that an incarnation has said anything of.
  func streams(of incarnation: Int64) throws -> [DatasetName] {
    try database.rows("SELECT dataset FROM stream WHERE incarnation = ?", [.integer(incarnation)]) {
      try $0.dataset(0)
    }
  }

  func lastRun(of incarnation: Int64, _ dataset: DatasetName, after: Datasets.Sequence) throws -> UInt64? {
    try first(Self.lastRunSQL, [.integer(incarnation), .text(dataset.text), after.stored]) { $0.unsigned(0) }
  }

  /// Notes that the node's disk lacks what `incarnation` said after a place.
  ///
  /// - Parameter through: the feed position of the last run of it: a reader beyond has all of it. It is kept, since the
  ///   reader may go back, with its disk or by a new snapshot.
  func noteLost(
    _ dataset: DatasetName, of incarnation: Int64, _ node: NodeName, after: Datasets.Sequence, through: UInt64
  ) throws {
    try run(
      """
      INSERT INTO lost (node, dataset, incarnation, after, through) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET after = min(after, excluded.after), through = max(through, excluded.through)
      """,
      [
        .text(node.text), .text(dataset.text), .integer(incarnation), after.stored,
        .integer(Int64(clamping: through)),
      ])
  }

  /// Events that come out of quarantine when their node has lost the disk that recorded them.
  func reopenLost(_ run: IngestRun) throws {
    let isSuperseded = try first("SELECT superseded_ms IS NOT NULL FROM incarnation WHERE id = ?", [.integer(run.row)])
    {
      $0.integer(0) != 0
    }
    if isSuperseded == true {
      return try noteLost(run.dataset, of: run.row, run.node, after: .none, through: memory.position)
    }
    try self.run(
      "UPDATE lost SET through = ? WHERE node = ? AND dataset = ? AND incarnation = ? AND after < ?",
      [
        .integer(Int64(clamping: memory.position)), .text(run.node.text), .text(run.dataset.text),
        .integer(run.row), run.last.stored,
      ])
  }

  /// Marks incarnations that nothing comes from any more. What they said of records comes with every copy.
  func supersede(_ incarnations: [Int64], of node: NodeName) throws {
    for incarnation in incarnations {
      try run(
        "UPDATE incarnation SET superseded_ms = ? WHERE id = ?",
        [.integer(now.milliseconds), .integer(incarnation)])
      for dataset in try streams(of: incarnation) {
        guard let through = try lastRun(of: incarnation, dataset, after: .none) else { continue }
        try noteLost(dataset, of: incarnation, node, after: .none, through: through)
      }
    }
  }

  /// Takes back that these incarnations were left: the disk that they are of is the node's, with all that it holds.
  ///
  /// - Returns: whether any of them had been.
  @discardableResult
  func reinstate(_ incarnations: [Int64], of node: NodeName) throws -> Bool {
    var left: [Int64] = []
    for incarnation in incarnations {
      let isSuperseded = try first(
        "SELECT 1 FROM incarnation WHERE id = ? AND superseded_ms IS NOT NULL", [.integer(incarnation)]
      ) { _ in true }
      if isSuperseded != nil { left.append(incarnation) }
    }
    if left.isEmpty { return false }
    try forgetLost(left, of: node)
    // What the disk had lost before it was left stays lost.
    try run(
      """
      DELETE FROM ledger WHERE node = ? AND reason = ? AND incarnation IN (SELECT value FROM json_each(?))
        AND at_ms >= (SELECT superseded_ms FROM incarnation WHERE id = ledger.incarnation)
      """, [.text(node.text), .text(LedgerEntry.diskLost), .set(left)])
    try run(
      "UPDATE incarnation SET superseded_ms = NULL WHERE id IN (SELECT value FROM json_each(?))", [.set(left)])
    return true
  }

  /// By node, which an index begins with: one look for all of them.
  func forgetLost(_ incarnations: [Int64], of node: NodeName) throws {
    try run(
      "DELETE FROM lost WHERE node = ? AND incarnation IN (SELECT value FROM json_each(?))",
      [.text(node.text), .set(incarnations)])
  }

  /// The ledger counts entries that a disk had said that it held, and that the centre never had.
  func noteUnsent(
    _ dataset: DatasetName, of incarnation: Int64, _ node: NodeName, after: Datasets.Sequence,
    through last: Datasets.Sequence
  ) throws {
    try run(
      """
      INSERT INTO ledger (node, incarnation, dataset, first, last, count, reason, at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(node.text), .integer(incarnation), .text(dataset.text), after.next.stored, last.stored,
        .integer(Int64(clamping: last.value - after.value)), .text(LedgerEntry.diskLost),
        .integer(now.milliseconds),
      ])
    try run(
      "UPDATE node_stream SET last = ? WHERE node = ? AND dataset = ?",
      [after.stored, .text(node.text), .text(dataset.text)])
  }
}

extension StoredValue {
  /// Many numbers for `json_each`.
  fileprivate static func set(_ numbers: [Int64]) -> StoredValue {
    .text("[" + numbers.map(String.init).joined(separator: ",") + "]")
  }
}
