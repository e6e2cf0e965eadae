import Datasets
import GRDB
import Storage
import Wire

/// What the writer remembers between transactions so that it need not look it up for every batch.
///
/// Safe because it is touched only on the writer connection's serial queue, by `transaction` and what runs in
/// it.
final class WriterMemory: @unchecked Sendable {
  struct StreamKey: Hashable {
    let incarnation: Int64
    let dataset: DatasetName
  }

  /// What a node's batches are held against.
  struct NodeStanding {
    let current: Int64?
    let isFenced: Bool
  }

  /// The numbers of one dataset's field names, and how many of them are on disk.
  struct StoredRegistry {
    var registry: FieldRegistry
    var storedCount: Int
  }

  struct Backups {
    let isAny: Bool
    var places: [StreamKey: Datasets.Sequence] = [:]
  }

  /// Beyond this many entries the lookups start anew: memory does not grow with the fleet's history.
  private static let entriesMax = 20_000

  /// The feed's newest position, this transaction included.
  var position: UInt64 = 0
  /// The centre's own incarnation; set once, at opening.
  var epoch: (row: Int64, incarnation: Incarnation)?
  var rows: [Author: Int64] = [:]
  var authors: [Int64: Author] = [:]
  var streams: [StreamKey: StreamMark] = [:]
  var nodes: [NodeName: NodeStanding] = [:]
  /// Marks that were stored since a stream's were thinned.
  var newMarks: [StreamKey: Int] = [:]
  var registries: [DatasetName: StoredRegistry] = [:]
  /// How far backups hold streams; nil until it is asked for.
  var backups: Backups?
  /// What was met of damaged rows, by the writer and by readers.
  let damage = DamageNotes()
  let feedMarks = FeedMarks()

  private var storedPosition: UInt64 = 0
  /// Whom the positions concern that this transaction has taken.
  private var grownDatasets: Set<DatasetName> = []
  private var grownNodes: Set<NodeName> = []
  private var isLoaded = false

  func transaction<Result>(_ database: Database, _ body: () throws -> Result) throws -> Result {
    do {
      if !isLoaded {
        position = try database.feedPosition()
        storedPosition = position
        isLoaded = true
        feedMarks.opened(at: position)
      }
      (grownDatasets, grownNodes) = ([], [])
      try database.beginTransaction(.immediate)
      let result = try body()
      if position != storedPosition {
        try database.run(
          """
          INSERT INTO counter (name, value) VALUES ('position', ?)
          ON CONFLICT DO UPDATE SET value = excluded.value
          """, [.integer(Int64(clamping: position))])
      }
      try database.commit()
      if position != storedPosition { feedMarks.grew(to: position, grownDatasets, grownNodes) }
      storedPosition = position
      if rows.count + authors.count + streams.count + nodes.count + newMarks.count + (backups?.places.count ?? 0)
        > Self.entriesMax
      {
        forgetLookups()
      }
      return result
    } catch {
      if database.isInsideTransaction { try? database.rollback() }
      // What was remembered may not have happened: the next transaction reads again.
      isLoaded = false
      forgetLookups()
      registries = [:]
      throw error
    }
  }

  /// The next feed position, taken.
  ///
  /// - Parameters:
  ///   - dataset: whose readers find something there; nil where it is for one node alone.
  ///   - node: who finds something there, whatever it may read.
  func nextPosition(in dataset: DatasetName?, for node: NodeName? = nil) -> UInt64 {
    position += 1
    if let dataset { grownDatasets.insert(dataset) }
    if let node { grownNodes.insert(node) }
    return position
  }

  private func forgetLookups() {
    rows = [:]
    authors = [:]
    streams = [:]
    nodes = [:]
    newMarks = [:]
    backups = nil
  }
}
