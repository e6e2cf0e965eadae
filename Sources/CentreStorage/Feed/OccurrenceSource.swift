import Compression
import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Runs of other nodes' events and samples.
final class OccurrenceSource: FeedSource {
  static let sql = """
    SELECT position, incarnation FROM occurrence_batch INDEXED BY occurrence_batch_feed
    WHERE dataset = ? AND position > ? ORDER BY position
    """

  private let node: NodeName
  private let dataset: DatasetName
  private let fields: Set<FieldName>?
  private let blocks: BlockFinder

  init(
    _ database: Database, _ definition: DatasetDefinition, read: Access, node: NodeName, since: UInt64
  ) throws {
    self.node = node
    dataset = definition.name
    // What is part of the key goes along: without it a reader could not tell two events apart.
    fields = read.fields(scope: nil).map { $0.union(definition.key) }
    blocks = try BlockFinder(database)
    let statement = try PreparedStatement(database, Self.sql)
    statement.raw.bind([.text(definition.name.text), .integer(Int64(clamping: since))])
    try super.init(statement)
  }

  override func deliver(to page: inout FeedPageBuilder) throws -> Bool {
    let author = try page.author(ofRow: statement.raw.integer(1))
    // What it said itself it has, but for what it lost (`LostOccurrenceSource`).
    if author.node == node { return true }
    return try blocks.deliver(
      statement.raw.integer(0), of: dataset, author: author, fields: fields, to: &page)
  }
}

/// Puts stored blocks of entries on a page.
struct BlockFinder {
  static let sql = "SELECT \(CheckedTable.batch.columns) FROM occurrence_batch WHERE position = ?"

  private let find: PreparedStatement

  init(_ database: Database) throws { find = try PreparedStatement(database, Self.sql) }

  /// - Parameter after: entries up to here are left out.
  /// - Returns: false when the page has no room for it.
  func deliver(
    _ position: Int64, of dataset: DatasetName, author: Author, fields: Set<FieldName>?,
    after: Datasets.Sequence = .none, to page: inout FeedPageBuilder
  ) throws -> Bool {
    find.raw.bind(position, at: 1)
    defer { find.raw.reset() }
    guard try find.raw.step() else { return true }
    // A damaged run is kept aside: the reader goes on behind it.
    guard let bytes = CheckedTable.batch.soundBody(find.raw, noting: page.damage) else { return true }
    let rawCount = Int(find.raw.integer(8))
    guard page.hasRoom(for: rawCount) else { return false }
    let (first, last) = (find.raw.sequence(5), find.raw.sequence(6))
    var skipped = try OccurrenceRun.skipped(find.raw.blob(9))
    let entries = CompressedBytes(rawCount: rawCount, bytes: bytes)
    if first <= after {
      // Entries, not numbers: a gap may stand for any number of them.
      var before: Set<Datasets.Sequence> = []
      let block = try Zstandard.decompress(entries.bytes, rawCount: entries.rawCount)
      try OccurrenceRun.forEach(in: block, first: first) { sequence, _ in
        if sequence <= after { before.insert(sequence) }
      }
      skipped = before.union(skipped).sorted()
    }
    return page.add(
      FeedRun(
        dataset: dataset, author: author, fields: fields, first: first, last: last, skipped: skipped,
        pieces: [entries]))
  }
}
