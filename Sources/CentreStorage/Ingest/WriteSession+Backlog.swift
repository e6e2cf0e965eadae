import Datasets
import Replication
import Storage
import Wire

/// What a node had recorded before its key was revoked and another enrolled: it enters only if the admin says so
/// (protocol.md, "What hello can find"). Whoever had the key may have written it.
extension WriteSession {
  /// Fixes, at the first welcome after a revocation, which entries that is; likewise at the first of a disk that was
  /// the node's when it was revoked, though the node has gone on with another one since.
  func holdBacklog(of node: NodeName, _ hello: Hello) throws {
    let lines = try revokedLines(of: node)
    guard try isAwaited(node) || !lines.isEmpty else { return }
    for line in lines { try run("UPDATE incarnation SET revoked_ms = NULL WHERE id = ?", [.integer(line)]) }
    for stream in hello.streams where stream.next.previous > .none {
      try run(
        """
        INSERT INTO backlog_hold (node, dataset, through) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET through = max(through, excluded.through)
        """, [.text(node.text), .text(stream.dataset.text), stream.next.previous.stored])
    }
    try run("UPDATE node SET revoked_ms = NULL WHERE name = ?", [.text(node.text)])
  }

  /// Whether the node was revoked and has said no hello with a new key yet.
  func isAwaited(_ node: NodeName) throws -> Bool {
    try first("SELECT 1 FROM node WHERE name = ? AND revoked_ms IS NOT NULL", [.text(node.text)]) { _ in true } ?? false
  }

  /// Remembers on the disk's line that the node was revoked while it was this one: until the disk speaks again.
  ///
  /// - Parameter incarnation: the line's newest; nil when the node has never been welcomed.
  func markRevoked(_ incarnation: Int64?) throws {
    guard let incarnation else { return }
    try run(
      "UPDATE incarnation SET revoked_ms = ? WHERE id = ?", [.integer(now.milliseconds), .integer(incarnation)])
  }

  /// Those of the node's current line of incarnations that were its newest at a revocation.
  private func revokedLines(of node: NodeName) throws -> [Int64] {
    guard let current = try standing(of: node)?.current else { return [] }
    return try database.rows(
      "SELECT id FROM incarnation WHERE node = ? AND revoked_ms IS NOT NULL", [.text(node.text)]
    ) { $0.integer(0) }.filter { try isOnLine($0, of: current) }
  }

  /// Sets aside what of a run belongs to such a backlog.
  ///
  /// - Returns: the rest of the run, nil when nothing is left.
  func holdBack(_ run: IngestRun, into result: inout IngestResult) throws -> IngestRun? {
    guard !run.isRequeued, let through = try heldThrough(run) else { return run }
    if run.last >= through {
      // All of it has come. Kept on, it would hold what a later incarnation of an older disk says under these numbers.
      try self.run(
        "DELETE FROM backlog_hold WHERE node = ? AND dataset = ?",
        [.text(run.node.text), .text(run.dataset.text)])
    }
    guard run.items.contains(where: { $0.sequence <= through }) else { return run }
    for item in run.items where item.sequence <= through {
      var record: RecordID?
      if case .change(_, let change)? = try? Entry(ByteReader(run.block, range: item.range)) {
        record = change.record
      }
      try quarantine(item, of: run, record: record, reason: .revokedBacklog, into: &result)
    }
    let rest = run.items.filter { $0.sequence > through }
    guard let next = rest.first else { return nil }
    return IngestRun(
      node: run.node, author: run.author, row: run.row, dataset: run.dataset, block: run.block, items: rest,
      compressed: nil, first: next.sequence, last: run.last)
  }

  private func heldThrough(_ run: IngestRun) throws -> Datasets.Sequence? {
    try first(
      "SELECT through FROM backlog_hold WHERE node = ? AND dataset = ?",
      [.text(run.node.text), .text(run.dataset.text)]
    ) { $0.sequence(0) }
  }

  func isRevoked(_ publicKey: String) throws -> Bool {
    try first(
      "SELECT 1 FROM node_key WHERE public_key = ? AND revoked_ms IS NOT NULL", [.text(publicKey)]
    ) { _ in true } ?? false
  }
}
