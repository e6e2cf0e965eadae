package import Datasets
import Failpoints
import GRDB
package import Replication
import Storage
package import Wire

/// What a welcome's positions say about one stream; everything but `agrees` is to be reported.
package enum WelcomeFinding: Sendable, Equatable {
  /// The centre goes on where this node takes it to be, or further within what was sent.
  case agrees(DatasetName)
  /// The centre lost what it had acknowledged (it was restored): it is sent again.
  case centreBehind(DatasetName, acknowledged: Datasets.Sequence, applied: Datasets.Sequence)
  /// The centre has entries of an earlier incarnation that this store, restored from a backup, never sealed:
  /// its copy of them stands.
  case centreStands(DatasetName, sealed: Datasets.Sequence, applied: Datasets.Sequence)
  /// The chains differ, or the centre has more than this store ever had, within one incarnation: a copy of a
  /// running machine. `branch` makes a new incarnation.
  case diverged(DatasetName, applied: StreamMark)

  package var dataset: DatasetName {
    switch self {
    case .agrees(let dataset), .centreBehind(let dataset, _, _), .centreStands(let dataset, _, _),
      .diverged(let dataset, _):
      dataset
    }
  }
}

/// What storing a welcome did.
package struct WelcomeOutcome: Sendable, Equatable {
  /// One for each stream that holds anything, sorted by dataset.
  package var findings: [WelcomeFinding]
  /// Whether documents came along: definitions have to be installed again.
  package var hasDocuments: Bool
  /// Every stream as it stands now: where the session goes on.
  package var streams: [NodeSession.StreamStanding]
  /// It answers a hello that spoke as an earlier incarnation, and nothing but that was stored: greet anew, from there on.
  package var isStep = false
}

extension NodeStore {
  /// Stores all that a welcome decides, in one transaction: the incarnation it names, documents, positions,
  /// and what becomes of the copy.
  package func store(_ welcome: Welcome, now: ClockReading) async throws -> WelcomeOutcome {
    let outcome: WelcomeOutcome = try await write { transaction in
      try transaction.welcomed(welcome.incarnation)
      if transaction.cache.lineage.isEarlier(welcome.incarnation) {
        return WelcomeOutcome(findings: [], hasDocuments: false, streams: [], isStep: true)
      }
      try transaction.store(welcome.documents)
      if case .reset(let sweepAt) = welcome.feed {
        transaction.beginReset(sweepAt: sweepAt, epoch: welcome.epoch, ruleVersion: welcome.ruleVersion)
      } else {
        transaction.cache.copy.ruleVersion = welcome.ruleVersion
        transaction.cache.copy.complete = nil
      }
      let findings = try transaction.apply(welcome.positions, now: now)
      try transaction.markUnanswered(epoch: welcome.epoch)
      return WelcomeOutcome(
        findings: findings, hasDocuments: !welcome.documents.isEmpty,
        streams: transaction.sortedStreams.map(\.standing))
    }
    Failpoint.welcomeStored.pass()
    return outcome
  }

  /// Notes which incarnation the centre takes for the node's: lineages end there.
  package func welcomed(_ incarnation: Incarnation) async throws {
    try await write { try $0.welcomed(incarnation) }
  }

  /// Sets each stream to where the centre goes on; a stream that is not listed has nothing applied.
  package func applyWelcomePositions(
    _ positions: [Welcome.Position], now: ClockReading
  ) async throws -> [WelcomeFinding] {
    try await write { try $0.apply(positions, now: now) }
  }
}

extension WriteTransaction {
  mutating func welcomed(_ incarnation: Incarnation) throws {
    guard cache.lineage.markWelcomed(incarnation) else { return }
    try database.execute(
      sql: "UPDATE _incarnation SET is_welcomed = 1 WHERE generation = ?",
      arguments: [incarnation.storedGeneration])
  }

  mutating func apply(_ positions: [Welcome.Position], now: ClockReading) throws -> [WelcomeFinding] {
    var findings: [WelcomeFinding] = []
    for stream in sortedStreams.sorted(by: { $0.dataset < $1.dataset }) {
      let position = positions.first { $0.dataset == stream.dataset }
      let applied = position?.applied ?? .start
      cache.streams[stream.dataset]?.backedUp = position?.backedUp.map { min($0, stream.sealed) }
      if stream.last == .none, applied.sequence == .none { continue }
      findings.append(
        try apply(
          applied, unsealed: position?.unsealed, to: cache.streams[stream.dataset] ?? stream, now: now))
    }
    // A snapshot from before a stream began, under the incarnation that wrote it since.
    for position in positions where cache.streams[position.dataset] == nil && position.applied.sequence > .none {
      findings.append(.diverged(position.dataset, applied: position.applied))
    }
    return findings
  }

