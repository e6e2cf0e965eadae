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
    let scope = try scopeSeen(by: change, of: record, judge.definition)
    do throws(QuarantineReason) {
      try judge.judge(change, scopeSeen: scope, knows: knows)
      if let state = record?.state { try judge.judge(change, dot: dot, against: state) }
    } catch {
      throw failure ?? error
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

  /// The region written by the change that the editor was shown: from the state if it still stands there,
  /// else from history. A dot of another record or of a change that wrote no region gives none.
  ///
  /// - Throws: `QuarantineReason.unknownContext` while the change that wrote it is held itself: what was shown by it can
  ///   be judged once somebody has decided.
  private func scopeSeen(
    by change: Change, of record: StoredRecord?, _ definition: DatasetDefinition
  ) throws -> RegionCode? {
    guard let dot = change.scopeSeen, let field = definition.scope else { return nil }
    if let sibling = record?.state[field].siblings.first(where: { $0.dot == dot }) {
      return RegionCode(sibling.value.text)
    }
    // Who saw what came after a change of scope saw the change: an old dot beside new contexts is no page left open.
    let seen = change.edits.reduce(into: change.affirmation ?? .empty) { $0.formUnion($1.saw) }
    if let sibling = record?.state[field].siblings.first(where: { seen.covers($0.dot) }) {
      return RegionCode(sibling.value.text)
    }
    guard let row = try row(of: dot.author) else { return nil }
    let entry = try first(
      "SELECT entry FROM change WHERE incarnation = ? AND dataset = ? AND sequence = ? AND record = ?",
      [.integer(row), .text(definition.name.text), dot.sequence.stored, .blob(change.record.bytes)]
    ) { $0.blob(0) }
    if entry == nil, try isHeld(row, definition.name, dot.sequence, of: change.record) {
      throw QuarantineReason.unknownContext
    }
    guard let entry, case .change(_, let earlier)? = try? Entry(bytes: entry),
      case .text(let text)? = earlier.edits.first(where: { $0.field == field })?.value
    else { return nil }
    return RegionCode(text)
  }

  /// Whether an entry of the record waits in quarantine.
  private func isHeld(
    _ row: Int64, _ dataset: DatasetName, _ sequence: Datasets.Sequence, of record: RecordID
  ) throws -> Bool {
    try first(
      """
      SELECT 1 FROM quarantine WHERE incarnation = ? AND dataset = ? AND sequence = ? AND record = ? AND state = 'held'
      """, [.integer(row), .text(dataset.text), sequence.stored, .blob(record.bytes)]
    ) { _ in true } ?? false
  }
}
