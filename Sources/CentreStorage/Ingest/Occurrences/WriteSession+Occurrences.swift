import Compression
import Datasets
import Replication
import Storage
import Wire

extension WriteSession {
  /// Inserts new events or samples into their typed table and keeps the sealed run: it is the feed to other
  /// readers and the evidence of the chain.
  func ingestOccurrences(
    _ run: IngestRun, into dataset: InstalledDataset, judge: EntryJudge
  ) throws -> IngestResult {
    guard let plan = dataset.plan, !run.items.isEmpty else { return IngestResult() }
    let writer = OccurrenceWriter(self, run: run, dataset: dataset, plan: plan, judge: judge)
    try run.block.withUnsafeBytes { bytes in
      let insertion = try statement(dataset.insertion)
      try writer.begin(insertion.raw)
      for item in run.items {
        try writer.take(item, UnsafeRawBufferPointer(rebasing: bytes[item.range]), insertion.raw)
      }
    }
    if !run.isRequeued || writer.skipped.count < run.items.count {
      try store(run, skipped: writer.skipped.sorted())
      if run.isRequeued { try reopenLost(run) }
    }
    return writer.result
  }

  private func store(_ run: IngestRun, skipped: [Datasets.Sequence]) throws {
    let kept = try run.compressed ?? recompressed(run)
    let first = run.compressed == nil ? run.items.first?.sequence ?? run.first : run.first
    let statement = try statement(
      """
      INSERT INTO occurrence_batch
        (position, incarnation, dataset, first, last, received_ms, raw_count, skipped, entries, checksum, locator)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    // Who recorded it too: it may have lost it with its disk (`LostOccurrenceSource`).
    let position = memory.nextPosition(in: run.dataset, for: run.node)
    let skippedBytes = OccurrenceRun.bytes(ofSkipped: skipped)
    let checksum = RowChecksum.batch(
      dataset: run.dataset.text, position: position, incarnation: run.row, first: first, last: run.last, received: now,
      rawCount: kept.rawCount, skipped: skippedBytes, entries: kept.bytes)
    statement.raw.bind([
      .integer(Int64(clamping: position)), .integer(run.row), .text(run.dataset.text), first.stored, run.last.stored,
      .integer(now.milliseconds), .integer(Int64(kept.rawCount)), .blob(skippedBytes), .blob(kept.bytes),
      .integer(checksum), .integer(kept.bytes.withUnsafeBytes { BitLocator.of($0) }),
    ])
    try statement.raw.run()
  }

  /// The block from the first new entry on: what was known before stands in an earlier run.
  private func recompressed(_ run: IngestRun) throws -> CompressedBytes {
    var start = 0
    for range in try EntryBlock.ranges(in: run.block) {
      if range == run.items.first?.range { break }
      start = range.upperBound
    }
    let raw = Array(run.block[start...])
    return CompressedBytes(rawCount: raw.count, bytes: try Zstandard.compress(raw))
  }
}

/// What one run of events does to the tables, entry by entry.
final class OccurrenceWriter {
  private let session: WriteSession
  private let run: IngestRun
  private let dataset: InstalledDataset
  private let plan: OccurrencePlan
  private let judge: EntryJudge
  private let decoder: OccurrenceDecoder
  /// Whether the author may write all fields everywhere; else each entry is judged by value.
  private let isUnlimited: Bool
  private lazy var duplicates = DuplicateResolver(session, dataset: dataset, plan: plan)
  private(set) var result = WriteSession.IngestResult()
  /// Entries that other readers must not take as they stand: quarantined, or out of sight.
  private(set) var skipped: Set<Datasets.Sequence> = []

  init(
    _ session: WriteSession, run: IngestRun, dataset: InstalledDataset, plan: OccurrencePlan,
    judge: EntryJudge
  ) {
    self.session = session
    self.run = run
    self.dataset = dataset
    self.plan = plan
    self.judge = judge
    isUnlimited = judge.write.grants.contains { $0.region == nil && $0.fields == nil }
    decoder = OccurrenceDecoder(plan, now: judge.now, clockLimitMilliseconds: judge.clockLimitMilliseconds)
  }

  /// Binds what all entries of the run share.
  func begin(_ insertion: borrowing RawStatement) throws {
    insertion.bind(run.node.text, at: plan.nodePlace)
    insertion.bind(run.row, at: plan.incarnationPlace)
  }

  func take(
    _ item: IngestRun.Item, _ entry: UnsafeRawBufferPointer, _ insertion: borrowing RawStatement
  ) throws {
    guard isUnlimited, let bound = decoder.bind(entry, to: insertion) else {
      return try takeSlowly(item, insertion)
    }
    insertion.bind(Int64(item.sequence.value), at: plan.sequencePlace)
    if try insertion.run() > 0 {
      result.counts.applied += 1
      result.newKeys.add(bound.digest)
    } else {
      try resolve(item, key: bound.digest, insertion)
    }
    result.see(effective: bound.effective, isSuspect: bound.isSuspect)
  }

  /// By value: entries of another shape or with rare values, and those that are refused.
  private func takeSlowly(_ item: IngestRun.Item, _ insertion: borrowing RawStatement) throws {
    let seal: Seal
    let occurrence: Occurrence
    do throws(QuarantineReason) {
      (seal, occurrence) = try Self.judged(run.block, item.range, by: judge)
    } catch {
      skipped.insert(item.sequence)
      return try session.quarantine(item, of: run, record: nil, reason: error, into: &result)
    }
    decoder.statementChanged()
    let row = OccurrenceRow(
      occurrence, seal: seal, node: run.node, incarnation: run.row, sequence: item.sequence, dataset: dataset)
    row.bind(to: insertion, plan: plan)
    let key = OccurrenceDigest.of(
      dataset: dataset.definition.name, key: dataset.definition.key.map { occurrence[$0] ?? .null })
    if try insertion.run() > 0 {
      result.counts.applied += 1
      result.newKeys.add(key)
    } else {
      try resolve(row, key: key, insertion)
    }
    result.see(effective: seal.effective.milliseconds, isSuspect: seal.isSuspect)
  }

  static func judged(
    _ block: [UInt8], _ range: Range<Int>, by judge: EntryJudge
  ) throws(QuarantineReason) -> (Seal, Occurrence) {
    let entry: Entry
    do throws(WireError) {
      entry = try Entry(ByteReader(block, range: range))
    } catch {
      throw .notDecodable(error)
    }
    guard case .occurrence(let seal, let occurrence) = entry else {
      throw .notDecodable(.malformed(what: "entry kind"))
    }
    try judge.judge(seal)
    try judge.judge(occurrence)
    return (seal, occurrence)
  }

  /// The natural key was taken.
  private func resolve(_ item: IngestRun.Item, key: DigestSum, _ insertion: borrowing RawStatement) throws {
    guard case .occurrence(let seal, let occurrence) = try Entry(ByteReader(run.block, range: item.range))
    else {
      throw StoreError.damaged("an entry")
    }
    decoder.statementChanged()
    let row = OccurrenceRow(
      occurrence, seal: seal, node: run.node, incarnation: run.row, sequence: item.sequence, dataset: dataset)
    row.bind(to: insertion, plan: plan)
    try resolve(row, key: key, insertion)
  }

  private func resolve(_ row: OccurrenceRow, key: DigestSum, _ insertion: borrowing RawStatement) throws {
    let (resolution, isNewToNode) = try duplicates.resolve(row, key: key, insertion)
    if isNewToNode { result.joinedKeys.add(key) }
    switch resolution {
    case .known: result.counts.duplicates += 1
    case .outOfSight:
      result.counts.variants += 1
      skipped.insert(row.sequence)
    case .replaced(let author, let sequence):
      result.counts.variants += 1
      if author == run.row, sequence >= run.first {
        skipped.insert(sequence)
      } else {
        try session.skip(sequence, ofIncarnation: author, run.dataset)
      }
    }
  }
}
