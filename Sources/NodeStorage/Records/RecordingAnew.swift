import Datasets
import GRDB
import Replication
import Storage
import Wire

/// A row of a typed table whose entry is lost.
private struct OrphanedOccurrence {
  let view: OccurrenceView
  let checksum: UInt64
  let key: [Value]
}

extension WriteTransaction {
  /// The entries of `gap` are damaged and reach nobody: events and samples whose rows in the copy are sound are recorded
  /// anew from there, under new numbers; the others leave the copy, which would else show what the centre never gets.
  ///
  /// - Returns: how many were.
  mutating func recordAnew(_ gap: Gap, _ stream: inout StreamRow, now: ClockReading) throws -> UInt64 {
    try recordAnew(gap.first, through: gap.last, &stream, now: now)
  }

  /// The centre needs entries again that were trimmed: events whose rows in the copy are sound are recorded anew, and
  /// those that its quarantine had.
  ///
  /// - Returns: how many of the range came again, now or when it was asked for before: a gap says the same whenever it
  ///   is made.
  mutating func recordAnew(
    trimmed first: Datasets.Sequence, through last: Datasets.Sequence, _ stream: inout StreamRow, now: ClockReading
  ) throws -> UInt64 {
    guard stream.kind == .event else { return 0 }
    // The ledger knows ranges within this one that were asked for before, when the centre had more.
    let range: [any DatabaseValueConvertible] = [
      stream.id, Int64(Gap.Reason.trimmed.rawValue), Int64(bitPattern: first.value), Int64(bitPattern: last.value),
    ]
    let isWithin = "stream = ? AND reason = ? AND first >= ? AND last <= ?"
    let before = try Int64.fetchOne(
      database, sql: "SELECT coalesce(sum(last - first + 1 - count), 0) FROM _ledger WHERE \(isWithin)",
      arguments: StatementArguments(range))
    try database.execute(sql: "DELETE FROM _ledger WHERE \(isWithin)", arguments: StatementArguments(range))
    return UInt64(clamping: before ?? 0) + (try recordAnew(first, through: last, &stream, now: now))
      + (try recordHeldBackAnew(first, through: last, &stream, now: now))
  }

  /// The centre has lost an event or sample of an older disk of this node, which only the feed had told: its row is
  /// recorded anew, or leaves the copy where it is not what was recorded.
  ///
  /// - Returns: whether there is such a row.
  mutating func recordAnew(
    key: [Value], by author: Int64, at sequence: Datasets.Sequence, in table: TypedTable, _ dataset: InstalledDataset,
    _ stream: inout StreamRow, now: ClockReading
  ) throws -> Bool {
    let isKey = dataset.table.keyColumns.enumerated().map { "\($1) = ?\($0 + 3)" }.joined(separator: " AND ")
    let found = try orphans("_author = ?1 AND _sequence = ?2 AND \(isKey)", in: table, dataset) { rows in
      rows.bind(author, at: 1)
      rows.bind(Int64(bitPattern: sequence.value), at: 2)
      for (index, value) in key.enumerated() { TypedTable.bind(value, to: rows, at: Int32(index + 3)) }
    }
    if found.isEmpty { return false }
    _ = try recordAnew(found, by: author, in: table, dataset, &stream, now: now)
    return true
  }

  private mutating func recordAnew(
    _ first: Datasets.Sequence, through last: Datasets.Sequence, _ stream: inout StreamRow, now: ClockReading
  ) throws -> UInt64 {
    guard stream.kind != .record, let dataset = context.datasets[stream.dataset],
      let number = cache.authors[dot(stream, first).author]
    else { return 0 }
    var saved: UInt64 = 0
    for table in [dataset.variants, dataset.table].compactMap({ $0 }) {
      var after: [Value] = []
      while true {
        let page = try orphans(first, through: last, by: number, in: table, dataset, after: after)
        guard let end = page.last?.key else { break }
        saved += try recordAnew(page, by: number, in: table, dataset, &stream, now: now)
        after = end
        context.noteProgress()
      }
    }
    return saved
  }

