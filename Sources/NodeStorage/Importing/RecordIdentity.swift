import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Finds out which record a row is of (design.md "Identity").
struct RecordIdentity: ~Copyable {
  private let dataset: InstalledDataset
  private let lookup: RawStatement

  /// What makes a row without identity the same as one of an earlier import, as far as the dataset has it.
  private static let contentFields = ["no_kk", "nama", "tanggal_lahir", "nama_ibu"].compactMap {
    FieldName($0)
  }
  private static let saltsMax = 16

  init(_ database: Database, _ dataset: InstalledDataset) throws {
    self.dataset = dataset
    let columns = dataset.identityIndexes.map {
      TypedTable.quoted(dataset.definition.fields[$0].name.text)
    }
    let isIdentity = columns.isEmpty ? "0" : columns.map { "\($0) = ?" }.joined(separator: " AND ")
    lookup = try RawStatement(
      database, "SELECT id FROM \(dataset.table.name) WHERE \(isIdentity) ORDER BY id LIMIT 1")
  }

  /// The values of the dataset's identity fields; nil unless the row has them all.
  func values(of row: ValidRow) -> [Value]? {
    if dataset.identityIndexes.isEmpty { return nil }
    var values: [Value] = []
    for index in dataset.identityIndexes {
      guard let value = row[dataset.definition.fields[index].name], value != .null else { return nil }
      values.append(value)
    }
    return values
  }

  /// The record that shows this identity.
  func shown(_ identity: [Value]) throws -> RecordID? {
    for (index, value) in identity.enumerated() { TypedTable.bind(value, to: lookup, at: Int32(index + 1)) }
    defer { lookup.reset() }
    return try lookup.step() ? lookup.text(0).flatMap { RecordID($0) } : nil
  }

  /// A new id for an identity that no record shows: the keyed hash, unless the record under it shows another
  /// one.
  func hashed(
    _ identity: [Value], run: ImportRun, shows: (RecordID) throws -> [Value]?
  ) throws -> RecordID {
    guard let key = run.fleetKey else { return run.randomID() }
    for salt in 0..<Self.saltsMax {
      let parts = identity.map(\.text) + (salt == 0 ? [] : [String(salt)])
      let id = key.recordID(dataset: dataset.name, parts: ["identity"] + parts)
      guard let other = try shows(id), other != identity else { return id }
    }
    return run.randomID()
  }

  /// The id of a row that has no identity.
  func unidentified(_ row: ValidRow, run: inout ImportRun) -> RecordID {
    guard let key = run.fleetKey else { return run.randomID() }
    switch run.kind {
    case .once:
      return run.randomID()
    case .request(let idempotencyKey):
      return key.recordID(dataset: dataset.name, parts: ["request", idempotencyKey, String(run.rowCount)])
    case .file:
      let content = contentNames.map { row[$0]?.text ?? "" }
      // A row that says nothing that could tell it from others is told by all that it says.
      let parts =
        content.allSatisfy(\.isEmpty) ? row.fields.flatMap { [$0.name.text, $0.value.text] } : content
      let first = key.recordID(dataset: dataset.name, parts: ["content", run.source] + parts)
      let count = run.repetitions[first, default: 0]
      run.repetitions[first] = count + 1
      if count == 0 { return first }
      return key.recordID(dataset: dataset.name, parts: ["content", run.source, String(count)] + parts)
    }
  }

  private var contentNames: [FieldName] {
    let known = Self.contentFields.filter { dataset.fieldIndexes[$0] != nil }
    return known.isEmpty ? dataset.definition.fields.filter(\.isRequired).map(\.name) : known
  }
}
