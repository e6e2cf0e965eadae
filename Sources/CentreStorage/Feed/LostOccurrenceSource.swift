import Datasets
import GRDB
import Storage
import Wire

/// A node's own events and samples of one dataset that it lost with its disk: what an incarnation said after the place
/// from which an older copy of the disk went on, or all that a disk said which another took the place of.
///
/// A disk that was restarted often has left many such ranges: they share one statement, which looks the next run of one
/// range up, and those that end before the reader's position cost nothing.
final class LostOccurrenceSource: FeedSource {
  static let sql = """
    SELECT position FROM occurrence_batch INDEXED BY occurrence_batch_lost
    WHERE incarnation = ? AND dataset = ? AND position > ? AND last > ? ORDER BY position LIMIT 1
    """
  static let rangesSQL = "SELECT dataset, incarnation, after FROM lost WHERE node = ? AND through > ?"

  struct Range {
    let incarnation: Int64
    let after: Datasets.Sequence
  }

  /// A range at its next run.
  private struct Place {
    let range: Range
    let position: UInt64
  }

  private let dataset: DatasetName
  private let blocks: BlockFinder
  /// Sorted by position, the nearest last. The range of `present` is not among them.
  private var waiting: [Place] = []
  private var present: Place?

  /// The ranges that a reader at `since` has not been told to their end.
  static func ranges(_ database: Database, of node: NodeName, since: UInt64) throws -> [DatasetName: [Range]] {
    let ranges = try database.rows(rangesSQL, [.text(node.text), .integer(Int64(clamping: since))]) {
      (dataset: try $0.dataset(0), range: Range(incarnation: $0.integer(1), after: $0.sequence(2)))
    }
    return Dictionary(grouping: ranges, by: \.dataset).mapValues { $0.map(\.range) }
  }

  init(_ database: Database, _ dataset: DatasetName, _ ranges: [Range], since: UInt64) throws {
    self.dataset = dataset
    blocks = try BlockFinder(database)
    let statement = try PreparedStatement(database, Self.sql)
    waiting = try ranges.compactMap { try Self.place($0, dataset, after: since, statement) }
      .sorted { $0.position > $1.position }
    try super.init(statement)
  }

  private static func place(
    _ range: Range, _ dataset: DatasetName, after position: UInt64, _ statement: PreparedStatement
  ) throws -> Place? {
    statement.raw.bind([
      .integer(range.incarnation), .text(dataset.text), .integer(Int64(clamping: position)), range.after.stored,
    ])
    defer { statement.raw.reset() }
    return try statement.raw.step() ? Place(range: range, position: statement.raw.unsigned(0)) : nil
  }

  override func next() throws -> UInt64? {
    if let present, let place = try Self.place(present.range, dataset, after: present.position, statement) {
      // Mostly near the end: incarnations spoke one after the other.
      let index = waiting.lastIndex { $0.position > place.position }.map { $0 + 1 } ?? 0
      waiting.insert(place, at: index)
    }
    present = waiting.popLast()
    return present?.position
  }

  override func deliver(to page: inout FeedPageBuilder) throws -> Bool {
    guard let present else { return true }
    // Whole, whatever it may read of others: they are its own.
    return try blocks.deliver(
      Int64(clamping: present.position), of: dataset, author: try page.author(ofRow: present.range.incarnation),
      fields: nil, after: present.range.after, to: &page)
  }
}
