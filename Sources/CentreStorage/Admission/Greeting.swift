import Datasets
import Replication
import Storage
import Wire

/// One hello being judged, within one transaction.
struct Greeting {
  private let session: WriteSession
  private let node: NodeName
  private let hello: Hello
  private let key: KeyHistory
  private let hasAnswered: Bool

  init(_ session: WriteSession, node: NodeName, hello: Hello, key: KeyHistory, hasAnswered: Bool) {
    self.session = session
    self.node = node
    self.hello = hello
    self.key = key
    self.hasAnswered = hasAnswered
  }

  func admission() throws -> Admission {
    guard let standing = try session.standing(of: node), node != .centre else {
      return Admission(refusing: .unknownNode, "\(node) was never invited")
    }
    if standing.isFenced {
      return Admission(refusing: .fenced, "\(node) is fenced; the centre's admin must give it a new key")
    }
    guard let newest = hello.lineage.first, isWellFormed else {
      return Admission(refusing: .malformed, "the hello's lineage does not hold together")
    }
    let hasLinked = try session.storeParents(hello.lineage, of: node)
    var findings: [HelloFinding] = []
    let row: Int64
    switch try place(of: newest.incarnation, current: standing.current) {
    case .clone(let current):
      guard hasAnswered else { return .doubted }
      let finding = HelloFinding.clone(current: current, spoke: newest.incarnation)
      try session.fence(node, reason: .diskRunsTwice)
      return Admission(refusing: .fenced, "the disk of \(node) runs twice", [finding])
    case .unknown(let oldest):
      return Admission(
        refusing: .unknownIncarnation,
        "none of the parents that \(node) names is known here; if this disk is to be its, the centre's admin "
          + "invites it again", [.unknownLineage(oldest: oldest)])
    case .cut:
      var admission = Admission(
        refusing: .unknownIncarnation,
        "none of the parents that \(node) names is known here; it is asked for all that it keeps")
      admission.asksForAllParents = true
      return admission
    case .current(let known): row = known
    case .new(let known, let parent):
      row = known
      if let left = standing.current {
        let line = LineChange(session, node: node, hello: hello, row: row, parent: parent, left: left)
        if let finding = try line.finding() { findings.append(finding) }
      }
    }
    // It had been taken for another disk, as long as where it came from was not known.
    if hasLinked, try session.reinstate(try session.line(of: row), of: node) {
      try session.forget(.replaced, of: node)
    }
    // Welcomed all the same: from the positions the node sees that it has another history, begins a new
    // incarnation from the last common place, and greets anew. A refusal would tell it nothing to go on from.
    let copies = try copies(row)
    if let first = copies.first { findings.append(.copied(first.dataset, at: first.common)) }
    if row == standing.current {
      let line = LineChange(session, node: node, hello: hello, row: row, parent: row, left: row)
      if let finding = try line.setBackInPlace(except: copies.map(\.dataset)) { findings.append(finding) }
    }
    guard hasAnswered || findings.isEmpty else { return .doubted }
    try settle(row, copies: copies.map(\.dataset))
    return try welcome(row, findings)
  }

  // MARK: Lineage

  private enum Place {
    case current(Int64)
    /// To become current; `parent` is the known incarnation that it descends from, nil for a line's first.
    case new(Int64, parent: Int64?)
    case clone(current: Incarnation)
    case unknown(oldest: Incarnation)
    /// The first hello of a key reaches no parent that is known, but its line goes on above what it names.
    case cut
  }

  /// Each line is the child of the next, one generation above it, and ends no stream before it was sealed.
  private var isWellFormed: Bool {
    for (index, line) in hello.lineage.enumerated() {
      if let parent = line.parent {
        guard parent.generation < .max, line.incarnation.generation == parent.generation + 1 else {
          return false
        }
      }
      if index + 1 < hello.lineage.count, line.parent != hello.lineage[index + 1].incarnation { return false }
      guard line.ends.allSatisfy({ $0.sealed.sequence <= $0.last }) else { return false }
      guard Set(line.ends.map(\.dataset)).count == line.ends.count else { return false }
    }
    return Set(hello.streams.map(\.dataset)).count == hello.streams.count
  }

