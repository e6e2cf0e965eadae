import Compression
package import Datasets
import Failpoints
import GRDB
package import Replication
import Storage
package import Wire

/// A batch ready to be sent, and what the store found out on the way.
package struct LoadedBatch: Sendable, Equatable {
  package let batch: NodeSession.LoadedBatch
  /// Entries that had to become gaps: damaged on the disk, or needed again after they were trimmed. In the
  /// ledger.
  package let gaps: [Gap]
  package let lane: DatasetDefinition.Lane
  /// The stream's newest entry when the load appended any: what was damaged is recorded anew from the copy.
  package let appended: Datasets.Sequence?
}

/// An entry that the centre has acknowledged cannot be read any more.
private struct AnsweredEntryDamaged: Error {
  let sequence: Datasets.Sequence
}

extension NodeStore {
  /// Puts the entries after `after` into a batch, sealing durably those that were not; all of one
  /// incarnation.
  ///
  /// The same range gives the same bytes whenever it is loaded. What is no longer kept is a gap.
  /// - Parameters:
  ///   - rawBytesMax: bytes before compression; one larger entry still makes a batch.
  /// - Returns: nil when there is nothing after `after`.
  /// - Throws: `StoreError`.
  package func loadBatch(
    _ dataset: DatasetName, after: Datasets.Sequence, rawBytesMax: Int,
    entriesMax: Int = Limits.batchEntriesMax, now: ClockReading
  ) async throws -> LoadedBatch? {
    let raw: RawBatch?
    do {
      // Recording anew what was trimmed may take long.
      raw = try await writeLong { transaction in
        try transaction.loadBatch(
          dataset, after: after, rawBytesMax: rawBytesMax, entriesMax: entriesMax, now: now)
      }
    } catch let error as AnsweredEntryDamaged {
      try await write { try $0.giveUpAnswers(of: dataset, at: error.sequence, now: now) }
      throw StoreError(.damaged, "An entry of \(dataset) that the centre has is damaged here; greeting anew.")
    }
    guard let raw else { return nil }
    Failpoint.batchSealed.pass()
    do {
      let compressed = CompressedBytes(rawCount: raw.block.count, bytes: try Zstandard.compress(raw.block))
      return LoadedBatch(
        batch: NodeSession.LoadedBatch(
          dataset: dataset, incarnation: raw.incarnation, first: raw.first, last: raw.last, head: raw.head,
          entries: compressed),
        gaps: raw.gaps, lane: raw.lane, appended: raw.appended)
    } catch {
      throw StoreError(.inputOutput, "A batch of \(dataset) could not be compressed.", cause: error)
    }
  }
}

extension WriteTransaction {
  mutating func loadBatch(
    _ dataset: DatasetName, after: Datasets.Sequence, rawBytesMax: Int, entriesMax: Int, now: ClockReading
  ) throws -> RawBatch? {
    let stream = try stream(dataset)
    let after = try place(min(after, stream.sealed), in: stream)
    guard after < stream.acked else {
      return try load(dataset, after: after, rawBytesMax: rawBytesMax, entriesMax: entriesMax, now: now)
    }
    // The centre has these; they go again only to hear what became of them. Whatever cannot be read any more is not
    // missing, and must not become a gap: the chain would part from the centre's.
    do {
      let (first, end) = extent(of: stream, after: after)
      var builder = try BatchBuilder(
        database, stream, start: try database.mark(of: stream, atOrBefore: after), samples: cache.samples,
        rawBytesMax: rawBytesMax, entriesMax: entriesMax, isReadOnly: true)
      try builder.skip(through: after)
      try builder.fill(through: min(end, stream.acked))
      let incarnation = cache.lineage.owner(stream: stream.id, first) ?? context.incarnation
      if let batch = builder.batch(first: first, incarnation: incarnation) { return batch }
    } catch let error as StoreError where error.code == .damaged {}
    throw AnsweredEntryDamaged(sequence: after.next)
  }

  /// What became of entries that the centre has and that cannot be read here any more is not asked again.
  fileprivate mutating func giveUpAnswers(
    of dataset: DatasetName, at sequence: Datasets.Sequence, now: ClockReading
  ) throws {
    guard let stream = cache.streams[dataset] else { return }
    try noteDamage("entry", dataset: dataset, sequence: sequence, at: now.wall)
    cache.streams[dataset]?.answered = stream.acked
  }

  /// The first entry after a place, and the last of the incarnation that owns it.
  private func extent(
    of stream: StreamRow, after: Datasets.Sequence
  ) -> (first: Datasets.Sequence, end: Datasets.Sequence) {
    let first = after.next
    return (first, min(cache.lineage.end(stream: stream.id, ofOwnerOf: first) ?? stream.last, stream.last))
  }

