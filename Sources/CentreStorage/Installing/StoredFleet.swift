package import Datasets
import GRDB
import Storage
package import Wire

/// What a centre's store holds that the fleet's files have to fit.
package struct StoredFleet: Sendable, Equatable {
  /// The definitions that were in force last, as nodes were given them, by name.
  package let definitions: [Document]
  /// The datasets of which anything was taken in, by name.
  package let datasetsWithData: [DatasetName]
  /// The offices that may still connect, by name.
  package let offices: [NodeName]

  init(_ database: Database) throws {
    definitions = try database.rows("SELECT name, text FROM dataset ORDER BY name") {
      Document(name: $0.text(0) ?? "", text: $0.text(1) ?? "")
    }
    datasetsWithData = try database.rows(
      """
      SELECT name FROM dataset
      WHERE EXISTS (SELECT 1 FROM stream WHERE stream.dataset = dataset.name AND applied > 0) ORDER BY name
      """
    ) { try $0.dataset(0) }
    offices = try CentreStore.nodes(database, where: "1", []).filter { $0.state == .offline }.map(\.node)
  }

  /// Looks into the store at `path`, which a daemon may have open, and changes nothing.
  ///
  /// - Returns: nil where there is no store yet.
  /// - Throws: `StoreError`: what opening it would throw, `.inputOutput` where it cannot be looked into.
  package static func look(at path: String) throws -> StoredFleet? {
    try StoreFile.look(
      at: path, applicationID: CentreStore.applicationID, newestFormat: CentreStore.newestFormat,
      StoredFleet.init)
  }
}

extension CentreStore {
  package func storedFleet() async throws -> StoredFleet {
    try await read { try StoredFleet($0) }
  }
}
