import Datasets
import GRDB
import Replication
import Storage
import Wire

extension WriteTransaction {
  /// Sequences that one step frees.
  private static let stepEntries = 4_096

  /// Sees that there is room for `bytes`, and drops in the order of protocol.md until there is: acknowledged
  /// samples, other acknowledged entries, unsent samples (into the ledger).
  ///
  /// - Throws: `StoreError(.full)` when that is not enough; the transaction then leaves everything as it was.
  mutating func makeRoom(forBytes bytes: Int, now: ClockReading) throws {
    guard try isTight(bytes) else { return }
    // Some more than needed, so that not every append has to.
    let slack = Int(clamping: context.limits.quotaBytes / 64)
    var trimmed: UInt64 = 0
    var thinned: UInt64 = 0
    while try isTight(bytes + slack) {
      if let count = try dropAcknowledged(.sample) {
        trimmed += count
      } else if let count = try dropAcknowledged(nil) {
        trimmed += count
      } else if let count = try thinOldest(now: now) {
        thinned += count
      } else {
        break
      }
    }
    if trimmed + thinned > 0 { try notePressure(trimmed: trimmed, thinned: thinned, now: now) }
    if try isTight(bytes) {
      throw StoreError(
        .full,
        "The buffer is full and nothing in it may be dropped; restore the link to the centre, or raise buffer.quota."
      )
    }
  }

  /// The quota bounds what waits for the link and what this office keeps of its own; the copy of other nodes' events
  /// and samples grows for years without that any of it could be dropped here, and only the disk's reserve bounds it.
  func isTight(_ bytes: Int) throws -> Bool {
    let incoming = UInt64(max(0, bytes))
    let copy = cache.streams.values.reduce(0 as UInt64) { $0 &+ $1.copyBytes }
    let all = UInt64(max(0, try StoreFile.usedBytes(database)))
    let used = all - min(all, copy)
    if used &+ incoming > context.limits.quotaBytes { return true }
    let disk = context.freeBytes()
    if disk > incoming, disk - incoming >= context.limits.reserveBytes { return false }
    // Free pages in the file take entries without taking disk.
    let free = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
    let pageSize = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
    return UInt64(max(0, free * pageSize)) < incoming
  }

  /// Drops the oldest acknowledged entries, of samples or of everything else.
  /// - Returns: how many; nil when there are none.
  private mutating func dropAcknowledged(_ kind: DatasetDefinition.Kind?) throws -> UInt64? {
    let candidates = sortedStreams.filter { stream in
      (kind.map { $0 == stream.kind } ?? (stream.kind != .sample)) && droppable(stream) >= stream.earliest
    }
    guard let stream = try oldest(candidates, at: \.earliest),
      let cut = try nextCut(stream, target: droppable(stream), step: Self.stepEntries)
    else { return nil }
    return try self.cut(stream, through: cut)
  }

  /// Thins the oldest samples that were never sent.
  private mutating func thinOldest(now: ClockReading) throws -> UInt64? {
    var candidates: [(stream: StreamRow, first: Datasets.Sequence)] = []
    for stream in sortedStreams where stream.kind == .sample {
      if let first = try firstUnthinned(stream) { candidates.append((stream, first)) }
    }
    let walls = try candidates.map { try wall(of: $0.stream, $0.first) ?? .max }
    guard let place = walls.indices.min(by: { walls[$0] < walls[$1] }) else { return nil }
    return try thin(candidates[place].stream, from: candidates[place].first, now: now)
  }

  /// The first entry after what was sent, and after the gaps that thinning left there; nil when there is
  /// none.
  private func firstUnthinned(_ stream: StreamRow) throws -> Datasets.Sequence? {
    let rows = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id > ? AND id <= ? ORDER BY id")
    rows.bind(stream.key(stream.sealed), at: 1)
    rows.bind(stream.key(stream.last), at: 2)
    while try rows.step() {
      let entry = StoredEntry(rows)
      if entry.kind != .gap { return entry.sequence }
    }
    return nil
  }

