import Datasets
import GRDB
import Replication
import Storage
import Wire

/// One entry of another node's stream on its way into the typed table.
private struct FeedEntry: Sendable {
  let sequence: Datasets.Sequence
  let range: Range<Int>
  var prepared: PreparedOccurrence?
  var effective = Timestamp(milliseconds: 0)
}

extension WriteTransaction {
  mutating func apply(
    _ run: FeedOccurrences, block: [UInt8], ranges: [Range<Int>], to dataset: InstalledDataset,
    outcome: inout FeedOutcome
  ) throws {
    var entries = entries(of: run, block: block, ranges: ranges, outcome: &outcome)
    Parallel.forEach(&entries) { entry in
      guard case .occurrence(let seal, let occurrence)? = try? Entry(ByteReader(block, range: entry.range))
      else {
        return
      }
      entry.effective = seal.effective
      entry.prepared = PreparedOccurrence(occurrence, dataset: dataset)
    }
    let number = try number(of: run.author)
    var stream = try stream(dataset.name)
    let ranks = OccurrenceRanks(self, stream)
    let tables = try OccurrenceTables(database, dataset, stamp: cache.copy.stamp)
    let trimmed = try TrimmedKeys(database)
    let isSnapshot = cache.copy.sweepAt != nil
    for entry in entries {
      guard let prepared = entry.prepared else {
        outcome.undecodable += 1
        continue
      }
      let memory = try trimmed.find(prepared, stream)
      if memory == .same {
        if isSnapshot { try tables.list(prepared) }
        outcome.occurrences += 1
        continue
      }
      let rank = OccurrenceRank(
        author: number, dot: Dot(author: run.author, sequence: entry.sequence), effective: entry.effective)
      let placement = try tables.place(prepared, rank: rank, isEntry: true) { try ranks.rank($0) }
      switch placement {
      case .new:
        if memory == .unknown { stream.count(prepared.keySum) }
        stream.tookCopy(bytes: entry.range.count)
      case .variant: stream.tookCopy(bytes: entry.range.count)
      case .known: if isSnapshot { try tables.list(prepared) }
      }
      outcome.occurrences += 1
    }
    cache.streams[dataset.name] = stream
  }

  /// The entries with their sequences, without gaps and what is out of sight.
  private func entries(
    of run: FeedOccurrences, block: [UInt8], ranges: [Range<Int>], outcome: inout FeedOutcome
  ) -> [FeedEntry] {
    let skipped = Set(run.skipped)
    var entries: [FeedEntry] = []
    var next = run.first
    for range in ranges {
      guard next <= run.last else {
        outcome.undecodable += 1
        continue
      }
      if !range.isEmpty, block[range.lowerBound] == Entry.Kind.gap.rawValue {
        guard case .gap(let gap)? = try? Entry(ByteReader(block, range: range)) else {
          outcome.undecodable += 1
          next = next.next
          continue
        }
        next = gap.last.next
        continue
      }
      if !skipped.contains(next) { entries.append(FeedEntry(sequence: next, range: range)) }
      next = next.next
    }
    return entries
  }
}
