package import Datasets
import GRDB
package import Replication
import Storage
package import Wire

/// A dataset's digest at one place of the feed (protocol.md, "Digest").
package struct DatasetDigest: Sendable, Equatable {
  /// Records that are not hidden, or events.
  package let count: UInt64
  package let digest: DigestSum
  package let cursor: FeedCursor
}

extension CentreStore {
  /// Over what `node` may read of a dataset of records (nil: over everything); of events and samples, over those that
  /// the node itself recorded (nil: over all nodes').
  ///
  /// Of records it walks the whole dataset in one snapshot.
  package func digest(_ name: DatasetName, node: NodeName? = nil) async throws -> DatasetDigest {
    guard let definition = catalogues.current.datasets[name]?.definition else {
      throw StoreError(.notFound, "There is no dataset \(name).")
    }
    let epoch = epoch
    let access = node.map { catalogues.current.read($0, definition) }
    return try await read { database in
      let cursor = FeedCursor(epoch: epoch, position: try database.feedPosition())
      let (count, sum) =
        definition.kind == .record
        ? try Self.recordDigest(database, definition, access: access)
        : try Self.occurrenceDigest(database, name, node: node)
      return DatasetDigest(count: count, digest: sum, cursor: cursor)
    }
  }

  private static func occurrenceDigest(
    _ database: Database, _ name: DatasetName, node: NodeName?
  ) throws -> (UInt64, DigestSum) {
    let rows = try database.rows(
      "SELECT count, sum FROM node_stream WHERE dataset = ?1 AND (?2 IS NULL OR node = ?2)",
      [.text(name.text), .optional(node?.text)]
    ) { ($0.unsigned(0), Hash256($0.blob(1))) }
    var sum = DigestSum()
    var count: UInt64 = 0
    for (part, hash) in rows {
      count += part
      if let hash { sum += DigestSum(hash) }
    }
    return (count, sum)
  }

  private static func recordDigest(
    _ database: Database, _ definition: DatasetDefinition, access: Access??
  ) throws -> (UInt64, DigestSum) {
    let registry = try RegistryTable.load(database, dataset: definition.name)
    let statement = try RawStatement(
      database, "SELECT id, scope, state FROM record WHERE dataset = ? AND hidden = 0")
    statement.bind(definition.name.text, at: 1)
    var sum = DigestSum()
    var count: UInt64 = 0
    while try statement.step() {
      var fields: Set<FieldName>?
      if let limited = access {
        let scope = statement.text(1).flatMap { RegionCode($0) }
        guard let limited, limited.includes(scope: scope) else { continue }
        fields = limited.fields(scope: scope)
      }
      guard let state = try? RecordState(bytes: statement.blob(2), registry: registry) else {
        throw StoreError.damaged("the state of a record")
      }
      guard let part = state.digest(id: try statement.recordID(0), fields: fields, scope: definition.scope) else {
        continue
      }
      sum += part
      count += 1
    }
    return (count, sum)
  }
}
