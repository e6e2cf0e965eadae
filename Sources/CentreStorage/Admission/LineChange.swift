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
    let parting = try parting()
    guard let fork = parting.fork, fork == parent else { return try replaced(parting) }
    let setBack = try setBack(to: fork)
    guard fork != left || !setBack.isEmpty else { return nil }
    try noteUnsent(setBack)
    try session.supersede(parting.left, of: node)
    try noteLost(of: fork)
    return .restored(left: try session.author(ofRow: left).incarnation, streams: setBack)
  }

  /// Where the line that goes on and the one that is left part.
  private struct Parting {
    /// The nearest incarnation that both share.
    let fork: Int64?
    /// Those of the line that is left alone, newest first.
    let left: [Int64]
    /// Known ones of the line that goes on alone, newest first.
    let kept: [Int64]
  }

  private func parting() throws -> Parting {
    // A daemon that was restarted, mostly: nothing need be looked through.
    if parent == left { return Parting(fork: left, left: [], kept: []) }
    let other = try session.line(of: left)
    let own = try parent.map { try session.line(of: $0) } ?? []
    let members = Set(other)
    let kept = own.prefix { !members.contains($0) }
    let fork = kept.count < own.count ? own[kept.count] : nil
    return Parting(fork: fork, left: Array(other.prefix { $0 != fork }), kept: Array(kept))
  }

  // MARK: The same disk, set back

  /// A disk that was set back under a running daemon: nothing but what it said before shows that it held more.
  ///
  /// - Parameter copies: streams of which the centre has more than the disk: the node branches off from these.
  func setBackInPlace(except copies: [DatasetName]) throws -> HelloFinding? {
    let said = Set(hello.streams.map(\.dataset)).subtracting(copies)
    let setBack = try setBack(to: row).filter { said.contains($0.dataset) }
    if setBack.isEmpty { return nil }
    try noteUnsent(setBack)
    return .restored(left: try session.author(ofRow: left).incarnation, streams: setBack)
  }

  /// The streams of which the line that goes on has less than the one that is left, or is known to have had.
  private func setBack(to fork: Int64) throws -> [HelloFinding.SetBack] {
    let known = Dictionary(
      try unsent().map { ($0.dataset, $0.last) }, uniquingKeysWith: { first, _ in first })
    let begins = try begins(after: fork)
    let datasets = Set(try session.datasets(of: hello, and: [row, left])).union(known.keys)
    return try datasets.sorted().compactMap { dataset in
      let reached = try session.linePosition(left, dataset).mark.sequence
      let begin = try begins(dataset)
      let last = max(known[dataset] ?? .none, reached)
      return begin < last
        ? HelloFinding.SetBack(dataset: dataset, begin: begin, applied: reached, last: last) : nil
    }
  }

  /// How far the line that goes on has `fork`'s streams: its first incarnation of its own says where it began.
  private func begins(after fork: Int64) throws -> (DatasetName) throws -> Datasets.Sequence {
    if row == fork {
      let streams = hello.streams
      return { dataset in streams.first { $0.dataset == dataset }?.next.previous ?? .none }
    }
    var child = row
    while let parent = try session.parent(ofRow: child), parent != fork { child = parent }
    return { [session, child] in try session.end(ofRow: child, $0)?.last ?? .none }
  }

  /// What was said after the line that goes on left it: that was with the other disk. Of the fork anew, since what was
  /// noted of it before concerned the other's line: this disk may have what that one had lost.
  private func noteLost(of fork: Int64) throws {
    try session.forgetLost([fork], of: node)
    let begins = try begins(after: fork)
    for dataset in try session.streams(of: fork) {
      try session.run(
        "DELETE FROM ledger WHERE node = ? AND dataset = ? AND incarnation = ? AND reason = ? AND last <= ?",
        [
          .text(node.text), .text(dataset.text), .integer(fork), .text(LedgerEntry.diskLost),
          try begins(dataset).stored,
        ])
    }
    // It may have been left before the place where the fork itself began: then its parents lose their last as well. Not
    // those above whom it did not reach: what was left of them was noted when that happened.
    var row: Int64? = fork
    while let here = row {
      for dataset in try session.streams(of: here) { try noteLost(dataset, of: here, after: try begins(dataset)) }
      let isReached = try session.ends(ofRow: here).contains { try begins($0.dataset) < $0.last }
      row = isReached ? try session.parent(ofRow: here) : nil
    }
  }

  private func noteLost(_ dataset: DatasetName, of row: Int64, after begin: Datasets.Sequence) throws {
    if session.catalogue.datasets[dataset]?.definition.kind == .record { return }
    guard let applied = try session.stream(row, dataset), begin < applied.sequence else { return }
    // Also without any now: what is held of it may be taken in later.
    let through = try session.lastRun(of: row, dataset, after: begin) ?? 0
    try session.noteLost(dataset, of: row, node, after: begin, through: through)
  }

  private func noteUnsent(_ setBack: [HelloFinding.SetBack]) throws {
    for stream in setBack where stream.unsent > 0 {
      try session.noteUnsent(
        stream.dataset, of: left, node, after: max(stream.begin, stream.applied), through: stream.last)
    }
  }

  // MARK: Another disk

  private func replaced(_ parting: Parting) throws -> HelloFinding {
    // It concerned what the other disk held back; the numbers of this one begin anew.
    if try session.run("DELETE FROM backlog_hold WHERE node = ?", [.text(node.text)]) > 0 {
      try session.markRevoked(left)
    }
    let isEmpty = parent == nil && hello.lineage.last?.parent == nil
    let unsent = try noteAllUnsent()
    try session.supersede(parting.left, of: node)
    try session.reinstate(parting.kept, of: node)
    if let fork = parting.fork { try noteLost(of: fork) }
    return .replaced(
      left: try session.author(ofRow: left).incarnation, isEmpty: isEmpty, unsent: unsent)
  }

  /// What the other disk had said that it held, as far as it had said so; the numbers of this one are others.
  private func noteAllUnsent() throws -> UInt64 {
    var count: UInt64 = 0
    for stream in try unsent() {
      count += stream.last.value - stream.applied.value
      try session.noteUnsent(stream.dataset, of: left, node, after: stream.applied, through: stream.last)
    }
    try session.run("UPDATE node_stream SET applied = 0, last = 0 WHERE node = ?", [.text(node.text)])
    return count
  }

  /// What the node was known to hold for the centre.
  private func unsent() throws -> [(dataset: DatasetName, applied: Datasets.Sequence, last: Datasets.Sequence)] {
    try session.database.rows(
      "SELECT dataset, applied, last FROM node_stream WHERE node = ? AND last > applied ORDER BY dataset",
      [.text(node.text)]
    ) { (dataset: try $0.dataset(0), applied: $0.sequence(1), last: $0.sequence(2)) }
  }
}

extension WriteSession {
  /// The datasets that either the hello or the centre knows of these incarnations.
  func datasets(of hello: Hello, and incarnations: [Int64]) throws -> [DatasetName] {
    var names = Set(hello.streams.map(\.dataset))
    for line in hello.lineage { names.formUnion(line.ends.map(\.dataset)) }
    for here in incarnations {
      names.formUnion(try streams(of: here))
    }
    return names.sorted()
  }
}
