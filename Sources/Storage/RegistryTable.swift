package import Datasets
package import GRDB
package import Wire

/// The stored numbers of one dataset's field names: table `field_name(dataset, number, name)`.
package struct RegistryTable: Sendable {
  package static let schema = """
    CREATE TABLE field_name (
      dataset TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (dataset, number)
    ) WITHOUT ROWID;
    """

  /// - Parameter schema: where a second store is attached.
  package static func load(
    _ database: Database, dataset: DatasetName, schema: String = "main"
  ) throws -> FieldRegistry {
    let names = try String.fetchAll(
      database, sql: "SELECT name FROM \(schema).field_name WHERE dataset = ? ORDER BY number",
      arguments: [dataset.text])
    return FieldRegistry(names.compactMap { FieldName($0) })
  }

  /// Stores the names that `registry` got since it had `storedCount`, in the transaction that first uses them.
  package static func store(
    _ database: Database, dataset: DatasetName, registry: FieldRegistry, storedCount: Int
  ) throws {
    for number in storedCount..<max(storedCount, registry.names.count) {
      try database.execute(
        sql: "INSERT INTO field_name (dataset, number, name) VALUES (?, ?, ?)",
        arguments: [dataset.text, number, registry.names[number].text])
    }
  }
}
