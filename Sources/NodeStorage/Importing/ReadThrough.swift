import Datasets
import GRDB
import Replication
import Storage

/// Brings rows of the live store into a scratch one before they are looked at (`DryRun`), within one transaction.
///
/// What the scratch store has already stays: it may have been changed there.
final class ReadThrough {
  private let record: RawStatement
  private let typed: RawStatement
  private let memory: RawStatement
  private let sameIdentity: RawStatement
  private let stream: Int64
  private let places: Range<Int>
  private let hasNumber: Bool

  init(_ database: Database, _ dataset: InstalledDataset, stream: Int64) throws {
    let table = dataset.table.name
    let record = try RawStatement(
      database,
      "INSERT INTO main._record SELECT * FROM live._record WHERE stream = ? AND id = ? ON CONFLICT DO NOTHING")
    let typed = try RawStatement(
      database, "INSERT INTO main.\(table) SELECT * FROM live.\(table) WHERE id = ? ON CONFLICT DO NOTHING")
    let memory = try RawStatement(
      database,
      """
      INSERT INTO main._import_memory SELECT * FROM live._import_memory
      WHERE record = (SELECT row FROM live._record WHERE stream = ? AND id = ?) ON CONFLICT DO NOTHING
      """)
    // Whoever has the number may be the one, whatever else the identity says.
    let number = dataset.personIndex
    let places = number.map { $0..<$0 + 1 } ?? dataset.identityIndexes.indices
    let conditions = places.enumerated().map { place, index in
      "\(TypedTable.quoted(dataset.definition.fields[dataset.identityIndexes[index]].name.text)) = ?\(place + 1)"
    }
    let sameIdentity = try RawStatement(
      database,
      "SELECT id FROM live.\(table) WHERE \(conditions.isEmpty ? "0" : conditions.joined(separator: " AND "))")
    self.record = record
    self.typed = typed
    self.memory = memory
    self.sameIdentity = sameIdentity
    self.stream = stream
    self.places = places
    hasNumber = number != nil
  }

  /// Everybody who may be the one that a row is of.
  func fetch(_ given: GivenIdentity) throws {
    guard hasNumber ? given.person != nil : given.isComplete else { return }
    for (place, index) in places.enumerated() {
      TypedTable.bind(given.values[index], to: sameIdentity, at: Int32(place + 1))
    }
    defer { sameIdentity.reset() }
    while try sameIdentity.step() {
      if let id = sameIdentity.text(0).flatMap({ RecordID($0) }) { try fetch(id) }
    }
  }

  /// - Returns: whether the live store has the record and the scratch store had not.
  @discardableResult
  func fetch(_ id: RecordID) throws -> Bool {
    record.bind(stream, at: 1)
    record.bind(blob: id.bytes, at: 2)
    guard try record.run() > 0 else { return false }
    typed.bind(id.description, at: 1)
    try typed.run()
    memory.bind(stream, at: 1)
    memory.bind(blob: id.bytes, at: 2)
    try memory.run()
    return true
  }
}

/// The same for events and samples: what stands under a natural key.
final class OccurrenceReadThrough {
  let shown: RawStatement
  let variants: RawStatement

  init(_ database: Database, _ dataset: InstalledDataset) throws {
    let key = dataset.table.columns.prefix(dataset.keyIndexes.count).enumerated()
      .map { "\(TypedTable.quoted($1.name)) = ?\($0 + 1)" }.joined(separator: " AND ")
    func copying(_ table: String) -> String {
      "INSERT INTO main.\(table) SELECT * FROM live.\(table) WHERE \(key) ON CONFLICT DO NOTHING"
    }
    let shown = try RawStatement(database, copying(dataset.table.name))
    let variants = try RawStatement(database, copying(dataset.variants?.name ?? dataset.table.name))
    self.shown = shown
    self.variants = variants
  }
}
