import Datasets
import GRDB
import Replication
import Storage
import Wire

/// What a row says of its record's identity.
struct GivenIdentity {
  /// In the order of the dataset's identity; null where the row says nothing.
  let values: [Value]
  /// The number in it that one person alone has, such as a NIK.
  let person: Value?
  /// Rows of the same group may be of the same record: the later one must see what the earlier one made.
  let group: [Value]?

  init(values: [Value], person: Value?) {
    self.values = values
    self.person = person
    group = person.map { [$0] } ?? (Self.isComplete(values) ? values : nil)
  }

  var isComplete: Bool { Self.isComplete(values) }

  private static func isComplete(_ values: [Value]) -> Bool { !values.isEmpty && !values.contains(.null) }
}

/// Finds out which record a row is of (design.md "Identity", ADR 0019).
struct RecordIdentity: ~Copyable {
  private let dataset: InstalledDataset
  private let node: NodeName
  private let exact: RawStatement
  private let compatible: RawStatement
  private let others: RawStatement
  private let through: ReadThrough?

  /// What makes a row without identity the same as one of an earlier import, as far as the dataset has it.
  private static let contentFields = ["no_kk", "nama", "tanggal_lahir", "nama_ibu"].compactMap {
    FieldName($0)
  }
  private static let saltsMax = 16

  /// - Parameter through: where a scratch store finds who a row may be of.
  init(_ database: Database, _ dataset: InstalledDataset, at node: NodeName, through: ReadThrough?) throws {
    let columns = dataset.identityIndexes.map {
      TypedTable.quoted(dataset.definition.fields[$0].name.text)
    }
    let isExact = columns.enumerated().map { "\($1) = ?\($0 + 1)" }
    let person = dataset.personIndex
    let isCompatible = columns.enumerated().map { index, column in
      let mark = "?\(index + 1)"
      return index == person
        ? "\(column) = \(mark)" : "(\(mark) IS NULL OR \(column) IS NULL OR \(column) = \(mark))"
    }
    let exact = try RawStatement(
      database,
      "SELECT id FROM \(dataset.table.name) WHERE \(Self.all(isExact)) ORDER BY id LIMIT 1")
    let compatible = try RawStatement(
      database,
      "SELECT id FROM \(dataset.table.name) WHERE \(Self.all(isCompatible)) ORDER BY id LIMIT 2")
    let isPerson = person.map { "\(columns[$0]) = ?1" } ?? "0"
    let others = try RawStatement(
      database, "SELECT 1 FROM \(dataset.table.name) WHERE \(isPerson) AND id <> ?2 LIMIT 1")
    self.dataset = dataset
    self.node = node
    self.through = through
    self.others = others
    self.exact = exact
    self.compatible = compatible
  }

  private static func all(_ conditions: [String]) -> String {
    conditions.isEmpty ? "0" : conditions.joined(separator: " AND ")
  }

  func given(by row: ValidRow) -> GivenIdentity {
    let values = dataset.identityIndexes.map { row[dataset.definition.fields[$0].name] ?? .null }
    let person = dataset.personIndex.map { values[$0] }
    return GivenIdentity(values: values, person: person == .null ? nil : person)
  }

  /// Whether another record than `id` shows the number that one person alone has.
  func isShown(_ given: GivenIdentity, besides id: RecordID) throws -> Bool {
    guard let person = given.person else { return false }
    TypedTable.bind(person, to: others, at: 1)
    others.bind(id.description, at: 2)
    defer { others.reset() }
    return try others.step()
  }

  /// Takes over, into a scratch store, everybody whom the row may be of.
  func fetch(_ given: GivenIdentity) throws { try through?.fetch(given) }

  /// The record that shows this whole identity.
  func shown(_ given: GivenIdentity) throws -> RecordID? { try found(exact, given).first }

  /// Records, at most two, with the number that one person alone has, whose identity is nowhere else another one.
  func possible(_ given: GivenIdentity) throws -> [RecordID] {
    given.person == nil ? [] : try found(compatible, given)
  }

  private func found(_ statement: borrowing RawStatement, _ given: GivenIdentity) throws -> [RecordID] {
    for (index, value) in given.values.enumerated() {
      TypedTable.bind(value, to: statement, at: Int32(index + 1))
    }
    defer { statement.reset() }
    var ids: [RecordID] = []
    while try statement.step() { if let id = statement.text(0).flatMap({ RecordID($0) }) { ids.append(id) } }
    return ids
  }

