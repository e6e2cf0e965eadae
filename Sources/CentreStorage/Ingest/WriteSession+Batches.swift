import Compression
import Datasets
import Replication
import Storage
import Wire

/// Consecutive new entries of one stream on their way into the tables.
struct IngestRun {
  struct Item {
    let sequence: Datasets.Sequence
    /// Where the entry's bytes lie in the block.
    let range: Range<Int>
  }

  let node: NodeName
  let author: Author
  let row: Int64
  let dataset: DatasetName
  let block: [UInt8]
  let items: [Item]
  /// The block as it came, when all of it is new.
  let compressed: CompressedBytes?
  let first: Datasets.Sequence
  let last: Datasets.Sequence
  /// Whether it comes out of quarantine: its stream has passed it already.
  var isRequeued = false
}

extension WriteSession {
  /// Applies one batch and moves its stream's position, or says why not.
  func apply(_ loaded: LoadedBatch) throws -> BatchOutcome {
    let batch = loaded.batch
    guard let block = loaded.block else {
      return refuse(.brokenChain, "the batch of \(batch.dataset) from \(batch.first) cannot be decompressed")
    }
    guard let standing = try standing(of: loaded.node), let current = standing.current else {
      return refuse(.unknownIncarnation, "\(loaded.node) has said no hello")
    }
    if standing.isFenced { return refuse(.fenced, "\(loaded.node) is fenced") }
    let author = Author(node: loaded.node, incarnation: batch.incarnation)
    guard let row = try row(of: author) else {
      return refuse(.unknownIncarnation, "the incarnation \(batch.incarnation) is not known")
    }
    guard let limit = try limit(ofRow: row, onLineOf: current, batch.dataset) else {
      // It may well be on the line: the node's next hello names all that it keeps.
      if try isCut(current) {
        return refuse(.unknownIncarnation, "from where the line of \(loaded.node) comes is not known")
      }
      return refuse(
        .superseded, "the incarnation \(batch.incarnation) is no longer on the line of \(loaded.node)")
    }
    if let limit, batch.last > limit {
      return refuse(
        .brokenChain, "\(batch.dataset) \(batch.last) does not belong to the incarnation \(batch.incarnation)"
      )
    }
    let position = try linePosition(row, batch.dataset)
    guard position.isBegun else { return .position(try ack(batch, row: row, applied: position.mark)) }
    if batch.last < position.mark.sequence, try !isKnownHead(batch, row: row) {
      return refuse(.brokenChain, "heads of \(batch.dataset) differ at \(batch.last)")
    }
    let check = BatchCheck.check(
      first: batch.first, last: batch.last, head: batch.head, block: block, applied: position.mark)
    switch check {
    case .ahead: return .position(try ack(batch, row: row, applied: position.mark))
    case .broken(let reason): return refuse(.brokenChain, "\(batch.dataset): \(reason)")
    case .known:
      // The first ack may have been lost, and with it what was quarantined.
      let known = try quarantined(row, batch.dataset, batch.first, batch.last)
      return .ack(try ack(batch, row: row, applied: position.mark, quarantined: known), IngestCounts())
    case .apply(let plan):
      return try apply(plan, of: batch, author: author, row: row, block: block, applied: position.mark)
    }
  }

  private func apply(
    _ plan: BatchPlan, of batch: Batch, author: Author, row: Int64, block: [UInt8], applied: StreamMark
  ) throws -> BatchOutcome {
    let isWhole = batch.first == applied.sequence.next
    // The ack of an earlier batch over the same entries may have been lost, and with it what was quarantined.
    let told =
      isWhole ? [] : try quarantined(row, batch.dataset, batch.first, applied.sequence)
    let run = IngestRun(
      node: author.node, author: author, row: row, dataset: batch.dataset, block: block,
      items: plan.items.map { IngestRun.Item(sequence: $0.sequence, range: $0.range) },
      compressed: isWhole ? batch.entries : nil, first: applied.sequence.next, last: plan.end.sequence)
    var result = try ingest(run)
    for gap in plan.gaps {
      try store(gap, of: run)
      result.counts.missing += gap.recordCount
    }
    try setStream(row, batch.dataset, to: plan.end)
    try note(run, result)
    return .ack(
      try ack(batch, row: row, applied: plan.end, quarantined: told + result.quarantined), result.counts)
  }

  /// What a run of entries came to.
  struct IngestResult {
    var counts = IngestCounts()
    var quarantined: [Ack.Quarantined] = []
    var refused: [Datasets.Sequence: QuarantineReason] = [:]
    /// Changes that made no difference.
    var replaced: Set<Datasets.Sequence> = []
    /// Effective time of the newest entry, suspect ones left out.
    var newest: Int64?
    /// Natural keys that nobody had said before.
    var newKeys = KeySum()
    /// Natural keys that were known, but not from this node.
    var joinedKeys = KeySum()

    mutating func see(effective: Int64, isSuspect: Bool) {
      if !isSuspect { newest = max(newest ?? .min, effective) }
    }
  }

