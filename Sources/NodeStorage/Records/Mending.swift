import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Damage that a reader met and could not write down.
struct DamageNote: Sendable, Equatable {
  let dataset: DatasetName
  /// Nil for a record of the copy.
  let occurrence: OccurrencePlace?

  /// Noted between two transactions; what is beyond is met again.
  static let notedMax = 100
}

extension WriteTransaction {
  /// Writes damage down. A record is asked for anew; an occurrence is put back from its entry where that is kept,
  /// and else leaves the copy (and comes again with everything else, if another node recorded it).
  mutating func mend(_ note: DamageNote) throws {
    // Readers have no clock; the store was last seen alive some seconds ago (`check`).
    let time = Timestamp(
      milliseconds: try Int64.fetchOne(database, sql: "SELECT alive_ms FROM _identity") ?? 0)
    guard let place = note.occurrence else {
      return try noteDamage("record", dataset: note.dataset, isCopy: true, at: time)
    }
    guard let dataset = context.datasets[note.dataset] else { return }
    let sequence = Datasets.Sequence(UInt64(bitPattern: place.sequence)) ?? .none
    let author = authorsByNumber[place.author]
    try noteDamage(
      "occurrence", dataset: note.dataset, sequence: sequence, isCopy: author?.node != context.node, at: time)
    let isKey = dataset.table.keyColumns.map { "\($0) = ?" }.joined(separator: " AND ")
    let isRow = "\(isKey) AND _author = ? AND _sequence = ?"
    func bind(_ statement: borrowing RawStatement) {
      var index: Int32 = 1
      for text in place.key {
        statement.bind(text, at: index)
        index += 1
      }
      statement.bind(place.author, at: index)
      statement.bind(place.sequence, at: index + 1)
    }
    let row = try RawStatement(
      database,
      "SELECT \(dataset.table.keyColumns.joined(separator: ", ")) FROM \(dataset.table.name) WHERE \(isRow)")
    bind(row)
    guard try row.step() else { return }
    let key = dataset.keyIndexes.enumerated().map {
      Value(row, Int32($0), type: dataset.definition.fields[$1].type) ?? .null
    }
    row.reset()
    let removal = try RawStatement(database, "DELETE FROM \(dataset.table.name) WHERE \(isRow)")
    bind(removal)
    try removal.run()
    if let author, author.node == context.node {
      return try putBack(sequence, author: author, number: place.author, dataset)
    }
    // The snapshot that follows counts it again.
    var stream = try stream(dataset.name)
    stream.discount(OccurrenceDigest.of(dataset: dataset.name, key: key))
    stream.droppedCopy()
    cache.streams[dataset.name] = stream
  }

  /// Reads an own occurrence again from its entry.
  private func putBack(
    _ sequence: Datasets.Sequence, author: Author, number: Int64, _ dataset: InstalledDataset
  ) throws {
    let stream = try stream(dataset.name)
    let row = try RawStatement(database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id = ?")
    row.bind(stream.key(sequence), at: 1)
    guard try row.step() else { return }
    let entry = StoredEntry(row)
    row.reset()
    var reader = ByteReader(entry.body)
    guard entry.isSound, entry.kind == .occurrence, let occurrence = try? Occurrence(from: &reader),
      let prepared = PreparedOccurrence(occurrence, dataset: dataset)
    else { return }
    let basis = try SealReader(database, stream).basis(of: sequence) ?? presentBasis(entry.stamp)
    let rank = OccurrenceRank(
      author: number, dot: Dot(author: author, sequence: sequence),
      effective: basis.seal(entry.stamp).effective)
    let ranks = OccurrenceRanks(self, stream)
    let tables = try OccurrenceTables(database, dataset, stamp: OccurrenceTables.ownStamp)
    _ = try tables.place(prepared, rank: rank, isEntry: true) {
      try ranks.rank($0)
    }
  }
}
