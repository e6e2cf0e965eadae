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
      let words = QuarantineReason.text(ofAck: reason).indonesian
      return try noteDiscarded(stream, sequence, words: words, now: now)
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

  /// What a restored centre has lost out of its quarantine, and this office no longer keeps to send again: what it said is
  /// still here, for somebody to enter anew. What is damaged has its own reason.
  func noteLost(_ gap: Gap, _ stream: StreamRow) throws {
    guard cache.heldBackCount > 0 else { return }
    try database.execute(
      sql: "UPDATE _held_back SET code = ?, reason = ? WHERE id BETWEEN ? AND ? AND code <> ?",
      arguments: [
        LossReason.trimmed.word, QuarantineReason.ackText(Self.lostText), stream.key(gap.first), stream.key(gap.last),
        LossReason.damaged.word,
      ])
  }

  private static let lostText = BilingualText(
    id: "Pusat yang dipulihkan tidak lagi memiliki perubahan ini, dan kantor ini tidak lagi menyimpannya untuk dikirim "
      + "ulang. Isinya masih tampak di sini: catat lagi, lalu tutup: simpulctl quarantine discard ID --reason \"ALASAN\".",
    en:
      "The restored centre does not have this change any more, and this office no longer keeps it to send it again. What "
      + "it says still shows here: enter it again, then close this: simpulctl quarantine discard ID --reason \"TEXT\".")

  /// Events that a restored centre has lost out of its quarantine, and whose entries are no longer kept, are recorded anew
  /// from what is held back here.
  ///
  /// - Returns: how many were.
  mutating func recordHeldBackAnew(
    _ first: Datasets.Sequence, through last: Datasets.Sequence, _ stream: inout StreamRow, now: ClockReading
  ) throws -> UInt64 {
    guard cache.heldBackCount > 0 else { return 0 }
    let stamp = EntryStamp(now, boot: context.boot)
    let effective = presentBasis(stamp).seal(stamp).effective
    let appender = try EntryAppender(database)
    var saved: UInt64 = 0
    var keys = stream.key(first)...stream.key(last)
    while true {
      let page = try heldBackBodies(within: keys)
      for (key, body) in page {
        guard occurrence(stream, body) != nil else { continue }
        try appender.append(body, kind: .occurrence, stamp: stamp, to: &stream)
        try putBack(&stream, stream.last, effective: effective, body: body)
        try release(key)
        saved += 1
      }
      guard let last = page.last?.key, last < keys.upperBound else { return saved }
      keys = last + 1...keys.upperBound
      context.noteProgress()
    }
  }

  /// An entry is held back no more.
  private mutating func release(_ key: Int64) throws {
    try database.execute(sql: "DELETE FROM _held_back WHERE id = ?", arguments: [key])
    cache.heldBackCount -= database.changesCount
  }

  private func heldBackBodies(within keys: ClosedRange<Int64>) throws -> [(key: Int64, body: [UInt8])] {
    let rows = try RawStatement(
      database, "SELECT id, body FROM _held_back WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1000")
    rows.bind(keys.lowerBound, at: 1)
    rows.bind(keys.upperBound, at: 2)
    var bodies: [(key: Int64, body: [UInt8])] = []
    while try rows.step() { bodies.append((rows.integer(0), rows.blob(1))) }
    return bodies
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
      try putBack(&stream, verdict.sequence, effective: verdict.effective, body: body)
      try noteTakenIn(stream, verdict.sequence)
    case .discarded: try noteDiscarded(stream, verdict.sequence, words: verdict.reason, now: now)
    }
    cache.streams[verdict.dataset] = stream
    try release(stream.key(verdict.sequence))
  }

  /// Entries that a centre held back, or that were given up there, and that it has taken in since it was set back to before
  /// that.
  ///
  /// - Parameters:
  ///   - after: where the session began to hear what became of entries.
  ///   - through: up to where it has heard that.
  ///   - held: those that are held back or given up still.
  mutating func putBack(
    _ stream: inout StreamRow, after: Datasets.Sequence, through: Datasets.Sequence, except held: [Ack.Quarantined]
  ) throws {
    guard after < through else { return }
    let held = Set(held.map(\.sequence))
    let ranks = OccurrenceRanks(self, stream)
    for (sequence, body, at) in try aside(stream, after: after, through: through) where !held.contains(sequence) {
      if let body = try body ?? entry(stream, sequence).flatMap({ $0.isSound ? $0.body : nil }) {
        let effective = try ranks.effective(of: dot(stream, sequence)) ?? at
        try putBack(&stream, sequence, effective: effective, body: body)
      }
      try release(stream.key(sequence))
      try noteTakenIn(stream, sequence)
    }
  }

  /// What is held back or was given up of a range; what is damaged or trimmed went as a gap.
  private func aside(
    _ stream: StreamRow, after: Datasets.Sequence, through: Datasets.Sequence
  ) throws -> [(sequence: Datasets.Sequence, body: [UInt8]?, at: Timestamp)] {
    let rows = try RawStatement(
      database,
      """
      SELECT id, body, at_ms FROM _held_back
      WHERE id > ?1 AND id <= ?2 AND code NOT IN ('\(LossReason.damaged.word)', '\(LossReason.trimmed.word)')
      UNION ALL
      SELECT ?3 | first, NULL, at_ms FROM _ledger
      WHERE stream = ?4 AND first > ?5 AND first <= ?6 AND reason = \(LossReason.discarded.rawValue)
      """)
    rows.bind(stream.key(after), at: 1)
    rows.bind(stream.key(through), at: 2)
    rows.bind(stream.key(.none), at: 3)
    rows.bind(stream.id, at: 4)
    rows.bind(Int64(bitPattern: after.value), at: 5)
    rows.bind(Int64(bitPattern: through.value), at: 6)
    var found: [(sequence: Datasets.Sequence, body: [UInt8]?, at: Timestamp)] = []
    while try rows.step() {
      found.append(
        (
          EntryKey.sequence(rows.integer(0)), rows.isNull(1) ? nil : rows.blob(1),
          Timestamp(milliseconds: rows.integer(2))
        ))
    }
    return found
  }

  /// It was given up once, and is taken in after all by a centre that was set back to before that.
  private func noteTakenIn(_ stream: StreamRow, _ sequence: Datasets.Sequence) throws {
    try database.execute(
      sql: "DELETE FROM _ledger WHERE stream = ? AND first = ? AND reason = ?",
      arguments: [
        stream.id, Int64(bitPattern: sequence.value), Int64(LossReason.discarded.rawValue),
      ])
  }

  /// - Parameter words: what the person who gave it up wrote; may be empty.
  private func noteDiscarded(
    _ stream: StreamRow, _ sequence: Datasets.Sequence, words: String, now: ClockReading
  ) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO _ledger (stream, first, reason, last, count, at_ms, words) VALUES (?, ?, ?, ?, 1, ?, ?)
        """,
      arguments: [
        stream.id, Int64(bitPattern: sequence.value), Int64(LossReason.discarded.rawValue),
        Int64(bitPattern: sequence.value), now.wall.milliseconds, words,
      ])
  }

  private mutating func takeOut(_ stream: inout StreamRow, _ sequence: Datasets.Sequence, body: [UInt8]) throws {
    guard let (dataset, prepared) = occurrence(stream, body) else { return }
    let author = try number(of: dot(stream, sequence).author)
    let removal = try OccurrenceRemoval(database, dataset)
    if try removal.remove(prepared, author: author, sequence: sequence) { stream.discount(prepared.keySum) }
  }

  /// - Parameter effective: of an entry that is not kept any more; of the others it is known.
  private mutating func putBack(
    _ stream: inout StreamRow, _ sequence: Datasets.Sequence, effective: Timestamp, body: [UInt8]
  ) throws {
    guard let (dataset, prepared) = occurrence(stream, body) else { return }
    let dot = dot(stream, sequence)
    let ranks = OccurrenceRanks(self, stream)
    let rank = OccurrenceRank(author: try number(of: dot.author), dot: dot, effective: effective)
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
