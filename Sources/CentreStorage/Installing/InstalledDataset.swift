import Datasets
import Replication
import Storage
import Wire

/// A dataset with its tables and the statements that fill them.
struct InstalledDataset: Sendable {
  let definition: DatasetDefinition
  let table: TypedTable
  /// Where the greater of two contents of one natural key stay out of sight; nil for records.
  let variant: TypedTable?
  let plan: OccurrencePlan?
  /// Places of the dataset's fields in the typed table, from 1 as statements bind them.
  let places: [FieldName: Int32]
  let columnCount: Int32
  /// Fills every column, in the table's order.
  let insertion: String
  /// Finds the record's row if it holds what is bound, as to `insertion`.
  let comparison: String

  /// Columns of event tables that the store fills: who said it, and when.
  static let occurrenceColumns: [TypedTable.ExtraColumn] = [
    TypedTable.ExtraColumn("node", "TEXT"), TypedTable.ExtraColumn("incarnation", "INTEGER"),
    TypedTable.ExtraColumn("sequence", "INTEGER"), TypedTable.ExtraColumn("effective", "INTEGER"),
    TypedTable.ExtraColumn("suspect", "INTEGER"),
  ]

  /// Names that a field of such a dataset cannot have.
  static func takenColumns(_ kind: DatasetDefinition.Kind) -> [String] {
    kind == .record ? ["id", "extra"] : occurrenceColumns.map(\.name) + ["extra"]
  }

  init(_ definition: DatasetDefinition) {
    self.definition = definition
    let isRecord = definition.kind == .record
    table = TypedTable(definition: definition, extraColumns: isRecord ? [] : Self.occurrenceColumns)
    variant = isRecord ? nil : Self.variantTable(definition)
    var places: [FieldName: Int32] = [:]
    for (index, column) in table.columns.enumerated() {
      if let name = FieldName(column.name), definition.field(name) != nil { places[name] = Int32(index + 1) }
    }
    self.places = places
    columnCount = Int32(table.columns.count)
    plan = isRecord ? nil : OccurrencePlan(definition, places: places, columnCount: columnCount)
    let names = table.columns.map { TypedTable.quoted($0.name) }.joined(separator: ", ")
    let marks = table.columns.map { _ in "?" }.joined(separator: ", ")
    insertion =
      isRecord
      ? "INSERT OR REPLACE INTO \(table.name) (\(names)) VALUES (\(marks))"
      : "INSERT INTO \(table.name) (\(names)) VALUES (\(marks)) ON CONFLICT DO NOTHING"
    let areSame = table.columns.enumerated().dropFirst()
      .map { "\(TypedTable.quoted($0.element.name)) IS ?\($0.offset + 1)" }
    comparison =
      "SELECT 1 FROM \(table.name) WHERE " + (["id = ?1"] + areSame).joined(separator: " AND ")
  }

  /// Several variants may stand behind one key, so who said it belongs to the key there.
  private static func variantTable(_ definition: DatasetDefinition) -> TypedTable {
    var wider = definition
    let added: [(String, FieldType)] = [
      ("node", .text(lengthMax: 63)), ("incarnation", .integer(minimum: nil, maximum: nil)),
      ("sequence", .integer(minimum: nil, maximum: nil)),
    ]
    for (text, type) in added {
      guard let name = FieldName(text) else { continue }
      wider.fields.append(FieldDefinition(name: name, title: BilingualText(id: text, en: text), type: type))
      wider.key.append(name)
    }
    return TypedTable(
      definition: wider, extraColumns: Array(occurrenceColumns.dropFirst(added.count)), suffix: "_variant")
  }
}

extension InstalledDataset {
  /// Binds every column of a record's typed row, as `insertion` and `comparison` have them.
  func bind(_ shown: ShownRecord, of record: RecordID, to statement: borrowing RawStatement) {
    statement.bind(record.description, at: 1)
    for place in 2...max(2, columnCount) { statement.bindNull(at: place) }
    var undeclared: [(name: String, value: Value)] = []
    for (field, value) in shown.fields {
      if let place = places[field] {
        TypedTable.bind(value, to: statement, at: place)
      } else {
        undeclared.append((field.text, value))
      }
    }
    if !undeclared.isEmpty { statement.bind(JSONText.object(undeclared), at: columnCount) }
  }
}
