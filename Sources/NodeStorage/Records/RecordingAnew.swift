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
  /// - Returns: whether nothing was lost.
  mutating func recordAnew(_ gap: Gap, _ stream: inout StreamRow, now: ClockReading) throws -> Bool {
    guard stream.kind != .record, let dataset = context.datasets[stream.dataset],
      let number = cache.authors[dot(stream, gap.first).author]
    else { return false }
    var saved: UInt64 = 0
    for table in [dataset.variants, dataset.table].compactMap({ $0 }) {
      saved += try recordAnew(gap, by: number, from: table, dataset, &stream, now: now)
    }
    return saved == gap.recordCount
  }

  /// - Returns: how many were recorded anew.
  private mutating func recordAnew(
    _ gap: Gap, by number: Int64, from table: TypedTable, _ dataset: InstalledDataset,
    _ stream: inout StreamRow,
    now: ClockReading
  ) throws -> UInt64 {
    let removal = try OccurrenceRemoval(database, dataset)
    let appender = try EntryAppender(database)
    let stamp = EntryStamp(now, boot: context.boot)
    let effective = presentBasis(stamp).seal(stamp).effective
    let present = try self.number(of: author)
    let isVariant = table.suffix == InstalledDataset.variantSuffix
    let set = "_author = ?1, _sequence = ?2, _effective = ?3"
    let setVariant = isVariant ? ", variant_author = ?1, variant_sequence = ?2" : ""
    let isKey = dataset.table.keyColumns.enumerated().map { "\($1) = ?\($0 + 6)" }.joined(separator: " AND ")
    let move = try RawStatement(
      database,
      "UPDATE \(table.name) SET \(set)\(setVariant) WHERE \(isKey) AND _author = ?4 AND _sequence = ?5")
    var saved: UInt64 = 0
    for orphan in try orphans(of: gap, by: number, in: table, dataset) {
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

  /// Reads the table once: rows are not found by their entries otherwise, and damage is rare.
  private func orphans(
    of gap: Gap, by author: Int64, in table: TypedTable, _ dataset: InstalledDataset
  ) throws -> [OrphanedOccurrence] {
    let columns = dataset.table.columns.map { TypedTable.quoted($0.name) }.joined(separator: ", ")
    let rows = try RawStatement(
      database,
      "SELECT \(columns) FROM \(table.name) WHERE _author = ? AND _sequence BETWEEN ? AND ? ORDER BY _sequence"
    )
    rows.bind(author, at: 1)
    rows.bind(Int64(bitPattern: gap.first.value), at: 2)
    rows.bind(Int64(bitPattern: gap.last.value), at: 3)
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