  private mutating func apply(
    _ applied: StreamMark, unsealed: Welcome.Bodies?, to stream: StreamRow, now: ClockReading
  ) throws -> WelcomeFinding {
    var stream = stream
    defer { cache.streams[stream.dataset] = stream }
    let sequence = applied.sequence
    if sequence > stream.last { return .diverged(stream.dataset, applied: applied) }
    if sequence > stream.sealed {
      if let unsealed, try isOther(unsealed, than: stream, through: sequence) {
        return .diverged(stream.dataset, applied: applied)
      }
      return try adopt(applied, &stream, now: now)
    }
    let isVerifiable = sequence >= stream.earliest.previous
    if isVerifiable, sequence > .none, try isOnChain(applied, stream) == false {
      return .diverged(stream.dataset, applied: applied)
    }
    if sequence < stream.acked {
      let acknowledged = stream.acked
      try takeBack(to: applied, &stream)
      return .centreBehind(stream.dataset, acknowledged: acknowledged, applied: sequence)
    }
    if sequence > stream.acked { try acknowledge(through: applied, &stream, now: now) }
    return .agrees(stream.dataset)
  }

  /// Whether the centre has something else under numbers that are not sealed here: a machine that went on from a snapshot
  /// and was started anew before the centre told it so. Without all of the entries nothing can be said.
  private func isOther(
    _ unsealed: Welcome.Bodies, than stream: StreamRow, through last: Datasets.Sequence
  ) throws -> Bool {
    guard unsealed.after == stream.sealed else { return false }
    var digest = BodyDigest()
    var next = stream.sealed.next
    let rows = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id > ? AND id <= ? ORDER BY id")
    rows.bind(stream.key(stream.sealed), at: 1)
    rows.bind(stream.key(last), at: 2)
    while try rows.step() {
      let entry = StoredEntry(rows)
      guard entry.isSound, entry.sequence == next, let kind = entry.kind, kind != .gap else { return false }
      digest.add(kind, entry.body[...])
      next = next.next
    }
    return next == last.next && digest.hash != unsealed.digest
  }

  /// Entries of an earlier incarnation that the lost disk had sealed: the centre's stand, and the chain goes
  /// on from it.
  private mutating func adopt(
    _ applied: StreamMark, _ stream: inout StreamRow, now: ClockReading
  ) throws -> WelcomeFinding {
    guard applied.sequence < cache.lineage.presentStart(stream: stream.id) else {
      return .diverged(stream.dataset, applied: applied)
    }
    let sealed = stream.sealed
    let totals = try totals(stream, through: applied.sequence)
    try database.save(
      MarkRow(sequence: applied.sequence, head: applied.head, count: totals.count, bytes: totals.bytes),
      of: stream)
    stream.sealed = applied.sequence
    // They cannot go again: this disk has them with other seals, or not at all.
    stream.answered = applied.sequence
    try acknowledge(through: applied, &stream, now: now)
    return .centreStands(stream.dataset, sealed: sealed, applied: applied.sequence)
  }

  /// What the centre no longer has counts as unanswered again, and its edits lie over the copy again.
  private func takeBack(to applied: StreamMark, _ stream: inout StreamRow) throws {
    let totals =
      applied.sequence >= stream.earliest.previous
      ? try totals(stream, through: applied.sequence)
      : try totals(stream, through: stream.earliest.previous)
    stream.acked = applied.sequence
    stream.answered = min(stream.answered, applied.sequence)
    stream.countAcked = totals.count
    stream.bytesAcked = totals.bytes
    stream.overlayThrough = min(stream.overlayThrough, applied.sequence)
    stream.backedUp = stream.backedUp.map { min($0, applied.sequence) }
    for table in ["_ack_mark", "_ack_log"] {
      let rows = try RawStatement(database, "DELETE FROM \(table) WHERE stream = ? AND through > ?")
      rows.bind(stream.id, at: 1)
      rows.bind(Int64(bitPattern: applied.sequence.value), at: 2)
      try rows.run()
    }
  }

  /// Acks that were lost with the last session: the first word of the new one that its feed is complete shows
  /// the effect of all that the welcome says is applied, wherever that is.
  fileprivate func markUnanswered(epoch: Incarnation) throws {
    for stream in sortedStreams
    where stream.kind == .record && stream.acked > stream.overlayThrough {
      try saveAckMark(
        stream, through: stream.acked, visibleAt: FeedCursor(epoch: epoch, position: 0))
    }
  }
}

extension StreamRow {
  /// What was trimmed cannot be answered for any more; the centre had it, unless it lies above `acked`.
  fileprivate var standing: NodeSession.StreamStanding {
    NodeSession.StreamStanding(
      dataset: dataset, lane: lane, last: last, answered: max(answered, min(acked, earliest.previous)))
  }
}