  /// Makes a gap of the samples from `first` on, or lengthens the one before it.
  private mutating func thin(_ row: StreamRow, from first: Datasets.Sequence, now: ClockReading) throws
    -> UInt64
  {
    var stream = row
    let end = cache.lineage.end(stream: stream.id, ofOwnerOf: first) ?? stream.last
    let last = min(end, stream.last, first.previous.advanced(by: UInt64(Self.stepEntries)))
    let (count, bytes, stamp) = try content(stream, from: first, through: last)
    try deleteOccurrences(&stream, from: first, through: last, isThinning: true)
    try database.deleteEntries(stream, from: first, through: last)
    let before = try gap(stream, endingAt: first.previous)
    let start = before?.first ?? first
    guard
      let gap = Gap(
        first: start, last: last, recordCount: count + (before?.recordCount ?? 0), reason: .thinned,
        headAfter: .zero)
    else { return 0 }
    try database.save(gap, of: stream, stamp: stamp)
    try ledge(gap, stream, now: now)
    stream.countTotal -= min(stream.countTotal, count)
    stream.bytesTotal -= min(stream.bytesTotal, bytes)
    cache.streams[stream.dataset] = stream
    return count
  }

  private func content(
    _ stream: StreamRow, from first: Datasets.Sequence, through last: Datasets.Sequence
  ) throws -> (count: UInt64, bytes: UInt64, stamp: EntryStamp) {
    let row = try RawStatement(
      database,
      """
      SELECT count(*), coalesce(sum(length(body)), 0), min(boot), min(uptime_ms), min(wall_ms)
      FROM _entry WHERE id BETWEEN ? AND ? AND kind <> 3
      """)
    row.bind(stream.key(first), at: 1)
    row.bind(stream.key(last), at: 2)
    _ = try row.step()
    let stamp = EntryStamp(
      boot: UInt64(bitPattern: row.integer(2)), uptimeMilliseconds: UInt64(bitPattern: row.integer(3)),
      wall: Timestamp(milliseconds: row.integer(4)))
    return (UInt64(bitPattern: row.integer(0)), UInt64(bitPattern: row.integer(1)), stamp)
  }

  /// The thinned gap that ends at `sequence`, is of the same incarnation as what follows, and was not sent.
  private func gap(_ stream: StreamRow, endingAt sequence: Datasets.Sequence) throws -> Gap? {
    guard sequence > stream.sealed else { return nil }
    let row = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id > ? AND id <= ? ORDER BY id DESC LIMIT 1")
    row.bind(stream.key(stream.sealed), at: 1)
    row.bind(stream.key(sequence), at: 2)
    guard try row.step(), let gap = StoredEntry(row).gap, gap.last == sequence, gap.reason == .thinned,
      cache.lineage.owner(stream: stream.id, sequence)
        == cache.lineage.owner(stream: stream.id, sequence.next)
    else { return nil }
    return gap
  }

  private func oldest(
    _ streams: [StreamRow], at place: (StreamRow) -> Datasets.Sequence
  ) throws -> StreamRow? {
    var best: (stream: StreamRow, wall: Int64)?
    for stream in streams {
      let wall = try wall(of: stream, place(stream)) ?? .min
      if best.map({ wall < $0.wall }) ?? true { best = (stream, wall) }
    }
    return best?.stream
  }

  /// Recording time of the first entry at or after a place.
  func wall(of stream: StreamRow, _ sequence: Datasets.Sequence) throws -> Int64? {
    let row = try RawStatement(
      database, "SELECT wall_ms FROM _entry WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1")
    row.bind(stream.key(sequence), at: 1)
    row.bind(stream.key(stream.last), at: 2)
    return try row.step() ? row.integer(0) : nil
  }

  private func notePressure(trimmed: UInt64, thinned: UInt64, now: ClockReading) throws {
    try database.execute(
      sql: """
        INSERT INTO _pressure (one, at_ms, trimmed, thinned) VALUES (1, ?1, ?2, ?3)
        ON CONFLICT (one) DO UPDATE SET at_ms = ?1, trimmed = trimmed + ?2, thinned = thinned + ?3
        """,
      arguments: [now.wall.milliseconds, Int64(clamping: trimmed), Int64(clamping: thinned)])
  }
}
