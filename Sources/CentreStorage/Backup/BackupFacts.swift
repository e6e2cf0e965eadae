package import Datasets
import GRDB
import Storage
package import Wire

/// What a backup of the centre's store holds.
package struct BackupFacts: Sendable, Equatable {
  package let madeAt: Timestamp
  /// The feed's newest position in it, and the epoch that wrote it.
  package let end: FeedCursor
  package let nodes: Int
  /// Records of all datasets, deleted ones among them.
  package let records: Int
  /// Events and samples of all datasets.
  package let occurrences: Int
  /// Rows that do not match their checksums: the backup was made of a damaged store, or was damaged since.
  package let damaged: Int
  /// How far each stream is in it.
  let streams: [StreamPlace]

  struct StreamPlace: Sendable, Equatable {
    let incarnation: Int64
    let dataset: DatasetName
    let applied: Datasets.Sequence
  }

  init(_ database: Database, madeAt: Timestamp) throws {
    self.madeAt = madeAt
    let epoch = try database.first("SELECT generation, random FROM epoch ORDER BY id DESC LIMIT 1") {
      $0.incarnation(0)
    }
    guard let epoch else { throw StoreError(.damaged, "the store has no epoch") }
    end = FeedCursor(epoch: epoch, position: try database.feedPosition())
    nodes = Int(try database.integer("SELECT count(*) FROM node") ?? 0)
    records = Int(try database.integer("SELECT count(*) FROM record") ?? 0)
    occurrences = Int(try database.integer("SELECT coalesce(sum(count), 0) FROM dataset_digest") ?? 0)
    damaged = try CheckedTable.damagedCount(database)
    streams = try database.rows("SELECT incarnation, dataset, applied FROM stream") {
      StreamPlace(incarnation: $0.integer(0), dataset: try $0.dataset(1), applied: $0.sequence(2))
    }
  }

  /// Notes in a store that this backup of it exists.
  func note(_ database: Database) throws {
    try database.run(
      "INSERT INTO backup (made_ms, generation, random, position) VALUES (?, ?, ?, ?)",
      [
        .integer(madeAt.milliseconds), end.epoch.stored.generation, end.epoch.stored.random,
        .integer(Int64(clamping: end.position)),
      ])
    try database.run("DELETE FROM backup_stream")
    let insertion = try RawStatement(
      database, "INSERT INTO backup_stream (incarnation, dataset, applied) VALUES (?, ?, ?)")
    for place in streams {
      insertion.bind([.integer(place.incarnation), .text(place.dataset.text), place.applied.stored])
      try insertion.run()
    }
  }
}
