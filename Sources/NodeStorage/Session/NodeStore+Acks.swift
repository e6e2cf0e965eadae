package import Datasets
import Failpoints
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// What an ack did.
  package enum AckOutcome: Sendable, Equatable {
    case taken
    /// Taken, and more overlays may end than one step does: `settleCopy` goes on.
    case takenWithMore
    /// It names what this node never sent, or another chain: nothing was changed.
    case ignored(reason: String)
  }

  /// Takes in the centre's word: what it holds, what it quarantined, and where the feed shows the effect.
  ///
  /// - Parameter through: the end of the batch that it answers; what became of later entries it does not say.
  package func apply(
    _ ack: Ack, through: Datasets.Sequence? = nil, now: ClockReading
  ) async throws -> AckOutcome {
    let outcome = try await write { try $0.apply(ack, through: through, now: now) }
    Failpoint.ackStored.pass()
    return outcome
  }
}

extension WriteTransaction {
  mutating func apply(
    _ ack: Ack, through: Datasets.Sequence?, now: ClockReading
  ) throws -> NodeStore.AckOutcome {
    guard var stream = cache.streams[ack.dataset] else {
      return .ignored(reason: "no stream of \(ack.dataset)")
    }
    let applied = ack.applied.sequence
    guard cache.lineage.mayOwn(ack.incarnation) else {
      return .ignored(reason: "the incarnation is not of this node")
    }
    let told = min(through ?? applied, applied, stream.sealed)
    // Of a disk that was set back the centre has more than this one ever sent: it answers for the batch all the same.
    let isAhead = applied > stream.sealed
    if isAhead, through.map({ $0 > stream.sealed }) ?? true {
      return .ignored(reason: "\(applied) was never sent")
    }
    if !isAhead, applied > .none, applied >= stream.earliest.previous {
      guard try isOnChain(ack.applied, stream) ?? true else {
        return .ignored(reason: "another chain at \(applied)")
      }
      if applied > stream.acked { try acknowledge(through: ack.applied, &stream, now: now) }
    }
    if !isAhead {
      try putBack(
        &stream, after: max(stream.answered, stream.earliest.previous), through: told, except: ack.quarantined)
    }
    stream.answered = max(stream.answered, told)
    if !isAhead { stream.backedUp = ack.backedUp.map { min($0, stream.sealed) } }
    for item in ack.quarantined where item.sequence <= told {
      try holdBack(&stream, item.sequence, code: item.code, reason: item.reason, now: now)
    }
    if !isAhead, stream.kind == .record, applied > stream.overlayThrough {
      try saveAckMark(stream, through: applied, visibleAt: ack.visibleAt)
    }
    cache.streams[ack.dataset] = stream
    return try endOverlays(ack.dataset) ? .takenWithMore : .taken
  }

  /// Whether the stream's chain has this head at this place, which is sealed and kept; nil when damage hides
  /// it.
  func isOnChain(_ mark: StreamMark, _ stream: StreamRow) throws -> Bool? {
    let known = try database.mark(of: stream, atOrBefore: mark.sequence)
    if known.sequence == mark.sequence { return known.head == mark.head }
    do {
      var builder = try BatchBuilder(
        database, stream, start: known, samples: cache.samples, isReadOnly: true)
      try builder.skip(through: mark.sequence)
      return builder.end.mark == mark
    } catch let error as StoreError where error.code == .damaged {
      return nil
    }
  }

  /// Moves the acknowledged position forward; `mark` is within what is sealed.
  mutating func acknowledge(through mark: StreamMark, _ stream: inout StreamRow, now: ClockReading) throws {
    let totals = try totals(stream, through: mark.sequence)
    try database.save(
      MarkRow(sequence: mark.sequence, head: mark.head, count: totals.count, bytes: totals.bytes), of: stream,
      ackedAt: now.wall)
    stream.acked = mark.sequence
    stream.countAcked = totals.count
    stream.bytesAcked = totals.bytes
    if stream.acked == stream.last {
      stream.countAcked = stream.countTotal
      stream.bytesAcked = stream.bytesTotal
    }
    try logAck(stream, now: now)
  }

  /// Records and bytes up to `sequence`: from the nearest mark, and the entries since.
  func totals(_ stream: StreamRow, through sequence: Datasets.Sequence) throws -> (
    count: UInt64, bytes: UInt64
  ) {
    let mark = try database.mark(of: stream, atOrBefore: sequence)
    if mark.sequence == sequence { return (mark.count, mark.bytes) }
    let sums = try RawStatement(
      database,
      "SELECT count(*), coalesce(sum(length(body)), 0) FROM _entry WHERE id > ? AND id <= ? AND kind <> 3")
    sums.bind(stream.key(mark.sequence), at: 1)
    sums.bind(stream.key(sequence), at: 2)
    guard try sums.step() else { return (mark.count, mark.bytes) }
    return (
      mark.count + UInt64(bitPattern: sums.integer(0)), mark.bytes + UInt64(bitPattern: sums.integer(1))
    )
  }

  /// Remembers when what was acknowledged, coarsely: one row for a hundredth of the time that it is kept.
  private func logAck(_ stream: StreamRow, now: ClockReading) throws {
    let window = max(1, context.limits.retainAcknowledged.milliseconds / 100)
    let update = try RawStatement(
      database,
      """
      UPDATE OR REPLACE _ack_log SET through = ?1, at_ms = ?2
      WHERE stream = ?3 AND through = (SELECT max(through) FROM _ack_log WHERE stream = ?3)
        AND started_ms > ?2 - ?4 AND started_ms <= ?2
      """)
    update.bind(Int64(bitPattern: stream.acked.value), at: 1)
    update.bind(now.wall.milliseconds, at: 2)
    update.bind(stream.id, at: 3)
    update.bind(window, at: 4)
    if try update.run() > 0 { return }
    let insertion = try RawStatement(
      database, "INSERT OR REPLACE INTO _ack_log (stream, through, started_ms, at_ms) VALUES (?1, ?2, ?3, ?3)"
    )
    insertion.bind(stream.id, at: 1)
    insertion.bind(Int64(bitPattern: stream.acked.value), at: 2)
    insertion.bind(now.wall.milliseconds, at: 3)
    try insertion.run()
  }

  /// Where the feed shows the effect of everything up to `through`; of two answers the later place counts.
  func saveAckMark(_ stream: StreamRow, through: Datasets.Sequence, visibleAt: FeedCursor) throws {
    let before = try RawStatement(
      database, "SELECT generation, random, position FROM _ack_mark WHERE stream = ? AND through = ?")
    before.bind(stream.id, at: 1)
    before.bind(Int64(bitPattern: through.value), at: 2)
    if try before.step(), FeedCursor(before).hasReached(visibleAt) { return }
    before.reset()
    let statement = try RawStatement(
      database,
      """
      INSERT OR REPLACE INTO _ack_mark (stream, through, generation, random, position) VALUES (?, ?, ?, ?, ?)
      """)
    statement.bind(stream.id, at: 1)
    statement.bind(Int64(bitPattern: through.value), at: 2)
    statement.bind(visibleAt.epoch.storedGeneration, at: 3)
    statement.bind(visibleAt.epoch.storedRandom, at: 4)
    statement.bind(Int64(bitPattern: visibleAt.position), at: 5)
    try statement.run()
  }
}

extension FeedCursor {
  /// Of columns generation, random, position.
  init(_ row: borrowing RawStatement) {
    self.init(
      epoch: Incarnation(storedGeneration: row.integer(0), random: row.integer(1)),
      position: UInt64(bitPattern: row.integer(2)))
  }
}
