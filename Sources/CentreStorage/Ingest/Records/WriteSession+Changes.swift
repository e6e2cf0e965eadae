import Datasets
import Replication
import Storage
import Wire

extension WriteSession {
  /// Merges new changes of one stream into their records, in order.
  func ingestChanges(_ run: IngestRun, into dataset: InstalledDataset, judge: EntryJudge) throws
    -> IngestResult
  {
    let writer = try recordWriter(dataset)
    var result = IngestResult()
    for item in run.items {
      var record: RecordID?
      do {
        let (seal, change) = try decodedChange(run, item)
        record = change.record
        let known = try writer.record(change.record)
        let dot = Dot(author: run.author, sequence: item.sequence)
        try judged(change, dot: dot, seal: seal, of: known, by: judge)
        let disposition = try run.block.withUnsafeBytes { bytes in
          try writer.apply(
            change, dot: dot, seal: seal, row: run.row,
            entry: UnsafeRawBufferPointer(rebasing: bytes[item.range]),
            to: known ?? .new(change.record))
        }
        if disposition == .applied {
          result.counts.applied += 1
        } else {
          result.counts.replaced += 1
          result.replaced.insert(item.sequence)
        }
        result.see(effective: seal.effective.milliseconds, isSuspect: seal.isSuspect)
      } catch let reason as QuarantineReason {
        try quarantine(item, of: run, record: record, reason: reason, into: &result)
      } catch let error as StoreError where (error.cause as? DamagedRow)?.table == .record {
        // One damaged record must not stop its office's stream.
        try quarantine(item, of: run, record: record, reason: .damagedRecord, into: &result)
      }
    }
    return result
  }

  private func decodedChange(_ run: IngestRun, _ item: IngestRun.Item) throws(QuarantineReason) -> (
    Seal, Change
  ) {
    let entry: Entry
    do throws(WireError) {
      entry = try Entry(ByteReader(run.block, range: item.range))
    } catch {
      throw .notDecodable(error)
    }
    guard case .change(let seal, let change) = entry else {
      throw .notDecodable(.malformed(what: "entry kind"))
    }
    return (seal, change)
  }

  /// - Throws: `QuarantineReason`, or what the store throws.
  private func judged(
    _ change: Change, dot: Dot, seal: Seal, of record: StoredRecord?, by judge: EntryJudge
  ) throws {
    try judge.judge(seal)
    var failure: (any Error)?
    // Most edits of a change saw the same.
    var last: (context: Context, isKnown: Bool)?
    func knows(_ context: Context) -> Bool {
      if context.isEmpty { return true }
      if let last, last.context == context { return last.isKnown }
      do {
        let isKnown = try context.entries.allSatisfy {
          try self.isKnown($0, before: dot, judge.definition.name)
        }
        last = (context, isKnown)
        return isKnown
      } catch {
        failure = error
        return false
      }
    }
    let shown = try scopeShown(by: change, of: record, judge.definition)
    do throws(QuarantineReason) {
      try judge.judge(change, scopeSeen: shown.region, knows: knows)
      if let state = record?.state { try judge.judge(change, dot: dot, against: state) }
    } catch {
      if let failure { throw failure }
      guard error.code == .writeRule else { throw error }
      switch shown {
      case .discarded(let author): throw QuarantineReason.shownDiscarded(by: author)
      case .lost(let author): throw QuarantineReason.shownLost(by: author)
      case .region, .nowhere: throw error
      }
    }
  }

  /// Whether everything up to `entry` of its author has been applied or is covered by a gap.
  ///
  /// Of the centre itself only the present epoch can still write: whatever an earlier one wrote and a restore
  /// lost, nothing more comes from it (protocol.md, Identity 6).
  private func isKnown(_ entry: Context.Entry, before dot: Dot, _ dataset: DatasetName) throws -> Bool {
    // Its author's own earlier entries may stand in the same batch, whose end the stream has not reached yet.
    if entry.author == dot.author, entry.counter < dot.sequence { return true }
    if entry.author.node == .centre, entry.author.incarnation != memory.epoch?.incarnation { return true }
    guard let row = try row(of: entry.author), let applied = try stream(row, dataset) else { return false }
    return entry.counter <= applied.sequence
  }
}
