import Datasets
import GRDB
import Replication
import Storage
import Wire

/// What the writer keeps in memory of the small tables; a value, so that a rolled back transaction leaves no
/// trace.
struct WriterCache: Sendable {
  var streams: [DatasetName: StreamRow]
  var registries: [DatasetName: FieldRegistry]
  var authors: [Author: Int64]
  var sources: [String: Int64]
  var lineage: LineageLine
  /// Rows of `_clock_sample`, and the newest measurement even when it has no row.
  var samples: [ClockSample]
  var copy: CopyStanding
  var heldBackCount: Int
  var recoveredCount: Int
  /// How far the sweep under way has come. Only in memory: begun anew, it finds nothing to do again.
  var sweepPlace: SweepPlace?

  init(_ database: Database) throws {
    streams = Dictionary(
      try StreamRow.loadAll(database).map { ($0.dataset, $0) }, uniquingKeysWith: { first, _ in first })
    registries = [:]
    for dataset in streams.keys { registries[dataset] = try RegistryTable.load(database, dataset: dataset) }
    authors = try Author.loadAll(database)
    sources = [:]
    let rows = try RawStatement(database, "SELECT id, name FROM _import_source")
    while try rows.step() { sources[rows.text(1) ?? ""] = rows.integer(0) }
    lineage = try LineageLine.load(database)
    samples = try ClockSample.loadAll(database)
    copy = try CopyStanding.load(database)
    heldBackCount = try database.keptCount("_held_back")
    recoveredCount = try database.keptCount("_recovered")
  }

  /// Writes what changed since `saved`.
  func persist(since saved: WriterCache, _ database: Database) throws {
    for (dataset, stream) in streams where saved.streams[dataset] != stream { try stream.save(database) }
    for (dataset, registry) in registries {
      let storedCount = saved.registries[dataset]?.names.count ?? 0
      if registry.names.count > storedCount {
        try RegistryTable.store(database, dataset: dataset, registry: registry, storedCount: storedCount)
      }
    }
    if copy != saved.copy { try copy.save(database) }
  }
}

/// Where the copy of the centre's state stands.
struct CopyStanding: Sendable, Equatable {
  /// Where the feed goes on; nil before the first.
  var cursor: FeedCursor?
  /// Up to where the copy shows all that the feed showed, as this session's feed has said; nil until it has.
  ///
  /// Behind the cursor while pages come in: a record that changed again meanwhile moved behind them.
  var complete: FeedCursor?
  var ruleVersion: UInt64 = 0
  /// Rises with every reset; records and occurrences carry the one under which the feed last listed them.
  var stamp: Int64 = 1
  /// While a snapshot comes in: where it is complete.
  var sweepAt: UInt64?
  /// Whether the centre may have lost what the copy holds: the sweep then keeps it aside.
  var shelves = false
  /// Stored bytes did not match their checksum: hello asks for everything anew.
  var needsRebuild = false

  static func load(_ database: Database) throws -> CopyStanding {
    var standing = CopyStanding()
    let row = try RawStatement(
      database,
      """
      SELECT generation, random, position, rule_version, stamp, sweep_at, shelves, needs_rebuild,
        complete_generation, complete_random, complete_position FROM _copy
      """)
    guard try row.step() else { return standing }
    if !row.isNull(0) {
      standing.cursor = FeedCursor(
        epoch: Incarnation(storedGeneration: row.integer(0), random: row.integer(1)),
        position: UInt64(bitPattern: row.integer(2)))
    }
    standing.ruleVersion = UInt64(bitPattern: row.integer(3))
    standing.stamp = row.integer(4)
    standing.sweepAt = row.isNull(5) ? nil : UInt64(bitPattern: row.integer(5))
    standing.shelves = row.integer(6) != 0
    standing.needsRebuild = row.integer(7) != 0
    if !row.isNull(8) {
      standing.complete = FeedCursor(
        epoch: Incarnation(storedGeneration: row.integer(8), random: row.integer(9)),
        position: UInt64(bitPattern: row.integer(10)))
    }
    return standing
  }

  func save(_ database: Database) throws {
    let row = try RawStatement(
      database,
      """
      INSERT OR REPLACE INTO _copy
        (one, generation, random, position, rule_version, stamp, sweep_at, shelves, needs_rebuild,
         complete_generation, complete_random, complete_position)
      VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    let values: [Int64?] = [
      cursor?.epoch.storedGeneration, cursor?.epoch.storedRandom,
      cursor.map { Int64(bitPattern: $0.position) }, Int64(bitPattern: ruleVersion), stamp,
      sweepAt.map { Int64(bitPattern: $0) }, shelves ? 1 : 0, needsRebuild ? 1 : 0,
      complete?.epoch.storedGeneration, complete?.epoch.storedRandom,
      complete.map { Int64(bitPattern: $0.position) },
    ]
    for (index, value) in values.enumerated() {
      if let value { row.bind(value, at: Int32(index + 1)) } else { row.bindNull(at: Int32(index + 1)) }
    }
    try row.run()
  }
}

extension Author {
  fileprivate static func loadAll(_ database: Database) throws -> [Author: Int64] {
    var authors: [Author: Int64] = [:]
    let rows = try RawStatement(database, "SELECT id, node, generation, random FROM _author")
    while try rows.step() {
      guard let node = rows.text(1).flatMap(NodeName.init) else { continue }
      let incarnation = Incarnation(storedGeneration: rows.integer(2), random: rows.integer(3))
      authors[Author(node: node, incarnation: incarnation)] = rows.integer(0)
    }
    return authors
  }
}

/// Holds the writer's cache between transactions.
///
/// Safe because it is touched only inside accesses to the one writer connection, which GRDB serialises.
final class WriterBox: @unchecked Sendable {
  var cache: WriterCache

  init(_ cache: WriterCache) { self.cache = cache }
}