  /// An id for a whole identity that no record shows: the keyed hash, unless the record under it shows another one.
  ///
  /// Who is out of sight under the id that an older version of the key made keeps it: else the deleted and the merged
  /// would come back with the first file after a rotation.
  func hashed(
    _ given: GivenIdentity, run: ImportRun, shows: (RecordID) throws -> [Value]?
  ) throws -> RecordID {
    for key in run.fleetKeys.dropFirst() {
      for salt in 0..<Self.saltsMax {
        let id = hash(given, salt, key)
        guard let other = try shows(id) else { break }
        if other == given.values { return id }
      }
    }
    guard let key = run.fleetKeys.first else { return run.randomID() }
    for salt in 0..<Self.saltsMax {
      let id = hash(given, salt, key)
      guard let other = try shows(id), other != given.values else { return id }
    }
    return run.randomID()
  }

  private func hash(_ given: GivenIdentity, _ salt: Int, _ key: FleetKey) -> RecordID {
    let parts = given.values.map(\.text) + (salt == 0 ? [] : [String(salt)])
    return key.recordID(dataset: dataset.name, parts: ["identity"] + parts)
  }

  /// The id of a row that has no whole identity.
  ///
  /// - Parameter exists: whether there is a record of this id: one that an older version of the key made goes on.
  func unidentified(
    _ row: ValidRow, _ given: GivenIdentity, run: inout ImportRun, exists: (RecordID) throws -> Bool
  ) rethrows -> RecordID {
    guard let parts = contentParts(row, given, run: &run), let key = run.fleetKeys.first else {
      return run.randomID()
    }
    let newest = key.recordID(dataset: dataset.name, parts: parts)
    if run.fleetKeys.count == 1 { return newest }
    if try exists(newest) { return newest }
    for older in run.fleetKeys.dropFirst() {
      let id = older.recordID(dataset: dataset.name, parts: parts)
      if try exists(id) { return id }
    }
    return newest
  }

  /// What makes a row without a whole identity the same as one before; nil where nothing does.
  private func contentParts(_ row: ValidRow, _ given: GivenIdentity, run: inout ImportRun) -> [String]? {
    guard let key = run.fleetKeys.first else { return nil }
    switch run.kind {
    case .once:
      return nil
    case .request(let idempotencyKey):
      // Each office counts its own keys: the same one elsewhere is somebody else's.
      return ["request", node.text, idempotencyKey, String(run.rowCount)]
    case .file:
      let content = contentNames.map { row[$0]?.text ?? "" }
      // A row that says nothing that could tell it from others is told by all that it says.
      let isSilent = content.allSatisfy(\.isEmpty) && given.values.allSatisfy { $0 == .null }
      // Half an identity counts too: two namesakes with two numbers are two people in whatever order they come.
      let parts =
        isSilent
        ? row.fields.flatMap { [$0.name.text, $0.value.text] } : given.values.map(\.text) + content
      let first = key.recordID(dataset: dataset.name, parts: ["content", run.source] + parts)
      let count = run.rows.repetition(of: first)
      return ["content", run.source] + (count == 0 ? [] : [String(count)]) + parts
    }
  }

  private var contentNames: [FieldName] {
    let known = Self.contentFields.filter { dataset.fieldIndexes[$0] != nil }
    return known.isEmpty ? dataset.definition.fields.filter(\.isRequired).map(\.name) : known
  }
}

extension FieldProblem {
  /// Half an identity that several records have.
  static func ambiguous(_ definition: DatasetDefinition, _ given: GivenIdentity) -> FieldProblem {
    let missing = zip(definition.identity, given.values).filter { $1 == .null }.map(\.0)
    let titles = missing.map { definition.field($0)?.title ?? BilingualText(id: $0.text, en: $0.text) }
    return FieldProblem(
      field: missing.first?.text, code: "ambiguous",
      reason: BilingualText(
        id:
          "Nomor ini dimiliki lebih dari satu data. Lengkapi \(titles.map(\.indonesian).joined(separator: ", ")) "
          + "di baris ini, atau gabungkan dahulu data yang ganda.",
        en:
          "More than one record has this number. Add \(titles.map(\.english).joined(separator: ", ")) to this row, "
          + "or merge the duplicates first."))
  }
}