  private mutating func load(
    _ dataset: DatasetName, after: Datasets.Sequence, rawBytesMax: Int, entriesMax: Int, now: ClockReading
  ) throws -> RawBatch? {
    var stream = try stream(dataset)
    guard after < stream.last else { return nil }
    let (first, end) = extent(of: stream, after: after)
    let incarnation = cache.lineage.owner(stream: stream.id, first) ?? context.incarnation
    let isTrimmed = first < stream.earliest
    let last = stream.last
    let start =
      isTrimmed
      ? MarkRow(sequence: after, head: .zero, count: 0, bytes: 0)
      : try database.mark(of: stream, atOrBefore: after)
    var mark: MarkRow?
    var saved: UInt64 = 0
    if isTrimmed {
      let cut = try trimmedMark(stream, incarnationEnd: end)
      mark = cut
      saved =
        cut.sequence < first ? 0 : try recordAnew(trimmed: first, through: cut.sequence, &stream, now: now)
    }
    func build(_ stream: StreamRow) throws -> BatchBuilder {
      var builder = try BatchBuilder(
        database, stream, start: start, samples: cache.samples, rawBytesMax: rawBytesMax, entriesMax: entriesMax)
      if let mark {
        builder.appendTrimmed(through: mark, recordedAnew: saved)
      } else {
        try builder.skip(through: after)
      }
      try builder.fill(through: end)
      return builder
    }
    var builder = try build(stream)
    if let lost = builder.bridged.first {
      // What is recorded anew is not missing, and a gap says for good how much is: so it is made again.
      stream.bytesTotal -= min(stream.bytesTotal, builder.lostBytes)
      for gap in builder.bridged { try settle(damaged: gap, &stream, now: now) }
      var reopened = stream
      reopened.sealed = min(stream.sealed, lost.first.previous)
      builder = try build(reopened)
    }
    try builder.storeSeals()
    var batch = builder.batch(first: first, incarnation: incarnation)
    try settle(builder, &stream, now: now)
    if stream.last > last { batch?.appended = stream.last }
    cache.streams[dataset] = stream
    return batch
  }

  /// Where a load begins: not within a gap that was sealed as a whole.
  private func place(_ after: Datasets.Sequence, in stream: StreamRow) throws -> Datasets.Sequence {
    guard after >= stream.earliest else { return after }
    let row = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1")
    row.bind(stream.key(stream.earliest), at: 1)
    row.bind(stream.key(after), at: 2)
    guard try row.step(), let gap = StoredEntry(row).gap, gap.first <= after, gap.last > after else {
      return after
    }
    return gap.first.previous
  }

  /// How far one gap may stand for what was trimmed: to the cut, or to where the incarnation ends before it.
  private func trimmedMark(_ stream: StreamRow, incarnationEnd: Datasets.Sequence) throws -> MarkRow {
    let cut = stream.earliest.previous
    if incarnationEnd < cut {
      let boundary = try database.mark(of: stream, atOrBefore: incarnationEnd)
      if boundary.sequence == incarnationEnd { return boundary }
    }
    return try database.mark(of: stream, atOrBefore: cut)
  }

  /// Notes durably how far entries are sealed now, and what was lost.
  private mutating func settle(_ builder: BatchBuilder, _ stream: inout StreamRow, now: ClockReading) throws {
    let end = builder.end
    for gap in builder.gaps {
      try ledge(gap, stream, now: now)
      if gap.reason == .trimmed { try noteLost(gap, stream) }
    }
    if let lost = builder.gaps.first(where: { $0.reason == .damaged }), lost.first <= stream.sealed {
      // The chain goes another way from here; what follows is chained again when it is sent again.
      let marks = try RawStatement(database, "DELETE FROM _mark WHERE id BETWEEN ? AND ?")
      marks.bind(stream.key(lost.first), at: 1)
      marks.bind(stream.key(.max), at: 2)
      try marks.run()
      stream.sealed = end.sequence
    }
    guard end.sequence >= stream.earliest else { return }
    try database.save(end, of: stream, sealedAt: now.wall)
    stream.sealed = max(stream.sealed, end.sequence)
  }

  /// Records anew what the entries of a damaged gap said, as far as the copy has it; the gap, open again, stands for the
  /// rest.
  private mutating func settle(damaged gap: Gap, _ stream: inout StreamRow, now: ClockReading) throws {
    stream.countTotal -= min(stream.countTotal, gap.recordCount)
    try noteDamage("entry", dataset: stream.dataset, sequence: gap.first, at: now.wall)
    let saved = try recordAnew(gap, &stream, now: now)
    let open = Gap(
      first: gap.first, last: gap.last, recordCount: gap.recordCount - min(saved, gap.recordCount),
      reason: .damaged, headAfter: .zero)
    if let open {
      try database.save(
        open, of: stream, stamp: EntryStamp(boot: 0, uptimeMilliseconds: 0, wall: Timestamp(milliseconds: 0)))
    }
    guard saved < gap.recordCount else { return }
    try holdBack(
      &stream, gap.first, code: LossReason.damaged.word,
      reason: QuarantineReason.ackText(
        BilingualText(
          id: "Isi perubahan rusak di penyimpanan kantor dan tidak terkirim.",
          en: "What the change says is damaged in the office's store, and was not sent.")), now: now)
  }

  /// Counts a gap in the ledger, once.
  func ledge(_ gap: Gap, _ stream: StreamRow, now: ClockReading) throws {
    let statement = try RawStatement(
      database,
      """
      INSERT OR REPLACE INTO _ledger (stream, first, reason, last, count, at_ms) VALUES (?, ?, ?, ?, ?, ?)
      """)
    statement.bind(stream.id, at: 1)
    statement.bind(Int64(bitPattern: gap.first.value), at: 2)
    statement.bind(Int64(gap.reason.rawValue), at: 3)
    statement.bind(Int64(bitPattern: gap.last.value), at: 4)
    statement.bind(Int64(bitPattern: gap.recordCount), at: 5)
    statement.bind(now.wall.milliseconds, at: 6)
    try statement.run()
  }
}
