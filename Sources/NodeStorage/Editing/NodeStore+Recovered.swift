package import Datasets
import GRDB
import Replication
import Storage
package import Wire

/// What became of a shelved state that was offered back.
package struct RecoveredOffer: Sendable, Equatable {
  package let dataset: DatasetName
  /// The change that it is now; nil where the office's copy showed all that can be offered, or its own later edits.
  package let recorded: Dot?
  /// Fields of which something was not offered, sorted by name: while there are any, the state stays shelved.
  package let left: [FieldName]
}

extension NodeStore {
  /// Offers a state that a restored centre does not know as an ordinary change, and shelves it no longer once nothing of
  /// it is left.
  ///
  /// - Throws: `EditRefusal` (410: the record is deleted), `QuarantineReason` where the office may not write it,
  ///   `StoreError` (`.notFound`: nothing is shelved under this number).
  package func offerRecovered(
    _ number: Int64, reason: String?, now: ClockReading
  ) async throws -> RecoveredOffer {
    try await write { transaction in
      let shelved = try transaction.shelved(number)
      let dataset = try transaction.installed(shelved.dataset, kind: .record)
      let offer = try transaction.offer(shelved.state, of: shelved.record, dataset, reason: reason, now: now)
      if offer.left.isEmpty { try transaction.unshelve(number) }
      return offer
    }
  }

  /// Gives a shelved state up: the ledger counts it.
  ///
  /// - Throws: `StoreError` (`.notFound`: nothing is shelved under this number).
  package func discardRecovered(_ number: Int64, now: ClockReading) async throws {
    try await write { transaction in
      let dataset = try transaction.shelved(number).dataset
      try transaction.unshelve(number)
      // It stood under no number of this office's stream: one line counts them all.
      try transaction.database.execute(
        sql: """
          INSERT INTO _ledger (stream, first, reason, last, count, at_ms) VALUES (?, 0, ?, 0, 1, ?)
          ON CONFLICT DO UPDATE SET count = count + 1, at_ms = excluded.at_ms
          """,
        arguments: [
          try transaction.stream(dataset).id, Int64(LossReason.recovered.rawValue), now.wall.milliseconds,
        ])
    }
  }
}

extension WriteTransaction {
  fileprivate func shelved(_ number: Int64) throws -> RecoveredRecord {
    let names = try database.datasetNames()
    let rows = try RawStatement(database, "SELECT stream, record, state, at_ms FROM _recovered WHERE id = ?")
    rows.bind(number, at: 1)
    guard try rows.step(), let dataset = names[rows.integer(0)], let record = RecordID(bytes: rows.blob(1)),
      let state = try? RecordState(
        bytes: rows.blob(2), registry: cache.registries[dataset] ?? FieldRegistry())
    else { throw StoreError(.notFound, "Nothing is shelved under \(number).") }
    return RecoveredRecord(
      number: number, dataset: dataset, record: record, state: state,
      at: Timestamp(milliseconds: rows.integer(3)))
  }

  fileprivate mutating func unshelve(_ number: Int64) throws {
    try database.execute(sql: "DELETE FROM _recovered WHERE id = ?", arguments: [number])
    cache.recoveredCount -= database.changesCount
  }

  fileprivate mutating func offer(
    _ shelved: RecordState, of id: RecordID, _ dataset: InstalledDataset, reason: String?, now: ClockReading
  ) throws -> RecoveredOffer {
    let definition = dataset.definition
    let tables = try RecordTables(database, dataset, stream: try stream(dataset.name).id)
    let stored = try tables.find(id)
    let copy = try stored?.copy(cache.registries[dataset.name] ?? FieldRegistry()) ?? CopyRecord()
    let editor = RecordEditor(
      definition: definition, node: context.node, record: id, state: copy.state, own: copy.own,
      write: dataset.write)
    let offer = try editor.offer(shelved, reason: reason)
    guard let change = offer.change else {
      return RecoveredOffer(dataset: dataset.name, recorded: nil, left: offer.left)
    }
    try EntryJudge(definition: definition, write: dataset.write, now: now.wall)
      .judge(change, scopeSeen: copy.state.scopeSeen(by: change, definition: definition)) { _ in true }
    try admit(change, to: dataset)
    guard change.bytes.count <= Limits.entryBytesMax / 2 else { throw StoreError.changeTooLarge }
    let recordChange = RecordChange(
      record: id, row: stored?.row, stamp: stored?.stamp ?? cache.copy.stamp, copy: copy, change: change)
    let dot = try commit([recordChange], to: dataset, tables: tables, now: now).first
    return RecoveredOffer(dataset: dataset.name, recorded: dot, left: offer.left)
  }
}
