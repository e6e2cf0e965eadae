package import Datasets
import GRDB
import Storage
import Wire

extension NodeStore {
  /// Entries of this node that the centre quarantined or the disk damaged, in order of stream and sequence.
  package func heldBack(limit: Int = RecordQuery.limitMax) async throws -> [HeldBackEntry] {
    try await heldBack(within: Int64.min...Int64.max, limit: limit)
  }

  /// One of them; nil when that entry is not held back.
  package func heldBack(_ dataset: DatasetName, _ sequence: Datasets.Sequence) async throws -> HeldBackEntry? {
    let key = try await read { database in
      try StreamRow.loadAll(database).first { $0.dataset == dataset }?.key(sequence)
    }
    guard let key else { return nil }
    return try await heldBack(within: key...key, limit: 1).first
  }

  private func heldBack(within keys: ClosedRange<Int64>, limit: Int) async throws -> [HeldBackEntry] {
    try await read { database in
      let names = try database.datasetNames()
      let rows = try RawStatement(
        database,
        "SELECT id, code, reason, at_ms, record, body FROM _held_back WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
      rows.bind(keys.lowerBound, at: 1)
      rows.bind(keys.upperBound, at: 2)
      rows.bind(Int64(limit), at: 3)
      var entries: [HeldBackEntry] = []
      while try rows.step() {
        guard let dataset = names[EntryKey.stream(rows.integer(0))] else { continue }
        var reader = ByteReader(rows.blob(5))
        let record = rows.isNull(4) ? nil : RecordID(bytes: rows.blob(4))
        entries.append(
          HeldBackEntry(
            dataset: dataset, sequence: EntryKey.sequence(rows.integer(0)), code: rows.text(1) ?? "",
            reason: rows.text(2) ?? "", at: Timestamp(milliseconds: rows.integer(3)), record: record,
            change: record == nil ? nil : try? Change(from: &reader)))
      }
      return entries
    }
  }

  /// The office has dealt with an entry that was held back.
  package func dismissHeldBack(_ dataset: DatasetName, _ sequence: Datasets.Sequence) async throws {
    try await write { transaction in
      let key = try transaction.stream(dataset).key(sequence)
      try transaction.database.execute(sql: "DELETE FROM _held_back WHERE id = ?", arguments: [key])
      transaction.cache.heldBackCount -= transaction.database.changesCount
    }
  }

  /// Values of files that wait for a person, oldest first.
  package func heldValues(after number: Int64 = 0, limit: Int = RecordQuery.limitMax) async throws
    -> [HeldValue]
  {
    try await read { database in
      let names = try database.datasetNames()
      let rows = try RawStatement(
        database,
        """
        SELECT _held_value.id, stream, record, field, value, _import_source.name, at_ms
        FROM _held_value JOIN _import_source ON _import_source.id = _held_value.source
        WHERE _held_value.id > ? ORDER BY _held_value.id LIMIT ?
        """)
      rows.bind(number, at: 1)
      rows.bind(Int64(limit), at: 2)
      var values: [HeldValue] = []
      while try rows.step() {
        var reader = ByteReader(rows.blob(4))
        guard let dataset = names[rows.integer(1)], let record = RecordID(bytes: rows.blob(2)),
          let field = rows.text(3).flatMap(FieldName.init), let value = try? reader.value()
        else { continue }
        values.append(
          HeldValue(
            number: rows.integer(0), dataset: dataset, record: record, field: field, value: value,
            source: rows.text(5) ?? "", at: Timestamp(milliseconds: rows.integer(6))))
      }
      return values
    }
  }

  /// States that a restored centre did not know, oldest first.
  package func recovered(after number: Int64 = 0, limit: Int = RecordQuery.limitDefault) async throws
    -> [RecoveredRecord]
  {
    try await read { database in
      let names = try database.datasetNames()
      let rows = try RawStatement(
        database, "SELECT id, stream, record, state, at_ms FROM _recovered WHERE id > ? ORDER BY id LIMIT ?")
      rows.bind(number, at: 1)
      rows.bind(Int64(limit), at: 2)
      var records: [RecoveredRecord] = []
      var registries: [DatasetName: FieldRegistry] = [:]
      while try rows.step() {
        guard let dataset = names[rows.integer(1)], let record = RecordID(bytes: rows.blob(2)) else {
          continue
        }
        let registry = try registries[dataset] ?? RegistryTable.load(database, dataset: dataset)
        registries[dataset] = registry
        guard let state = try? RecordState(bytes: rows.blob(3), registry: registry) else { continue }
        records.append(
          RecoveredRecord(
            number: rows.integer(0), dataset: dataset, record: record, state: state,
            at: Timestamp(milliseconds: rows.integer(4))))
      }
      return records
    }
  }
}

extension Database {
  func datasetNames() throws -> [Int64: DatasetName] {
    Dictionary(
      try StreamRow.loadAll(self).map { ($0.id, $0.dataset) }, uniquingKeysWith: { first, _ in first })
  }
}
