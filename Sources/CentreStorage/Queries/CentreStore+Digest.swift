package import Datasets
import Foundation
import GRDB
package import Replication
import Storage
package import Wire

/// A dataset's digest at one place of the feed (protocol.md, "Digest").
package struct DatasetDigest: Sendable, Equatable {
  /// Records that are not hidden, or distinct natural keys.
  package let count: UInt64
  package let digest: DigestSum
  package let cursor: FeedCursor
}

extension CentreStore {
  /// Over what `node` may read of a dataset (nil: over everything). Of events and samples that is all nodes' where a
  /// read rule gives them, and otherwise what the node itself recorded.
  ///
  /// Throws `StoreError(.damaged)` when a record does not match its checksum.
  ///
  /// Of records it walks the whole dataset in one snapshot, unless nothing has changed since the last time.
  package func digest(_ name: DatasetName, node: NodeName? = nil) async throws -> DatasetDigest {
    guard let definition = catalogues.current.datasets[name]?.definition else {
      throw StoreError(.notFound, "There is no dataset \(name).")
    }
    let epoch = epoch
    let cache = digests
    let key = DigestCache.Key(dataset: name, node: node, rules: node.map { ruleVersion(of: $0) } ?? 0)
    let access = node.map { catalogues.current.read($0, definition) }
    return try await read { database in
      let cursor = FeedCursor(epoch: epoch, position: try database.feedPosition())
      guard definition.kind == .record else {
        let readsAll = access.map { $0?.includes(scope: nil) ?? false } ?? true
        let keys = try database.keySum(of: name, node: readsAll ? nil : node)
        return DatasetDigest(count: keys.count, digest: keys.sum, cursor: cursor)
      }
      let newest = UInt64(
        clamping: try database.integer(
          "SELECT max(position) FROM record WHERE dataset = ?", [.text(name.text)]) ?? 0)
      if let known = cache[key], known.cursor.position >= newest {
        return DatasetDigest(count: known.count, digest: known.digest, cursor: cursor)
      }
      let (count, sum) = try Self.recordDigest(database, definition, access: access)
      let digest = DatasetDigest(count: count, digest: sum, cursor: cursor)
      cache[key] = digest
      return digest
    }
  }

  private static func recordDigest(
    _ database: Database, _ definition: DatasetDefinition, access: Access??
  ) throws -> (UInt64, DigestSum) {
    let registry = try RegistryTable.load(database, dataset: definition.name)
    let statement = try RawStatement(
      database, "SELECT \(CheckedTable.record.columns) FROM record WHERE dataset = ? AND hidden = 0")
    statement.bind(definition.name.text, at: 1)
    var sum = DigestSum()
    var count: UInt64 = 0
    while try statement.step() {
      guard CheckedTable.record.isSound(statement) else {
        throw StoreError.damaged(DamagedRow(.record, statement.integer(0)))
      }
      var fields: Set<FieldName>?
      if let limited = access {
        let scope = statement.text(4).flatMap { RegionCode($0) }
        guard let limited, limited.includes(scope: scope) else { continue }
        fields = limited.fields(scope: scope)
      }
      guard let state = try? RecordState(bytes: statement.blob(9), registry: registry) else {
        throw StoreError.damaged("the state of a record")
      }
      guard let part = state.digest(id: try statement.recordID(3), fields: fields, scope: definition.scope)
      else {
        continue
      }
      sum += part
      count += 1
    }
    return (count, sum)
  }
}

/// The digests computed last, each good until a record of its dataset changes.
///
/// Safe because `digests` is read and set only under the lock.
final class DigestCache: @unchecked Sendable {
  struct Key: Hashable {
    let dataset: DatasetName
    let node: NodeName?
    /// The reader's rule version: other rules, another digest.
    let rules: UInt64
  }

  private static let countMax = 256

  private let lock = NSLock()
  private var digests: [Key: DatasetDigest] = [:]

  subscript(key: Key) -> DatasetDigest? {
    get { lock.withLock { digests[key] } }
    set {
      lock.withLock {
        if digests.count >= Self.countMax { digests = [:] }
        // A slower reader must not put an older one back.
        if let known = digests[key], let new = newValue, known.cursor.position > new.cursor.position {
          return
        }
        digests[key] = newValue
      }
    }
  }
}
