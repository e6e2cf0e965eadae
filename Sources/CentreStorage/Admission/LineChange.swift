import Datasets
import Replication
import Storage
import Wire

/// A hello whose incarnation takes the place of the node's current one: what becomes of the line that is left.
///
/// Mostly nothing: a daemon was restarted, and the new incarnation goes on where the current one ended. Else the disk
/// was set back, or another disk is the node's from now on (ADR 0027).
struct LineChange {
  private let session: WriteSession
  private let node: NodeName
  private let hello: Hello
  /// The incarnation that spoke, stored, with its parents.
  private let row: Int64
  /// The incarnation that was known before, from which it descends.
  private let parent: Int64?
  private let left: Int64

  init(_ session: WriteSession, node: NodeName, hello: Hello, row: Int64, parent: Int64?, left: Int64) {
    self.session = session
    self.node = node
    self.hello = hello
    self.row = row
    self.parent = parent
    self.left = left
  }

  /// Marks what is superseded, and what the node has lost with it.
  func finding() throws -> HelloFinding? {
    let fork = try fork()
    guard let fork, fork == parent else { return try replaced(fork) }
    let setBack = try setBack(to: fork)
    guard fork != left || !setBack.isEmpty else { return nil }
    for stream in setBack { try noteLost(stream.dataset, of: fork, after: stream.begin) }
    try supersede(downTo: fork)
    return .restored(left: try session.author(ofRow: left).incarnation, streams: setBack)
  }

  /// The nearest incarnation that both lines share.
  private func fork() throws -> Int64? {
    var current = parent
    while let here = current {
      if try session.isOnLine(here, of: left) { return here }
      current = try session.parent(ofRow: here)
    }
    return nil
  }

  // MARK: The same disk, set back

  /// The streams of which the line that goes on has less than the one that is left.
  private func setBack(to fork: Int64) throws -> [HelloFinding.SetBack] {
    // The first incarnation of the line that goes on says where it left the other.
    var child = row
    while let parent = try session.parent(ofRow: child), parent != fork { child = parent }
    return try session.datasets(of: hello, and: [row, left]).compactMap { dataset in
      let reached = try session.linePosition(left, dataset).mark.sequence
      let begin = try session.end(ofRow: child, dataset)?.last ?? .none
      return begin < reached ? HelloFinding.SetBack(dataset: dataset, begin: begin, applied: reached) : nil
    }
  }

  /// Marks the incarnations that nothing comes from any more; the feed gives back what they said.
  private func supersede(downTo fork: Int64?) throws {
    var current: Int64? = left
    while let here = current, here != fork {
      try session.run(
        "UPDATE incarnation SET superseded_ms = ? WHERE id = ?",
        [.integer(session.now.milliseconds), .integer(here)])
      for dataset in try session.datasets(of: hello, and: [row, here]) {
        try noteLost(dataset, of: here, after: .none)
      }
      current = try session.parent(ofRow: here)
    }
  }

  /// What `incarnation` said after this place the node has no more.
  private func noteLost(
    _ dataset: DatasetName, of incarnation: Int64, after: Datasets.Sequence
  ) throws {
    try session.run(
      """
      INSERT INTO lost (node, dataset, incarnation, after) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET after = min(after, excluded.after)
      """, [.text(node.text), .text(dataset.text), .integer(incarnation), after.stored])
  }

  // MARK: Another disk

  private func replaced(_ fork: Int64?) throws -> HelloFinding {
    // It concerned what the other disk held back; the numbers of this one begin anew.
    if try session.run("DELETE FROM backlog_hold WHERE node = ?", [.text(node.text)]) > 0 {
      try session.markRevoked(left)
    }
    let isEmpty = parent == nil && hello.lineage.last?.parent == nil
    // A disk whose parents a restored centre does not know may be the very one that the centre knew.
    let unsent = parent == nil && !isEmpty ? 0 : try noteUnsent()
    try supersede(downTo: fork)
    var current = parent
    while let here = current, here != fork {
      try reinstate(here)
      current = try session.parent(ofRow: here)
    }
    return .replaced(
      left: try session.author(ofRow: left).incarnation, isEmpty: isEmpty, unsent: unsent)
  }

  /// The ledger counts what the other disk had said that it held, as far as it had said so.
  private func noteUnsent() throws -> UInt64 {
    let streams = try session.database.rows(
      "SELECT dataset, applied, last FROM node_stream WHERE node = ? AND last > applied ORDER BY dataset",
      [.text(node.text)]
    ) { (dataset: try $0.dataset(0), applied: $0.sequence(1), last: $0.sequence(2)) }
    var unsent: UInt64 = 0
    for stream in streams {
      let count = stream.last.value - stream.applied.value
      unsent += count
      try session.run(
        """
        INSERT INTO ledger (node, incarnation, dataset, first, last, count, reason, at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(node.text), .integer(left), .text(stream.dataset.text), stream.applied.next.stored,
          stream.last.stored, .integer(Int64(clamping: count)), .text(LedgerEntry.diskLost),
          .integer(session.now.milliseconds),
        ])
    }
    try session.run("UPDATE node_stream SET applied = 0, last = 0 WHERE node = ?", [.text(node.text)])
    return unsent
  }

  /// The disk that was given up is the node's again, with all that it holds.
  private func reinstate(_ incarnation: Int64) throws {
    try session.run("UPDATE incarnation SET superseded_ms = NULL WHERE id = ?", [.integer(incarnation)])
    try session.run("DELETE FROM lost WHERE incarnation = ?", [.integer(incarnation)])
    try session.run(
      "DELETE FROM ledger WHERE incarnation = ? AND reason = ?",
      [.integer(incarnation), .text(LedgerEntry.diskLost)])
  }
}

extension WriteSession {
  /// The datasets that either the hello or the centre knows of these incarnations.
  func datasets(of hello: Hello, and incarnations: [Int64]) throws -> [DatasetName] {
    var names = Set(hello.streams.map(\.dataset))
    for line in hello.lineage { names.formUnion(line.ends.map(\.dataset)) }
    for here in incarnations {
      let known = try database.rows(
        "SELECT dataset FROM stream WHERE incarnation = ?", [.integer(here)]
      ) { try $0.dataset(0) }
      names.formUnion(known)
    }
    return names.sorted()
  }
}