  /// Takes entries in, but for those that wait for the admin's word.
  func ingest(_ run: IngestRun) throws -> IngestResult {
    var held = IngestResult()
    guard let rest = try holdBack(run, into: &held) else { return held }
    var result = try takeIn(rest)
    result.counts.quarantined += held.counts.quarantined
    result.quarantined = held.quarantined + result.quarantined
    result.refused.merge(held.refused) { first, _ in first }
    return result
  }

  /// By the kind of their dataset; a dataset that nobody has defined yet sets them aside.
  private func takeIn(_ run: IngestRun) throws -> IngestResult {
    guard let dataset = catalogue.datasets[run.dataset],
      let write = catalogue.write(run.node, dataset.definition)
    else { return try setAside(run) }
    let judge = EntryJudge(definition: dataset.definition, write: write, now: now, author: run.node)
    return dataset.definition.kind == .record
      ? try ingestChanges(run, into: dataset, judge: judge)
      : try ingestOccurrences(run, into: dataset, judge: judge)
  }

  private func setAside(_ run: IngestRun) throws -> IngestResult {
    var result = IngestResult()
    for item in run.items {
      try quarantine(item, of: run, record: nil, reason: .unknownDataset, into: &result)
    }
    return result
  }

  private func store(_ gap: Gap, of run: IngestRun) throws {
    // Nothing is missing where all of it comes again under new numbers.
    if gap.recordCount > 0 {
      try self.run(
        """
        INSERT INTO ledger (node, incarnation, dataset, first, last, count, reason, at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(run.node.text), .integer(run.row), .text(run.dataset.text), gap.first.stored, gap.last.stored,
          .integer(Int64(clamping: gap.recordCount)), .text(gap.reason.word), .integer(now.milliseconds),
        ])
    }
    try storeMark(run.row, run.dataset, StreamMark(sequence: gap.last, head: gap.headAfter), isGap: true)
  }

  /// Keeps, per node and dataset, how far it came, how new its data is, and the digest of its events.
  func note(_ run: IngestRun, _ result: IngestResult) throws {
    let key: [StoredValue] = [.text(run.node.text), .text(run.dataset.text)]
    let before = try first("SELECT count, sum, applied FROM node_stream WHERE node = ? AND dataset = ?", key) {
      (keys: KeySum(count: $0.unsigned(0), sum: $0.blob(1)), applied: $0.sequence(2))
    }
    var keys = before?.keys ?? KeySum()
    keys += result.newKeys
    keys += result.joinedKeys
    let applied = run.isRequeued ? before?.applied ?? .none : run.last
    try self.run(
      """
      INSERT INTO node_stream (node, dataset, applied, last, newest_ms, count, sum)
      VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)
      ON CONFLICT DO UPDATE SET applied = excluded.applied, last = max(last, excluded.last),
        newest_ms = max(coalesce(newest_ms, excluded.newest_ms), coalesce(excluded.newest_ms, newest_ms)),
        count = excluded.count, sum = excluded.sum
      """,
      key + [
        applied.stored, .optional(result.newest), .integer(Int64(clamping: keys.count)),
        .blob(keys.sum.hash.bytes),
      ])
    if result.newKeys.count > 0 { try count(result.newKeys, of: run.dataset) }
  }

  /// Whether a batch below the position ends where the stream did, as far as its end was kept.
  private func isKnownHead(_ batch: Batch, row: Int64) throws -> Bool {
    let head = try first(
      "SELECT head FROM stream_mark WHERE incarnation = ? AND dataset = ? AND sequence = ?",
      [.integer(row), .text(batch.dataset.text), batch.last.stored]
    ) { try $0.hash(0) }
    return head.map { $0 == batch.head } ?? true
  }

  private func ack(
    _ batch: Batch, row: Int64, applied: StreamMark, quarantined: [Ack.Quarantined] = []
  ) throws -> Ack {
    Ack(
      session: batch.session, dataset: batch.dataset, incarnation: batch.incarnation, applied: applied,
      quarantined: Self.shortened(quarantined), visibleAt: cursor,
      backedUp: try backedUp(row, batch.dataset),
      credit: Credit(bytes: 0, messages: 0))
  }

  /// Reasons of an ack in words; after so many the code must do, or one message could not hold them.
  private static let reasonsMax = 2048

  private static func shortened(_ quarantined: [Ack.Quarantined]) -> [Ack.Quarantined] {
    guard quarantined.count > reasonsMax else { return quarantined }
    return quarantined.prefix(reasonsMax)
      + quarantined.dropFirst(reasonsMax).map {
        Ack.Quarantined(sequence: $0.sequence, code: $0.code, reason: "")
      }
  }

  /// Where the feed shows everything up to now.
  var cursor: FeedCursor {
    FeedCursor(
      epoch: memory.epoch?.incarnation ?? Incarnation(generation: 0, random: 0), position: memory.position)
  }

  private func refuse(_ code: Refusal.Code, _ reason: String) -> BatchOutcome {
    .broken(Refusal(code: code, reason: reason))
  }
}
