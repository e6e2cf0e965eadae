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
    let damage = memory.damage
    return try await read { database in
      let ids = try database.rows(sql, values) { $0.text(0).flatMap { RecordID($0) } }.compactMap { $0 }
      let reader = try RecordReader(database, installed.definition)
      let entries = try ids.prefix(count).compactMap { try reader.sound($0, noting: damage) }
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
    let damage = memory.damage
    return try await read { try History(of: id, in: dataset).entries($0, noting: damage) }
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
  static let sql = "SELECT \(CheckedTable.record.columns) FROM record WHERE dataset = ? AND id = ?"

  private let definition: DatasetDefinition
  private let registry: FieldRegistry
  private let find: PreparedStatement

  init(_ database: Database, _ definition: DatasetDefinition) throws {
    self.definition = definition
    registry = try RegistryTable.load(database, dataset: definition.name)
    find = try PreparedStatement(database, Self.sql)
    find.raw.bind(definition.name.text, at: 1)
  }

  /// - Throws: `StoreError` with the row as its cause when it does not match its checksum.
  func record(_ id: RecordID) throws -> RecordEntry? {
    find.raw.bind(blob: id.bytes, at: 2)
    defer { find.raw.reset() }
    guard try find.raw.step() else { return nil }
    guard CheckedTable.record.isSound(find.raw) else {
      throw StoreError.damaged(DamagedRow(.record, find.raw.integer(0)))
    }
    let state: RecordState
    do throws(WireError) {
      state = try RecordState(bytes: find.raw.blob(9), registry: registry)
    } catch {
      throw StoreError.damaged("the state of a record")
    }
    return RecordEntry(
      dataset: definition.name, id: id, shown: ShownRecord(state, definition: definition), state: state,
      version: RecordVersion(of: state, record: id, definition: definition),
      scope: find.raw.text(4).flatMap { RegionCode($0) }, position: find.raw.unsigned(8))
  }

  /// For lists, which must not end at one damaged record: it is left out, and noted.
  func sound(_ id: RecordID, noting damage: DamageNotes) throws -> RecordEntry? {
    do {
      return try record(id)
    } catch let error as StoreError where error.cause is DamagedRow {
      damage.note(error)
      return nil
    }
  }
}

/// The changes of one record, those in quarantine among them.
struct History {
  static let sql = """
    SELECT \(CheckedTable.change.columns(of: "c.")), i.node, i.generation, i.random
    FROM change c JOIN incarnation i ON i.id = c.incarnation
    WHERE c.dataset = ? AND c.record = ? ORDER BY c.rowid
    """
  static let heldSQL = """
    SELECT \(CheckedTable.quarantine.columns(of: "q.")), i.node, i.generation, i.random
    FROM quarantine q JOIN incarnation i ON i.id = q.incarnation
    WHERE q.dataset = ? AND q.record = ? AND q.state = 'held' ORDER BY q.id
    """

  private let values: [StoredValue]

  init(of id: RecordID, in dataset: DatasetName) { values = [.text(dataset.text), .blob(id.bytes)] }

  /// - Parameter damage: where damaged entries are noted, which are left out.
  func entries(_ database: Database, noting damage: DamageNotes) throws -> [HistoryEntry] {
    let taken = try database.rows(Self.sql, values) { row -> HistoryEntry? in
      guard let body = CheckedTable.change.soundBody(row, noting: damage) else { return nil }
      return try entry(
        row, body, received: row.timestamp(7), position: row.unsigned(6), author: 10,
        fate: row.integer(8) == ChangeDisposition.replaced.rawValue ? .replaced : .applied)
    }
    let held = try database.rows(Self.heldSQL, values) { row -> HistoryEntry? in
      guard let body = CheckedTable.quarantine.soundBody(row, noting: damage) else { return nil }
      return try entry(row, body, received: row.timestamp(6), position: 0, author: 8, fate: .held(row.integer(0)))
    }
    let all = taken.compactMap { $0 } + held.compactMap { $0 }
    return all.enumerated()
      .sorted { ($0.element.received, $0.offset) < ($1.element.received, $1.offset) }
      .map(\.element)
  }

  /// - Parameter author: the place of the author's node, behind which its incarnation stands.
  private func entry(
    _ row: borrowing RawStatement, _ body: [UInt8], received: Timestamp, position: UInt64, author: Int32,
    fate: HistoryEntry.Fate
  ) throws -> HistoryEntry? {
    guard case .change(let seal, let change)? = try? Entry(bytes: body) else { return nil }
    let author = Author(node: try row.node(author), incarnation: row.incarnation(author + 1))
    return HistoryEntry(
      dot: Dot(author: author, sequence: row.sequence(5)), seal: seal, change: change, received: received, fate: fate,
      position: position)
  }
}