  private func place(of incarnation: Incarnation, current: Int64?) throws -> Place {
    if let known = try knownRow(incarnation) {
      guard let current, known != current else { return .current(known) }
      if key != .welcomed { return .new(known, parent: known) }
      return .clone(current: try session.author(ofRow: current).incarnation)
    }
    // From the newest line down to the first whose parent is known.
    var new: [Lineage] = []
    var parent: Int64?
    for line in hello.lineage {
      if let known = try knownRow(line.incarnation) {
        parent = known
        break
      }
      new.append(line)
      if let named = line.parent, let known = try knownRow(named) {
        parent = known
        break
      }
    }
    guard let oldest = new.last else { return .unknown(oldest: incarnation) }
    if current != nil, parent == nil {
      if key == .welcomed { return .unknown(oldest: oldest.parent ?? oldest.incarnation) }
      // A hello names parents back to the last that a welcome named. A centre that was set back may have lost that
      // welcome, and would take the office's own disk for another.
      if key == .enrolled, oldest.parent != nil { return .cut }
    } else if let current, let parent, key == .welcomed, try !session.isOnLine(parent, of: current) {
      return .clone(current: try session.author(ofRow: current).incarnation)
    }
    return .new(try store(new, below: parent), parent: parent)
  }

  private func knownRow(_ incarnation: Incarnation) throws -> Int64? {
    try session.row(of: Author(node: node, incarnation: incarnation))
  }

  /// Stores lines, given newest first, and makes the newest current.
  private func store(_ lines: [Lineage], below parent: Int64?) throws -> Int64 {
    var above = parent
    for line in lines.reversed() {
      if above == nil, let named = line.parent {
        // The first that is heard of this node: its parent is known by name only, and its streams from their
        // start.
        above = try session.insertIncarnation(Author(node: node, incarnation: named), parent: nil)
      }
      let row = try session.insertIncarnation(
        Author(node: node, incarnation: line.incarnation), parent: above)
      try session.storeEnds(of: line, row: row)
      above = row
    }
    guard let row = above else { throw StoreError.damaged("a lineage") }
    return row
  }

  /// The datasets that either the hello or the centre knows of this node's line.
  private func datasets(_ row: Int64) throws -> [DatasetName] { try session.datasets(of: hello, and: [row]) }

  // MARK: Streams

  /// The streams of which the node has less than it sent under this incarnation, or another chain, with the last
  /// place that both have.
  private func copies(_ row: Int64) throws -> [(dataset: DatasetName, common: StreamMark)] {
    var copies: [(dataset: DatasetName, common: StreamMark)] = []
    // Also those that the hello does not name: a snapshot may be older than the stream.
    for dataset in try datasets(row) {
      let stream = hello.streams.first { $0.dataset == dataset }
      let last = stream?.next.previous ?? .none
      let applied = try session.linePosition(row, dataset).mark
      var common = StreamMark.start
      var isCopy = false
      for mark in (stream?.marks ?? []).sorted(by: { $0.sequence < $1.sequence })
      where mark.sequence <= applied.sequence {
        let head = mark.sequence == applied.sequence ? applied : try storedMark(mark.sequence, row, dataset)
        guard let head else { continue }
        guard head == mark else {
          isCopy = true
          break
        }
        common = mark
      }
      if !isCopy, last < applied.sequence {
        isCopy = true
        common = try session.mark(at: last, onLineOf: row, dataset) ?? common
      }
      if isCopy { copies.append((dataset, common)) }
    }
    return copies
  }

  /// A head that was kept as such: comparing must not cost a walk over entries.
  private func storedMark(
    _ sequence: Datasets.Sequence, _ row: Int64, _ dataset: DatasetName
  ) throws -> StreamMark? {
    var current: Int64? = row
    while let here = current {
      let last = try session.end(ofRow: here, dataset)?.last ?? .none
      if sequence > last {
        return try session.first(
          "SELECT head FROM stream_mark WHERE incarnation = ? AND dataset = ? AND sequence = ?",
          [.integer(here), .text(dataset.text), sequence.stored]
        ) { StreamMark(sequence: sequence, head: try $0.hash(0)) }
      }
      current = try session.parent(ofRow: here)
    }
    return nil
  }

