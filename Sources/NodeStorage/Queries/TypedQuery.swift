import Datasets
import GRDB
import Storage

/// The SQL of a list over a typed table: keyset paging by its primary key, so that page n costs what page 1
/// costs.
struct TypedQuery {
  let dataset: InstalledDataset
  let query: RecordQuery
  /// The values of the key after which the page begins, in the form that columns have.
  let after: [String]

  /// Filters by columns that the dataset does not have find nothing.
  let isEmpty: Bool

  init(_ query: RecordQuery, dataset: InstalledDataset) throws {
    self.query = query
    self.dataset = dataset
    after = try Self.decode(query.cursor, count: dataset.table.keyColumns.count)
    isEmpty = query.equals.contains { filter in
      !dataset.table.columns.contains { $0.name == filter.field.text }
    }
  }

  /// - Parameter columns: what to select.
  func statement(_ database: Database, columns: [String]) throws -> RawStatement {
    var conditions = query.equals.map { "\(TypedTable.quoted($0.field.text)) = ?" }
    let texts = searchColumns
    if query.search != nil, !texts.isEmpty {
      conditions.append("(" + texts.map { "\($0) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")")
    }
    let key = dataset.table.keyColumns.joined(separator: ", ")
    if !after.isEmpty {
      conditions.append("(\(key)) > (\(after.map { _ in "?" }.joined(separator: ", ")))")
    }
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    let statement = try RawStatement(
      database,
      "SELECT \(columns.joined(separator: ", ")) FROM \(dataset.table.name) \(filter) ORDER BY \(key) LIMIT ?"
    )
    var index: Int32 = 1
    for filter in query.equals {
      TypedTable.bind(filter.value, to: statement, at: index)
      index += 1
    }
    if let search = query.search {
      for _ in texts {
        statement.bind("%\(Self.escaped(search))%", at: index)
        index += 1
      }
    }
    for value in after {
      statement.bind(value, at: index)
      index += 1
    }
    statement.bind(Int64(query.limit + 1), at: index)
    return statement
  }

  private var searchColumns: [String] {
    dataset.definition.fields.compactMap { field in
      switch field.type {
      case .text, .nik, .kk, .nip, .phone, .region: TypedTable.quoted(field.name.text)
      default: nil
      }
    }
  }

  private static func escaped(_ text: String) -> String {
    var output = ""
    for character in text {
      if character == "%" || character == "_" || character == "\\" { output.append("\\") }
      output.append(character)
    }
    return output
  }

  /// The key's values as a cursor: hexadecimal UTF-8, joined by dots; opaque to users.
  static func cursor(_ key: [String]) -> String {
    key.map { Hexadecimal.text(of: $0.utf8) }.joined(separator: ".")
  }

  private static func decode(_ cursor: String?, count: Int) throws -> [String] {
    guard let cursor else { return [] }
    let parts = cursor.split(separator: ".", omittingEmptySubsequences: false).map { part in
      Hexadecimal.bytes(of: String(part)).flatMap { String(validating: $0, as: UTF8.self) }
    }
    let values = parts.compactMap { $0 }
    guard values.count == count, parts.count == count else {
      throw StoreError(.notFound, "The cursor is none of ours; begin the list anew.")
    }
    return values
  }
}

extension TypedTable {
  /// The quoted names of the primary key.
  var keyColumns: [String] {
    switch key {
    case .record: [Self.quoted("id")]
    case .natural(let names): names.map { Self.quoted($0.text) }
    }
  }
}