  /// - Returns: how many were recorded anew.
  private mutating func recordAnew(
    _ orphans: [OrphanedOccurrence], by number: Int64, in table: TypedTable, _ dataset: InstalledDataset,
    _ stream: inout StreamRow, now: ClockReading
  ) throws -> UInt64 {
    let removal = try OccurrenceRemoval(database, dataset)
    let appender = try EntryAppender(database)
    let stamp = EntryStamp(now, boot: context.boot)
    let effective = presentBasis(stamp).seal(stamp).effective
    let present = try self.number(of: author)
    let isVariant = table.suffix == InstalledDataset.variantSuffix
    let set = "_author = ?1, _sequence = ?2, _effective = ?3, _stamp = \(OccurrenceTables.ownStamp)"
    let setVariant = isVariant ? ", variant_author = ?1, variant_sequence = ?2" : ""
    let isKey = dataset.table.keyColumns.enumerated().map { "\($1) = ?\($0 + 6)" }.joined(separator: " AND ")
    let move = try RawStatement(
      database,
      "UPDATE \(table.name) SET \(set)\(setVariant) WHERE \(isKey) AND _author = ?4 AND _sequence = ?5")
    var saved: UInt64 = 0
    for orphan in orphans {
      guard let body = orphan.body(dataset) else {
        let isGone = try removal.remove(key: orphan.key, author: number, sequence: orphan.sequence)
        if isGone { stream.discount(OccurrenceDigest.of(dataset: dataset.name, key: orphan.key)) }
        continue
      }
      try appender.append(body, kind: .occurrence, stamp: stamp, to: &stream)
      move.bind(present, at: 1)
      move.bind(Int64(bitPattern: stream.last.value), at: 2)
      move.bind(effective.milliseconds, at: 3)
      move.bind(number, at: 4)
      move.bind(Int64(bitPattern: orphan.sequence.value), at: 5)
      for (index, value) in orphan.key.enumerated() { TypedTable.bind(value, to: move, at: Int32(index + 6)) }
      try move.run()
      saved += 1
    }
    return saved
  }

  /// Rows at a time: what is in memory does not grow with what was lost.
  private static let orphansMax = 1_000

  /// The next rows, by their keys, whose entries lie in the range. Walks the table: rows are not found by their entries,
  /// and this is rare.
  private func orphans(
    _ first: Datasets.Sequence, through last: Datasets.Sequence, by author: Int64, in table: TypedTable,
    _ dataset: InstalledDataset, after key: [Value]
  ) throws -> [OrphanedOccurrence] {
    // A variant's own key is longer: of one natural key there may be several, and none may be left out.
    let keyColumns = dataset.table.keyColumns.joined(separator: ", ")
    let isVariant = table.suffix == InstalledDataset.variantSuffix
    let places = key.indices.map { "?\($0 + 5)" }.joined(separator: ", ")
    let isBehind = key.isEmpty ? "1" : "(\(keyColumns)) > (\(places))"
    let condition =
      "\(isBehind) AND _author = ?1 AND _sequence BETWEEN ?2 AND ?3 ORDER BY \(keyColumns) LIMIT ?4"
    return try orphans(condition, in: table, dataset) { rows in
      rows.bind(author, at: 1)
      rows.bind(Int64(bitPattern: first.value), at: 2)
      rows.bind(Int64(bitPattern: last.value), at: 3)
      rows.bind(isVariant ? -1 : Int64(Self.orphansMax), at: 4)
      for (index, value) in key.enumerated() { TypedTable.bind(value, to: rows, at: Int32(index + 5)) }
    }
  }

  private func orphans(
    _ condition: String, in table: TypedTable, _ dataset: InstalledDataset,
    bind: (borrowing RawStatement) -> Void
  ) throws -> [OrphanedOccurrence] {
    let columns = dataset.table.columns.map { TypedTable.quoted($0.name) }.joined(separator: ", ")
    let rows = try RawStatement(database, "SELECT \(columns) FROM \(table.name) WHERE \(condition)")
    bind(rows)
    let authors = authorsByNumber
    let checksumColumn = Int32(dataset.fieldOfColumn.count + 3)
    var orphans: [OrphanedOccurrence] = []
    while try rows.step() {
      let key = dataset.keyIndexes.enumerated().map {
        Value(rows, Int32($0), type: dataset.definition.fields[$1].type) ?? .null
      }
      orphans.append(
        OrphanedOccurrence(
          view: OccurrenceView(rows, dataset: dataset, authors: authors),
          checksum: UInt64(bitPattern: rows.integer(checksumColumn)), key: key))
    }
    return orphans
  }
}

extension OrphanedOccurrence {
  var sequence: Datasets.Sequence { view.dot?.sequence ?? .none }

  /// What an entry of it says; nil unless the row gives again exactly what was recorded.
  func body(_ dataset: InstalledDataset) -> [UInt8]? {
    guard view.isSound else { return nil }
    let row = ValidRow(line: 0, fields: view.fields.map { ($0.name, $0.value) })
    let prepared = PreparedOccurrence(row, dataset: dataset)
    return prepared.problem == nil && prepared.checksum == checksum ? prepared.body : nil
  }
}