  /// Makes the incarnation current and its streams stand where their parents' ended.
  ///
  /// - Parameter copies: streams of which the hello says nothing that the disk before it held. What that one had
  ///   unsent is known until the copy has branched off (`LineChange`).
  private func settle(_ row: Int64, copies: [DatasetName]) throws {
    try session.run(
      "UPDATE node SET current = ?, version = ?, last_seen_ms = ? WHERE name = ?",
      [.integer(row), .text(hello.softwareVersion), .integer(session.now.milliseconds), .text(node.text)])
    session.memory.nodes[node] = nil
    for dataset in try datasets(row) {
      let position = try session.linePosition(row, dataset)
      if position.isBegun, try session.stream(row, dataset) == nil {
        try session.setStream(row, dataset, to: position.mark)
      }
      let isCopy = copies.contains(dataset)
      let last = isCopy ? .none : hello.streams.first { $0.dataset == dataset }?.next.previous ?? .none
      try session.run(
        """
        INSERT INTO node_stream (node, dataset, applied, last) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET applied = excluded.applied,
          last = CASE WHEN ? THEN max(last, excluded.last) ELSE excluded.last END
        """,
        [
          .text(node.text), .text(dataset.text), position.mark.sequence.stored,
          max(last, position.mark.sequence).stored, .integer(isCopy ? 1 : 0),
        ])
    }
  }

  // MARK: Welcome

  private func welcome(_ row: Int64, _ findings: [HelloFinding]) throws -> Admission {
    var findings = findings
    var positions: [Welcome.Position] = []
    for dataset in try datasets(row) {
      let applied = try session.linePosition(row, dataset).mark
      positions.append(
        Welcome.Position(
          dataset: dataset, applied: applied, backedUp: try session.backedUp(row, dataset),
          unsealed: try unsealed(dataset, row, applied: applied.sequence)))
      if let stream = hello.streams.first(where: { $0.dataset == dataset }),
        stream.next.previous > applied.sequence, stream.earliestKept > applied.sequence.next
      {
        findings.append(.trimmed(dataset, applied: applied.sequence, earliestKept: stream.earliestKept))
      }
    }
    let ruleVersion = session.catalogue.ruleVersion(of: node)
    var resumed: UInt64?
    if let cursor = hello.cursor, hello.ruleVersion == ruleVersion, try session.isWithinHistory(cursor) {
      resumed = cursor.position
    }
    let welcome = Welcome(
      session: try nextSession(), incarnation: try session.author(ofRow: row).incarnation,
      positions: positions,
      epoch: session.cursor.epoch,
      feed: resumed == nil ? .reset(sweepAt: session.memory.position) : .resume, ruleVersion: ruleVersion,
      rightsVersion: session.catalogue.rightsVersion(of: node), credit: Credit(bytes: 0, messages: 0),
      centreTime: session.now, echo: hello.clock, documents: documents,
      fleetKeys: session.catalogue.writesRecords(node) ? try session.database.fleetKeys() : [],
      silenceLimitMilliseconds: 0)
    return Admission(decision: .welcomed(welcome, feedPosition: resumed ?? 0), findings: findings)
  }

  /// What is applied under numbers that the node has and has not sealed: another disk of its had sent them, which this one
  /// was before it was set back, or a copy of which it is, that may have recorded something else since.
  private func unsealed(
    _ dataset: DatasetName, _ row: Int64, applied: Datasets.Sequence
  ) throws -> Welcome.Bodies? {
    guard let stream = hello.streams.first(where: { $0.dataset == dataset }) else { return nil }
    let sealed = stream.marks.map(\.sequence).max() ?? .none
    guard sealed < applied, applied <= stream.next.previous else { return nil }
    return try session.bodies(after: sealed, through: applied, onLineOf: row, dataset).map {
      Welcome.Bodies(after: sealed, digest: $0)
    }
  }

  /// What the node lacks or has otherwise; empty texts for what no longer concerns it.
  private var documents: [Document] {
    let wanted = session.catalogue.documents(of: node)
    var hashes: [String: UInt64] = [:]
    for document in hello.documents { hashes[document.name] = document.hash }
    var changed = wanted.filter { hashes[$0.name] != EntryChecksum.of(Array($0.text.utf8)) }
    let names = Set(wanted.map(\.name))
    for document in hello.documents where !names.contains(document.name) {
      changed.append(Document(name: document.name, text: ""))
    }
    return changed
  }

  /// Rising, never given twice, and not to be guessed from an earlier epoch's.
  private func nextSession() throws -> UInt64 {
    let count = try session.counter("session") &+ 1
    try session.setCounter("session", to: count)
    let salt = session.cursor.epoch.random &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(bitPattern: count)
    return UInt64(bitPattern: count) << 20 | (salt ^ salt >> 31) & 0xF_FFFF
  }
}
