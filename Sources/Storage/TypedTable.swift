package import Datasets
package import GRDB

/// One SQL table per dataset with a column per declared field, so that any SQLite tool can read the warehouse.
///
/// Texts, codes and numbers of people as TEXT, dates as `YYYY-MM-DD`, instants as RFC 3339, lists and undeclared
/// fields (column `extra`) as JSON. Evolution is additive: a new field is a new column.
package struct TypedTable: Sendable {
  package enum Key: Sendable, Equatable {
    /// `id` of the record as 32 hexadecimal digits.
    case record
    /// The natural key of events and samples.
    case natural([FieldName])
  }

  /// A column beside the dataset's fields, which the store itself fills.
  package struct ExtraColumn: Sendable, Equatable {
    package let name: String
    package let type: String

    package init(_ name: String, _ type: String) {
      self.name = name
      self.type = type
    }
  }

  package let dataset: DatasetName
  package let key: Key
  package let fields: [FieldDefinition]
  package let extraColumns: [ExtraColumn]
  package let suffix: String

  /// - Parameter suffix: for a second table of the same form, such as `_variant`.
  package init(definition: DatasetDefinition, extraColumns: [ExtraColumn] = [], suffix: String = "") {
    dataset = definition.name
    key = definition.kind == .record ? .record : .natural(definition.key)
    fields = definition.fields
    self.extraColumns = extraColumns
    self.suffix = suffix
  }

  /// The quoted table name.
  package var name: String { Self.quoted(dataset.text + suffix) }

  package static func quoted(_ identifier: String) -> String {
    "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// Makes the table, or adds the columns that it does not have yet.
  package func install(_ database: Database) throws {
    let existing = Set(
      try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [dataset.text + suffix]))
    if existing.isEmpty {
      try database.execute(sql: creation)
      return
    }
    for (name, type) in columns where !existing.contains(name) {
      try database.execute(sql: "ALTER TABLE \(self.name) ADD COLUMN \(Self.quoted(name)) \(type)")
    }
  }

  /// Every column with its SQL type, the key first: the order in which statements bind.
  package var columns: [(name: String, type: String)] {
    var columns: [(name: String, type: String)] = []
    switch key {
    case .record:
      columns.append(("id", "TEXT"))
      columns += fields.map { ($0.name.text, Self.type(of: $0.type)) }
    case .natural(let names):
      let keyFields = names.compactMap { name in fields.first { $0.name == name } }
      columns += keyFields.map { ($0.name.text, Self.type(of: $0.type) + " NOT NULL") }
      columns += fields.filter { !names.contains($0.name) }.map { ($0.name.text, Self.type(of: $0.type)) }
    }
    columns += extraColumns.map { ($0.name, $0.type) }
    columns.append(("extra", "TEXT"))
    return columns
  }

  private var creation: String {
    let list = columns.map { "\(Self.quoted($0.name)) \($0.type)" }.joined(separator: ", ")
    let keyColumns: String
    switch key {
    case .record: keyColumns = "id"
    case .natural(let names): keyColumns = names.map { Self.quoted($0.text) }.joined(separator: ", ")
    }
    return "CREATE TABLE \(name) (\(list), PRIMARY KEY (\(keyColumns))) WITHOUT ROWID"
  }

  private static func type(of type: FieldType) -> String {
    switch type {
    case .integer, .boolean: "INTEGER"
    case .decimal: "NUMERIC"
    default: "TEXT"
    }
  }
}

extension TypedTable {
  /// Binds a value in the form that its column has.
  package static func bind(_ value: Value?, to statement: borrowing RawStatement, at index: Int32) {
    switch value {
    case nil, .null: statement.bindNull(at: index)
    case .boolean(let flag): statement.bind(flag ? 1 : 0 as Int64, at: index)
    case .integer(let number): statement.bind(number, at: index)
    case .list(let elements): statement.bind(JSONText.array(elements), at: index)
    case .some(let value): statement.bind(value.text, at: index)
    }
  }
}
