import Datasets
import Failpoints
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Deletes a bounded number of entries that were acknowledged long enough ago, and what only they needed.
  ///
  /// - Returns: whether there is more to delete; call again soon then.
  package func trim(now: ClockReading, entriesMax: Int = 10_000) async throws -> Bool {
    try await write { try $0.trim(now: now, entriesMax: entriesMax) }
  }
}

extension WriteTransaction {
  mutating func trim(now: ClockReading, entriesMax: Int) throws -> Bool {
    try forgetIncarnations()
    let limit = now.wall.advanced(byMilliseconds: -context.limits.retainAcknowledged.milliseconds)
    var left = entriesMax
    for dataset in sortedStreams.map(\.dataset) {
      guard let stream = cache.streams[dataset],
        let target = try trimTarget(stream, acknowledgedBefore: limit)
      else {
        continue
      }
      while left > 0, let stream = cache.streams[dataset], stream.earliest <= target {
        guard let cut = try nextCut(stream, target: target, step: left) else { break }
        left -= Int(clamping: try self.cut(stream, through: cut))
      }
      if left <= 0 { return true }
    }
    return false
  }

  /// How far a stream may be trimmed by age; nil when nothing may go.
  private func trimTarget(
    _ stream: StreamRow, acknowledgedBefore limit: Timestamp
  ) throws -> Datasets.Sequence? {
    let row = try RawStatement(
      database, "SELECT max(through) FROM _ack_log WHERE stream = ? AND at_ms <= ?")
    row.bind(stream.id, at: 1)
    row.bind(limit.milliseconds, at: 2)
    guard try row.step(), !row.isNull(0) else { return nil }
    var target = min(Datasets.Sequence(UInt64(bitPattern: row.integer(0))) ?? .none, droppable(stream))
    // Where the centre makes backups, what is not in a verified one may be needed again.
    if let backedUp = stream.backedUp { target = min(target, backedUp) }
    return target >= stream.earliest ? target : nil
  }

  /// Up to where entries are nobody's only copy: acknowledged, answered for, and not laid over the copy any more. (What
  /// is acknowledged and not answered goes again, and a gap in its place would say that it is missing.)
  func droppable(_ stream: StreamRow) -> Datasets.Sequence {
    let answered = min(stream.acked, stream.answered)
    return stream.kind == .record ? min(answered, stream.overlayThrough) : answered
  }

  /// The next mark to cut at, so that the head at the cut is known.
  func nextCut(_ stream: StreamRow, target: Datasets.Sequence, step: Int) throws -> Datasets.Sequence? {
    let near = min(target, stream.earliest.previous.advanced(by: UInt64(max(1, step))))
    let within = try database.mark(of: stream, atOrBefore: near)
    if within.sequence >= stream.earliest { return within.sequence }
    return try database.firstMark(of: stream, from: stream.earliest, through: target)?.sequence
  }

  /// Deletes the entries up to a mark.
  /// - Returns: how many sequences that were.
  mutating func cut(_ stream: StreamRow, through cut: Datasets.Sequence) throws -> UInt64 {
    var stream = stream
    let count = cut.value - stream.earliest.previous.value
    switch stream.kind {
    case .sample: try deleteOccurrences(&stream, through: cut, isThinning: false)
    case .record: try deleteEdits(stream, through: cut)
    case .event: break
    }
    try database.deleteEntries(stream, from: stream.earliest, through: cut)
    let seals = try RawStatement(database, "DELETE FROM _seal WHERE id BETWEEN ? AND ? AND last <= ?")
    seals.bind(stream.key(.none), at: 1)
    seals.bind(stream.key(cut), at: 2)
    seals.bind(Int64(bitPattern: cut.value), at: 3)
    try seals.run()
    // Marks where an incarnation ends stay: a gap of what was trimmed never spans two.
    let marks = try RawStatement(
      database,
      """
      DELETE FROM _mark WHERE id >= ?1 AND id < ?2
        AND (id & \(EntryKey.sequenceMask)) NOT IN (SELECT last FROM _incarnation_end WHERE stream = ?3)
      """)
    marks.bind(stream.key(.none), at: 1)
    marks.bind(stream.key(cut), at: 2)
    marks.bind(stream.id, at: 3)
    try marks.run()
    let log = try RawStatement(database, "DELETE FROM _ack_log WHERE stream = ? AND through <= ?")
    log.bind(stream.id, at: 1)
    log.bind(Int64(bitPattern: cut.value), at: 2)
    try log.run()
    stream.earliest = cut.next
    cache.streams[stream.dataset] = stream
    Failpoint.trimBeforeCommit.pass()
    return count
  }

  /// The places of edits whose entries go.
  private func deleteEdits(_ stream: StreamRow, through cut: Datasets.Sequence) throws {
    let entries = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id BETWEEN ? AND ? ORDER BY id")
    entries.bind(stream.key(stream.earliest), at: 1)
    entries.bind(stream.key(cut), at: 2)
    let removal = try RawStatement(
      database,
      """
      DELETE FROM _edit WHERE record = (SELECT row FROM _record WHERE stream = ? AND id = ?) AND sequence = ?
      """)
    while try entries.step() {
      let entry = StoredEntry(entries)
      guard let record = entry.record else { continue }
      removal.bind(stream.id, at: 1)
      removal.bind(blob: record.bytes, at: 2)
      removal.bind(Int64(bitPattern: entry.sequence.value), at: 3)
      try removal.run()
    }
  }

  /// Takes the samples of entries that go out of the local copy.
  ///
  /// - Parameter isThinning: they never reached the centre, so the digest leaves them out; else it keeps
  ///   them, and they are remembered.
  mutating func deleteOccurrences(
    _ stream: inout StreamRow, from first: Datasets.Sequence? = nil, through last: Datasets.Sequence,
    isThinning: Bool
  ) throws {
    guard let dataset = context.datasets[stream.dataset] else { return }
    let entries = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id BETWEEN ? AND ? ORDER BY id")
    entries.bind(stream.key(first ?? stream.earliest), at: 1)
    entries.bind(stream.key(last), at: 2)
    let removal = try OccurrenceRemoval(database, dataset)
    let trimmed = try TrimmedKeys(database)
    while try entries.step() {
      let entry = StoredEntry(entries)
      var reader = ByteReader(entry.body)
      guard entry.isSound, entry.kind == .occurrence, let occurrence = try? Occurrence(from: &reader),
        let prepared = PreparedOccurrence(occurrence, dataset: dataset)
      else { continue }
      let author = try number(of: dot(stream, entry.sequence).author)
      let isGone = try removal.remove(prepared, author: author, sequence: entry.sequence)
      if !isThinning {
        try trimmed.remember(prepared, &stream, quotaBytes: context.limits.quotaBytes)
      } else if isGone, try trimmed.find(prepared, stream) == .unknown {
        stream.discount(prepared.keySum)
      }
    }
    if !isThinning { try trimmed.forgetOldest(stream) }
  }

  /// Incarnations that hello no longer names and of which no entry is kept.
  private mutating func forgetIncarnations() throws {
    let members = cache.lineage.members
    let spare = members.count - context.limits.incarnationsKept
    guard spare > 0, let welcomed = members.lastIndex(where: \.isWelcomed) else { return }
    let count = members.prefix(min(spare, welcomed)).prefix { member in
      sortedStreams.allSatisfy { stream in
        (cache.lineage.owner(stream: stream.id, stream.earliest) ?? member.incarnation) > member.incarnation
      }
    }.count
    for member in members.prefix(count) { try LineageLine.delete(member.incarnation, database) }
    cache.lineage.removeFirst(count)
  }
}
