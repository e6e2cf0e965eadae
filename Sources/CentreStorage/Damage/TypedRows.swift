import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Compares the typed rows of records with their states, in one snapshot: the rows carry no checksums, being made of states.
final class TypedRows {
  private let database: Database
  private let catalogue: Catalogue
  private var comparisons: [DatasetName: PreparedStatement] = [:]
  private var registries: [DatasetName: FieldRegistry] = [:]
  private var settled: [DatasetName: Bool] = [:]

  init(_ database: Database, _ catalogue: Catalogue) {
    self.database = database
    self.catalogue = catalogue
  }

  /// Whether the typed row of a record shows what its state says; a hidden record's row is not looked for.
  ///
  /// - Parameter row: stands on the columns of `CheckedTable.record`, and is sound.
  func isShown(_ row: borrowing RawStatement) throws -> Bool {
    guard let name = row.text(2).flatMap({ DatasetName($0) }), let dataset = catalogue.datasets[name],
      let id = RecordID(bytes: row.blob(3)), row.integer(5) == 0, try isSettled(dataset.definition),
      let state = try? RecordState(
        bytes: row.blob(CheckedTable.record.bodyPlace), registry: try registry(of: name))
    else { return true }
    let comparison = try comparison(of: dataset)
    dataset.bind(ShownRecord(state, definition: dataset.definition), of: id, to: comparison.raw)
    defer { comparison.raw.reset() }
    return try comparison.raw.step()
  }

  private func comparison(of dataset: InstalledDataset) throws -> PreparedStatement {
    let name = dataset.definition.name
    if let known = comparisons[name] { return known }
    let new = try PreparedStatement(database, dataset.comparison)
    comparisons[name] = new
    return new
  }

  private func isSettled(_ definition: DatasetDefinition) throws -> Bool {
    if let known = settled[definition.name] { return known }
    let isSettled = try database.isSettled(definition)
    settled[definition.name] = isSettled
    return isSettled
  }

  private func registry(of name: DatasetName) throws -> FieldRegistry {
    if let known = registries[name] { return known }
    let registry = try RegistryTable.load(database, dataset: name)
    registries[name] = registry
    return registry
  }
}

extension Database {
  /// Whether all records of a dataset were derived by the rules that it has now: else `rederive` has still to do it, and a
  /// typed row that shows something else is no damage.
  func isSettled(_ definition: DatasetDefinition) throws -> Bool {
    let derived = try first("SELECT derived FROM dataset WHERE name = ?", [.text(definition.name.text)]) { $0.text(0) }
    return (derived ?? nil).map { DerivationRules(definition).covers($0) } ?? false
  }
}
