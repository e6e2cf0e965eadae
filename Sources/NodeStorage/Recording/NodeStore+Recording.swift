package import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Appends events or samples, and puts them into the local copy, in one transaction.
  ///
  /// The same natural key with the same content is a duplicate; with other content it is appended and one of
  /// the two stays out of sight (`variant`). Rows should come in batches of at most 2,000.
  /// - Throws: `StoreError`, `.full` when nothing can be dropped to make room.
  package func record(
    _ dataset: DatasetName, rows: [ValidRow], now: ClockReading
  ) async throws -> RecordingResult {
    let installed = try self.dataset(dataset)
    guard installed.definition.kind != .record else {
      throw StoreError(.notFound, "The dataset \(dataset) holds records; it takes rows by import.")
    }
    return try await writeIntake { try $0.record(installed, rows: rows, now: now) }
  }
}

extension WriteTransaction {
  mutating func record(
    _ dataset: InstalledDataset, rows: [ValidRow], now: ClockReading
  ) throws -> RecordingResult {
    var slots = rows.map { PreparationSlot(row: $0) }
    Parallel.forEach(&slots) { $0.prepared = PreparedOccurrence($0.row, dataset: dataset) }
    let prepared = slots.compactMap(\.prepared)
    let bytes = prepared.reduce(0) { $0 + $1.body.count * 3 + 64 }
    try makeRoom(forBytes: bytes, now: now)

    var result = RecordingResult()
    var stream = try stream(dataset.name)
    let stamp = EntryStamp(now, boot: context.boot)
    let effective = presentBasis(stamp).seal(stamp).effective
    let number = try number(of: author)
    let ranks = OccurrenceRanks(self, stream)
    let through = context.isDryRun ? try OccurrenceReadThrough(database, dataset) : nil
    let tables = try OccurrenceTables(
      database, dataset, stamp: OccurrenceTables.ownStamp, through: through)
    let trimmed = try TrimmedKeys(database, schema: context.isDryRun ? "live" : "main")
    let appender = try EntryAppender(database)
    for occurrence in prepared {
      if let problem = occurrence.problem {
        result.rejected.append(RejectedRow(line: occurrence.line, problem: problem))
        continue
      }
      let memory = try trimmed.find(occurrence, stream)
      if memory == .same {
        result.accepted += 1
        result.duplicates += 1
        continue
      }
      let dot = Dot(author: author, sequence: stream.last.next)
      let rank = OccurrenceRank(author: number, dot: dot, effective: effective)
      let placement = try tables.place(occurrence, rank: rank, isEntry: false) { try ranks.rank($0) }
      result.accepted += 1
      if placement == .known {
        result.duplicates += 1
        continue
      }
      try appender.append(occurrence.body, kind: .occurrence, stamp: stamp, to: &stream)
      result.appended(stream.last)
      if placement == .variant || memory == .other {
        result.variants += 1
      } else {
        stream.count(occurrence.keySum)
      }
    }
    cache.streams[dataset.name] = stream
    return result
  }

  var authorsByNumber: [Int64: Author] {
    Dictionary(cache.authors.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What an entry recorded at `stamp` would be sealed by as things stand.
  func presentBasis(_ stamp: EntryStamp) -> SealBasis {
    var chooser = SealChooser(cache.samples)
    return chooser.basis(for: stamp)
  }
}

private struct PreparationSlot: Sendable {
  let row: ValidRow
  var prepared: PreparedOccurrence?
}

extension StreamRow {
  /// A natural key came into the typed table.
  mutating func count(_ key: DigestSum) {
    digestCount += 1
    digest += key
  }

  /// A natural key was thinned out of it.
  mutating func discount(_ key: DigestSum) {
    digestCount = digestCount > 0 ? digestCount - 1 : 0
    digest += key.negated
  }
}

extension StreamRow {
  /// Another node's event or sample came into the typed tables, where it takes a little more than its entry did.
  mutating func tookCopy(bytes: Int) {
    copyCount &+= 1
    copyBytes &+= UInt64(max(0, bytes))
  }

  /// One of them went: about as large as they are on average.
  mutating func droppedCopy() {
    guard copyCount > 0 else { return }
    copyBytes -= copyBytes / copyCount
    copyCount -= 1
  }
}

extension DigestSum {
  /// What makes zero together with it, modulo 2^256.
  var negated: DigestSum {
    var carry: UInt16 = 1
    var bytes = hash.bytes
    for index in bytes.indices.reversed() {
      let sum = UInt16(~bytes[index]) + carry
      bytes[index] = UInt8(truncatingIfNeeded: sum)
      carry = sum >> 8
    }
    return Hash256(bytes).map(DigestSum.init) ?? DigestSum()
  }
}
