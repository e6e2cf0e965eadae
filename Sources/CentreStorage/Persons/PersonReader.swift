import Datasets
import GRDB
import Replication
import Storage

/// Reads what of records says who they are about: out of the typed table what is shown now, out of `person` what the
/// search has seen of them, which is short and lies together.
struct PersonReader {
  /// A record that has changed.
  struct Changed {
    let row: Int64
    let id: RecordID
    let position: UInt64
    let isHidden: Bool
    let hasConflicts: Bool
    let person: Person
  }

  /// At most this many who share a key are looked at: what more people share tells nobody apart.
  static let sharingMax = 64

  static let sharingSQL = """
    SELECT p.row, p.id, p.number, p.name, p.birth_date, p.mother, p.sex
    FROM person_key k CROSS JOIN person p ON p.row = k.row WHERE k.key = ? AND k.row <> ? LIMIT \(sharingMax + 1)
    """

  private let session: WriteSession
  private let dataset: DatasetName
  private let changedSQL: String

  init(_ session: WriteSession, _ dataset: InstalledDataset, _ fields: PersonFields) {
    self.session = session
    self.dataset = dataset.definition.name
    let columns = [fields.number, fields.name, fields.birthDate, fields.mother, fields.sex]
      .map { field -> String in
        guard let field, dataset.places[field] != nil else { return "NULL" }
        return "x.\(TypedTable.quoted(field.text))"
      }.joined(separator: ", ")
    changedSQL = """
      SELECT r.row, r.id, r.position, r.hidden, r.conflicts, \(columns)
      FROM record r LEFT JOIN \(dataset.table.name) x ON x.id = lower(hex(r.id))
      WHERE r.dataset = ? AND r.position > ? ORDER BY r.position LIMIT ?
      """
  }

  func rows(changedAfter position: UInt64, limit: Int) throws -> [Changed] {
    let raw = try session.statement(changedSQL)
    raw.raw.bind([.text(dataset.text), .integer(Int64(clamping: position)), .integer(Int64(limit))])
    defer { raw.raw.reset() }
    var rows: [Changed] = []
    while try raw.raw.step() {
      rows.append(
        Changed(
          row: raw.raw.integer(0), id: try raw.raw.recordID(1), position: raw.raw.unsigned(2),
          isHidden: raw.raw.integer(3) != 0, hasConflicts: raw.raw.integer(4) > 0,
          person: Person(
            number: raw.raw.text(5), name: raw.raw.text(6) ?? "",
            birthDate: raw.raw.text(7).flatMap { CalendarDate($0) }, mother: raw.raw.text(8), sex: raw.raw.text(9))))
    }
    return rows
  }

  /// - Returns: nil when more share it than tell anything.
  func people(sharing key: UInt64, but row: Int64) throws -> [(row: Int64, id: RecordID, person: Person)]? {
    let statement = try session.statement(Self.sharingSQL)
    statement.raw.bind([.integer(Int64(bitPattern: key)), .integer(row)])
    defer { statement.raw.reset() }
    var found: [(row: Int64, id: RecordID, person: Person)] = []
    while try statement.raw.step() {
      found.append((statement.raw.integer(0), try statement.raw.recordID(1), Self.stored(statement.raw, from: 2)))
    }
    return found.count > Self.sharingMax ? nil : found
  }

  /// What the search has seen of a record; nil when it is not compared.
  func seen(_ row: Int64) throws -> Person? {
    try session.first("SELECT number, name, birth_date, mother, sex FROM person WHERE row = ?", [.integer(row)]) {
      Self.stored($0, from: 0)
    }
  }

  func store(_ person: Person, of row: Int64, _ id: RecordID) throws {
    func text(_ name: PersonName?) -> StoredValue { .optional(name?.words.joined(separator: " ")) }
    try session.run(
      "INSERT INTO person (row, id, number, name, birth_date, mother, sex) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        .integer(row), .blob(id.bytes), .optional(person.number), text(person.name),
        .optional(person.birthDate?.description), text(person.mother), .optional(person.sex),
      ])
    for key in person.keys(in: dataset) {
      try session.run(
        "INSERT INTO person_key (key, row) VALUES (?, ?)", [.integer(Int64(bitPattern: key)), .integer(row)])
    }
  }

  /// Takes the keys away under which others would meet this record.
  func forget(_ person: Person, of row: Int64) throws {
    for key in person.keys(in: dataset) {
      try session.run(
        "DELETE FROM person_key WHERE key = ? AND row = ?", [.integer(Int64(bitPattern: key)), .integer(row)])
    }
    try session.run("DELETE FROM person WHERE row = ?", [.integer(row)])
  }

  private static func stored(_ row: borrowing RawStatement, from column: Int32) -> Person {
    func name(_ column: Int32) -> PersonName? {
      row.text(column).map { PersonName(words: $0.split(separator: " ").map(String.init)) }
    }
    return Person(
      number: row.text(column), name: name(column + 1) ?? PersonName(words: []),
      birthDate: row.text(column + 2).flatMap { CalendarDate($0) }, mother: name(column + 3),
      sex: row.text(column + 4))
  }
}
