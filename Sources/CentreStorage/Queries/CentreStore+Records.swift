package import Datasets
import GRDB
import Replication
import Storage
import Wire

extension CentreStore {
  /// Records that are not hidden, by id.
  ///
  /// - Parameters:
  ///   - matching: shown values that they must have, as text in the form of the typed table.
  ///   - limit: at most 1,000.
  package func records(
    _ dataset: DatasetName, matching: [(name: FieldName, text: String)] = [], after: RecordID? = nil,
    limit: Int
  ) async throws -> Page<RecordEntry, RecordID> {
    let installed = try recordDataset(dataset)
    guard matching.allSatisfy({ installed.places[$0.name] != nil }) else {
      throw StoreError(.notFound, "\(dataset) has no such field.")
    }
    let count = min(max(1, limit), 1000)
    let conditions = matching.map { " AND CAST(\(TypedTable.quoted($0.name.text)) AS TEXT) = ?" }.joined()
    let sql =
      "SELECT id FROM \(installed.table.name) WHERE id > ?\(conditions) ORDER BY id LIMIT \(count + 1)"
    let values: [StoredValue] = [.text(after?.description ?? "")] + matching.map { .text($0.text) }
    return try await read { database in
      let ids = try database.rows(sql, values) { $0.text(0).flatMap { RecordID($0) } }.compactMap { $0 }
      let reader = try RecordReader(database, installed.definition)
      let entries = try ids.prefix(count).compactMap { try reader.record($0) }
      return Page(elements: entries, next: ids.count > count ? ids[count - 1] : nil)
    }
  }

  /// - Returns: nil when the centre does not know it; a hidden one is found.
  package func record(_ dataset: DatasetName, _ id: RecordID) async throws -> RecordEntry? {
    let definition = try recordDataset(dataset).definition
    return try await read { try RecordReader($0, definition).record(id) }
  }

  /// Everything that was ever said of a record, in the order in which it came.
  package func history(_ dataset: DatasetName, _ id: RecordID) async throws -> [HistoryEntry] {
    try await read { try History(of: id, in: dataset).entries($0) }
  }

  func recordDataset(_ name: DatasetName) throws -> InstalledDataset {
    guard let dataset = catalogues.current.datasets[name], dataset.definition.kind == .record else {
      throw StoreError(.notFound, "\(name) is not a dataset of records.")
    }
    return dataset
  }
}

/// Reads records in one snapshot.
struct RecordReader {
  static let sql = "SELECT state, scope, position FROM record WHERE dataset = ? AND id = ?"

  private let definition: DatasetDefinition
  private let registry: FieldRegistry
  private let find: PreparedStatement

  init(_ database: Database, _ definition: DatasetDefinition) throws {
    self.definition = definition
    registry = try RegistryTable.load(database, dataset: definition.name)
    find = try PreparedStatement(database, Self.sql)
    find.raw.bind(definition.name.text, at: 1)
  }

  func record(_ id: RecordID) throws -> RecordEntry? {
    find.raw.bind(blob: id.bytes, at: 2)
    defer { find.raw.reset() }
    guard try find.raw.step() else { return nil }
    let state: RecordState
    do throws(WireError) {
      state = try RecordState(bytes: find.raw.blob(0), registry: registry)
    } catch {
      throw StoreError.damaged("the state of a record")
    }
    return RecordEntry(
      dataset: definition.name, id: id, shown: ShownRecord(state, definition: definition), state: state,
      version: RecordVersion(of: state, record: id, definition: definition),
      scope: find.raw.text(1).flatMap { RegionCode($0) }, position: find.raw.unsigned(2))
  }
}

/// The changes of one record, those in quarantine among them.
struct History {
  static let sql = """
    SELECT c.sequence, c.entry, c.received_ms, c.disposition, c.position, i.node, i.generation, i.random
    FROM change c JOIN incarnation i ON i.id = c.incarnation
    WHERE c.dataset = ? AND c.record = ? ORDER BY c.rowid
    """
  static let heldSQL = """
    SELECT q.sequence, q.entry, q.received_ms, q.id, 0, i.node, i.generation, i.random
    FROM quarantine q JOIN incarnation i ON i.id = q.incarnation
    WHERE q.dataset = ? AND q.record = ? AND q.state = 'held' ORDER BY q.id
    """

  private let values: [StoredValue]

  init(of id: RecordID, in dataset: DatasetName) { values = [.text(dataset.text), .blob(id.bytes)] }

  func entries(_ database: Database) throws -> [HistoryEntry] {
    let taken = try database.rows(Self.sql, values) { row in
      try entry(row, fate: row.integer(3) == ChangeDisposition.replaced.rawValue ? .replaced : .applied)
    }
    let held = try database.rows(Self.heldSQL, values) { row in try entry(row, fate: .held(row.integer(3))) }
    let all = taken.compactMap { $0 } + held.compactMap { $0 }
    return all.enumerated()
      .sorted { ($0.element.received, $0.offset) < ($1.element.received, $1.offset) }
      .map(\.element)
  }

  private func entry(_ row: borrowing RawStatement, fate: HistoryEntry.Fate) throws -> HistoryEntry? {
    guard case .change(let seal, let change)? = try? Entry(bytes: row.blob(1)) else { return nil }
    let author = Author(node: try row.node(5), incarnation: row.incarnation(6))
    return HistoryEntry(
      dot: Dot(author: author, sequence: row.sequence(0)), seal: seal, change: change,
      received: row.timestamp(2),
      fate: fate, position: row.unsigned(4))
  }
}
