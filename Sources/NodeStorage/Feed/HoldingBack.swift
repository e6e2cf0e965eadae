import Datasets
import GRDB
import Replication
import Storage
import Wire

extension WriteTransaction {
  /// Shows an entry as held back ("ditahan"), with what it said, which outlives the entry.
  ///
  /// An event or sample leaves the typed table: the copy never shows what the centre has not taken.
  mutating func holdBack(
    _ stream: inout StreamRow, _ sequence: Datasets.Sequence, code: String, reason: String, now: ClockReading
  ) throws {
    let entry = try entry(stream, sequence)
    if code == LossReason.discarded.word {
      // Given up before this node ever heard that it was held.
      if let body = entry?.body { try takeOut(&stream, sequence, body: body) }
      return try noteDiscarded(stream, sequence, now: now)
    }
    let statement = try RawStatement(
      database,
      """
      INSERT INTO _held_back (id, code, reason, at_ms, record, body) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET code = excluded.code, reason = excluded.reason, at_ms = excluded.at_ms,
        record = coalesce(excluded.record, record),
        body = CASE WHEN length(excluded.body) > 0 THEN excluded.body ELSE body END
      """)
    statement.bind(stream.key(sequence), at: 1)
    statement.bind(code, at: 2)
    statement.bind(reason, at: 3)
    statement.bind(now.wall.milliseconds, at: 4)
    if let record = entry?.record {
      statement.bind(blob: record.bytes, at: 5)
    } else {
      statement.bindNull(at: 5)
    }
    statement.bind(blob: entry?.body ?? [], at: 6)
    try statement.run()
    cache.heldBackCount = try database.keptCount("_held_back")
    if let body = entry?.body { try takeOut(&stream, sequence, body: body) }
  }

  private func entry(_ stream: StreamRow, _ sequence: Datasets.Sequence) throws -> StoredEntry? {
    let row = try RawStatement(database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id = ?")
    row.bind(stream.key(sequence), at: 1)
    return try row.step() ? StoredEntry(row) : nil
  }

  // MARK: Verdicts

  /// Takes in what the centre decided about entries that are held back here.
  mutating func apply(_ verdict: Verdict, now: ClockReading) throws {
    guard var stream = cache.streams[verdict.dataset],
      cache.lineage.owner(stream: stream.id, verdict.sequence) == verdict.incarnation
    else { return }
    let row = try RawStatement(database, "SELECT body FROM _held_back WHERE id = ?")
    row.bind(stream.key(verdict.sequence), at: 1)
    guard try row.step() else { return }
    let body = row.blob(0)
    row.reset()
    switch verdict.outcome {
    case .applied:
      try putBack(&stream, verdict, body: body)
      // Given up once, and taken in after all by a centre that was set back to before that.
      try database.execute(
        sql: "DELETE FROM _ledger WHERE stream = ? AND first = ? AND reason = ?",
        arguments: [
          stream.id, Int64(bitPattern: verdict.sequence.value), Int64(LossReason.discarded.rawValue),
        ])
    case .discarded: try noteDiscarded(stream, verdict.sequence, now: now)
    }
    cache.streams[verdict.dataset] = stream
    try database.execute(
      sql: "DELETE FROM _held_back WHERE id = ?", arguments: [stream.key(verdict.sequence)])
    cache.heldBackCount -= database.changesCount
  }

  private func noteDiscarded(_ stream: StreamRow, _ sequence: Datasets.Sequence, now: ClockReading) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO _ledger (stream, first, reason, last, count, at_ms) VALUES (?, ?, ?, ?, 1, ?)
        """,
      arguments: [
        stream.id, Int64(bitPattern: sequence.value), Int64(LossReason.discarded.rawValue),
        Int64(bitPattern: sequence.value), now.wall.milliseconds,
      ])
  }

  private mutating func takeOut(_ stream: inout StreamRow, _ sequence: Datasets.Sequence, body: [UInt8]) throws {
    guard let (dataset, prepared) = occurrence(stream, body) else { return }
    let author = try number(of: dot(stream, sequence).author)
    let removal = try OccurrenceRemoval(database, dataset)
    if try removal.remove(prepared, author: author, sequence: sequence) { stream.discount(prepared.keySum) }
  }

  private mutating func putBack(_ stream: inout StreamRow, _ verdict: Verdict, body: [UInt8]) throws {
    guard let (dataset, prepared) = occurrence(stream, body) else { return }
    let dot = dot(stream, verdict.sequence)
    let ranks = OccurrenceRanks(self, stream)
    let rank = OccurrenceRank(author: try number(of: dot.author), dot: dot, effective: verdict.effective)
    let tables = try OccurrenceTables(database, dataset, stamp: OccurrenceTables.ownStamp)
    if case .new = try tables.place(prepared, rank: rank, isEntry: true, rankOf: { try ranks.rank($0) }) {
      stream.count(prepared.keySum)
    }
  }

  private func occurrence(
    _ stream: StreamRow, _ body: [UInt8]
  ) -> (dataset: InstalledDataset, occurrence: PreparedOccurrence)? {
    var reader = ByteReader(body)
    guard stream.kind != .record, let dataset = context.datasets[stream.dataset],
      let occurrence = try? Occurrence(from: &reader),
      let prepared = PreparedOccurrence(occurrence, dataset: dataset)
    else { return nil }
    return (dataset, prepared)
  }
}
