import Datasets
import GRDB
import Replication
import Storage

/// Reads what of records says who they are about, out of the typed table.
struct PersonReader {
  struct Row {
    let row: Int64
    let id: RecordID
    let position: UInt64
    let isHidden: Bool
    let hasConflicts: Bool
    let person: Person
  }

  let changed: PreparedStatement
  let sharing: PreparedStatement
  private let dataset: DatasetName

  /// At most this many who share a key are looked at: what more people share tells nobody apart.
  static let sharingMax = 64

  init(_ session: WriteSession, _ dataset: InstalledDataset, _ fields: PersonFields) throws {
    self.dataset = dataset.definition.name
    changed = try session.statement(Self.changedSQL(dataset, fields))
    sharing = try session.statement(Self.sharingSQL(dataset, fields))
  }

  static func changedSQL(_ dataset: InstalledDataset, _ fields: PersonFields) -> String {
    """
    SELECT r.row, r.id, r.position, r.hidden, r.conflicts, \(columns(dataset, fields))
    FROM record r LEFT JOIN \(dataset.table.name) x ON x.id = lower(hex(r.id))
    WHERE r.dataset = ? AND r.position > ? ORDER BY r.position LIMIT ?
    """
  }

  static func sharingSQL(_ dataset: InstalledDataset, _ fields: PersonFields) -> String {
    """
    SELECT r.row, r.id, r.position, r.hidden, r.conflicts, \(columns(dataset, fields))
    FROM person_key k CROSS JOIN record r ON r.row = k.row CROSS JOIN \(dataset.table.name) x ON x.id = lower(hex(r.id))
    WHERE k.key = ? AND k.row <> ? LIMIT \(sharingMax + 1)
    """
  }

  private static func columns(_ dataset: InstalledDataset, _ fields: PersonFields) -> String {
    [fields.number, fields.name, fields.birthDate, fields.mother, fields.sex]
      .map { field in
        guard let field, dataset.places[field] != nil else { return "NULL" }
        return "x.\(TypedTable.quoted(field.text))"
      }.joined(separator: ", ")
  }

  func rows(changedAfter position: UInt64, limit: Int) throws -> [Row] {
    changed.raw.bind([.text(dataset.text), .integer(Int64(clamping: position)), .integer(Int64(limit))])
    return try rows(changed)
  }

  /// - Returns: nil when more share it than tell anything.
  func rows(sharing key: UInt64, but row: Int64) throws -> [Row]? {
    sharing.raw.bind([.integer(Int64(bitPattern: key)), .integer(row)])
    let found = try rows(sharing)
    return found.count > Self.sharingMax ? nil : found
  }

  private func rows(_ statement: PreparedStatement) throws -> [Row] {
    defer { statement.raw.reset() }
    var rows: [Row] = []
    while try statement.raw.step() {
      rows.append(
        Row(
          row: statement.raw.integer(0), id: try statement.raw.recordID(1), position: statement.raw.unsigned(2),
          isHidden: statement.raw.integer(3) != 0, hasConflicts: statement.raw.integer(4) > 0,
          person: Person(
            number: statement.raw.text(5), name: statement.raw.text(6) ?? "",
            birthDate: statement.raw.text(7).flatMap { CalendarDate($0) }, mother: statement.raw.text(8),
            sex: statement.raw.text(9))))
    }
    return rows
  }
}
