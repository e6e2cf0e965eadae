import Compression
package import Datasets
import Failpoints
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Puts one step of the feed into the copy and moves the cursor, in one transaction.
  ///
  /// What is of a dataset that is not installed is passed over and counted; the whole copy is asked for again once
  /// the dataset is there.
  /// - Throws: `StoreError`, `.damaged` when the step itself cannot be decoded.
  package func apply(_ feed: Feed, now: ClockReading) async throws -> FeedOutcome {
    let part = try DecodedPart(feed.part)
    let outcome = try await write { try $0.apply(part, cursor: feed.cursor, now: now) }
    Failpoint.feedApplied.pass()
    return outcome
  }

  /// Starts a snapshot: what it does not list by `sweepAt` is swept then.
  ///
  /// - Parameter ruleVersion: the read rules that the snapshot is made by.
  package func beginReset(sweepAt: UInt64, epoch: Incarnation, ruleVersion: UInt64) async throws {
    try await write { $0.beginReset(sweepAt: sweepAt, epoch: epoch, ruleVersion: ruleVersion) }
  }

  /// Does one bounded step of what is left to do once the feed has said that it is complete: the sweep after a
  /// snapshot, then overlays that end.
  package func settleCopy(now: ClockReading) async throws -> CopySettling {
    try await write { try $0.settleCopy(now: now) }
  }

  /// Where the copy stands, under which read rules it was made, and whether hello will ask for all of it anew.
  package func copyStanding() async throws -> (
    cursor: FeedCursor?, ruleVersion: UInt64, isResetting: Bool, needsRebuild: Bool
  ) {
    try await read { database in
      let standing = try CopyStanding.load(database)
      return (standing.cursor, standing.ruleVersion, standing.sweepAt != nil, standing.needsRebuild)
    }
  }
}

/// A part of the feed, decompressed and decoded outside of any transaction.
enum DecodedPart: Sendable {
  case nothing
  case records(DatasetName, FeedRecords)
  case occurrences(FeedOccurrences, block: [UInt8], ranges: [Range<Int>])
  case verdicts([Verdict])

  init(_ part: Feed.Part) throws(StoreError) {
    do {
      switch part {
      case .nothing:
        self = .nothing
      case .records(let dataset, let compressed):
        self = .records(dataset, try FeedRecords(bytes: try Self.decompress(compressed)))
      case .occurrences(let run):
        let block = try Self.decompress(run.entries)
        self = .occurrences(run, block: block, ranges: try EntryBlock.ranges(in: block))
      case .verdicts(let verdicts): self = .verdicts(verdicts)
      }
    } catch {
      throw StoreError(.damaged, "The centre sent a feed that cannot be decoded.", cause: error)
    }
  }

  private static func decompress(_ compressed: CompressedBytes) throws -> [UInt8] {
    guard compressed.rawCount <= Limits.batchBytesMax else {
      throw WireError.tooLarge(what: "feed", limit: Limits.batchBytesMax)
    }
    return try Zstandard.decompress(compressed.bytes, rawCount: compressed.rawCount)
  }
}

extension WriteTransaction {
  mutating func apply(_ part: DecodedPart, cursor: FeedCursor, now: ClockReading) throws -> FeedOutcome {
    var outcome = FeedOutcome(cursor: cursor)
    if let present = cache.copy.cursor, cursor < present {
      outcome.cursor = present
      outcome.isApplied = false
      return outcome
    }
    switch part {
    case .nothing: break
    case .records(let dataset, let records):
      if let installed = context.datasets[dataset], installed.definition.kind == .record {
        try apply(records, to: installed, outcome: &outcome, now: now)
      } else {
        try skip(dataset, count: records.items.count, &outcome)
      }
    case .occurrences(let run, let block, let ranges):
      if let installed = context.datasets[run.dataset], installed.definition.kind != .record {
        try apply(run, block: block, ranges: ranges, to: installed, outcome: &outcome)
      } else {
        try skip(run.dataset, count: ranges.count, &outcome)
      }
    case .verdicts(let verdicts):
      for verdict in verdicts { try apply(verdict, now: now) }
    }
    let isEnd = if case .nothing = part { true } else { false }
    if !isEnd { Failpoint.feedBeforeCursor.pass() }
    cache.copy.cursor = cursor
    if isEnd { try complete(cursor, &outcome, now: now) }
    return outcome
  }

  /// One dataset must not keep the others back. That the copy lacks it is noted until it is installed.
  private func skip(_ dataset: DatasetName, count: Int, _ outcome: inout FeedOutcome) throws {
    outcome.skipped += count
    guard context.datasets[dataset] == nil else { return }
    try database.execute(
      sql: """
        INSERT INTO _skipped (dataset, count) VALUES (?, ?)
        ON CONFLICT (dataset) DO UPDATE SET count = count + excluded.count
        """,
      arguments: [dataset.text, count])
  }

  /// The feed ended at `cursor` when it was read: what waits for that may end. (Positions of parts with
  /// something in them do not say so: a record that has changed since comes later.)
  private mutating func complete(_ cursor: FeedCursor, _ outcome: inout FeedOutcome, now: ClockReading) throws {
    cache.copy.complete = cursor
    let settling = try settleCopy(now: now)
    outcome.hasMore = settling.hasMore
    outcome.hasSwept = settling.hasSwept
    outcome.shelved += settling.shelved
    outcome.appended = settling.appended
  }

  mutating func settleCopy(now: ClockReading) throws -> CopySettling {
    var settling = CopySettling()
    if let sweepAt = cache.copy.sweepAt {
      guard let complete = cache.copy.complete, complete.position >= sweepAt else { return settling }
      try sweep(&settling, now: now)
      if !settling.hasSwept {
        settling.hasMore = true
        return settling
      }
    }
    for stream in sortedStreams where stream.kind == .record {
      if try endOverlays(stream.dataset) { settling.hasMore = true }
    }
    return settling
  }

  mutating func beginReset(sweepAt: UInt64, epoch: Incarnation, ruleVersion: UInt64) {
    let copy = cache.copy
    // The same rules: it is the cursor that the centre does not know, so it may have lost what the copy
    // holds. So may a centre whose generation went back. Other rules alone: what is swept has left this
    // office's scope.
    let isRestored = copy.cursor.map { epoch.generation <= $0.epoch.generation && epoch != $0.epoch } ?? false
    let isSameScope = copy.cursor != nil && copy.ruleVersion == ruleVersion && !copy.needsRebuild
    cache.copy.shelves = (copy.sweepAt != nil && copy.shelves) || isRestored || isSameScope
    cache.copy.stamp += 1
    cache.copy.cursor = FeedCursor(epoch: epoch, position: 0)
    cache.copy.complete = nil
    cache.copy.ruleVersion = ruleVersion
    cache.copy.sweepAt = sweepAt
    cache.copy.needsRebuild = false
    cache.sweepPlace = nil
  }
}
