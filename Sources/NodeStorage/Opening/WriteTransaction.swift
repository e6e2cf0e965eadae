import Datasets
import Foundation
import GRDB
import Replication
import Storage
import Wire

/// One transaction on the writer: the database, the cache that goes with it, and what never changes.
///
/// What the store does is written as extensions of it, so that several steps can share one transaction.
struct WriteTransaction {
  let database: Database
  var cache: WriterCache
  let context: StoreContext

  /// The dataset as it is installed.
  func installed(_ name: DatasetName) throws -> InstalledDataset {
    guard let dataset = context.datasets[name] else {
      throw StoreError(
        .notFound, "This node has no dataset \(name); it comes from the centre once the node may have it.")
    }
    return dataset
  }

  func installed(_ name: DatasetName, kind: DatasetDefinition.Kind) throws -> InstalledDataset {
    let dataset = try installed(name)
    guard dataset.definition.kind == kind else {
      throw StoreError(.notFound, "The dataset \(name) has no records of kind \(kind.rawValue).")
    }
    return dataset
  }

  func stream(_ name: DatasetName) throws -> StreamRow {
    guard let stream = cache.streams[name] else {
      throw StoreError(.notFound, "This node has no stream of \(name).")
    }
    return stream
  }

  /// The streams in a fixed order.
  var sortedStreams: [StreamRow] { cache.streams.values.sorted { $0.id < $1.id } }

  var author: Author { Author(node: context.node, incarnation: context.incarnation) }

  /// Who made an own entry.
  func dot(_ stream: StreamRow, _ sequence: Datasets.Sequence) -> Dot {
    let incarnation = cache.lineage.owner(stream: stream.id, sequence) ?? context.incarnation
    return Dot(author: Author(node: context.node, incarnation: incarnation), sequence: sequence)
  }

  /// The small number that stands for an author in typed tables.
  mutating func number(of author: Author) throws -> Int64 {
    if let number = cache.authors[author] { return number }
    try database.execute(
      sql: "INSERT INTO _author (node, generation, random) VALUES (?, ?, ?)",
      arguments: [
        author.node.text, author.incarnation.storedGeneration, author.incarnation.storedRandom,
      ])
    cache.authors[author] = database.lastInsertedRowID
    return database.lastInsertedRowID
  }

  /// Notes stored bytes that did not match their checksum; a record's are then asked for anew.
  mutating func noteDamage(
    _ what: String, dataset: DatasetName?, sequence: Datasets.Sequence? = nil, isCopy: Bool = false,
    at time: Timestamp
  ) throws {
    try database.execute(
      sql: "INSERT INTO _damage (at_ms, dataset, sequence, what) VALUES (?, ?, ?, ?)",
      arguments: [time.milliseconds, dataset?.text, sequence.map { Int64(bitPattern: $0.value) }, what])
    if isCopy { cache.copy.needsRebuild = true }
  }
}

/// What a transaction may rely on not to change under it.
struct StoreContext: Sendable {
  let node: NodeName
  let incarnation: Incarnation
  /// The how-manieth start of the machine, from 1.
  let boot: UInt64
  let limits: NodeStoreLimits
  let freeBytes: @Sendable () -> UInt64
  let datasets: [DatasetName: InstalledDataset]
  /// Called now and then by transactions that may take long (`NodeStore.writeLong`).
  let noteProgress: @Sendable () -> Void
  /// Whether this goes to a scratch store, which takes over what it has not from the live one (`DryRun`).
  var isDryRun = false
}
