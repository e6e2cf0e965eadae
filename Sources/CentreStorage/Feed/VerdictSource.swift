import Datasets
import GRDB
import Storage
import Wire

/// For one node alone: what became of its entries that were quarantined.
final class VerdictSource: FeedSource {
  static let sql = """
    SELECT position, dataset, incarnation, sequence, outcome, effective_ms, reason
    FROM verdict INDEXED BY verdict_feed WHERE node = ? AND position > ? ORDER BY position
    """

  init(_ database: Database, node: NodeName, since: UInt64) throws {
    let statement = try PreparedStatement(database, Self.sql)
    statement.raw.bind([.text(node.text), .integer(Int64(clamping: since))])
    try super.init(statement)
  }

  override func deliver(to page: inout FeedPageBuilder) throws -> Bool {
    guard let outcome = Verdict.Outcome(rawValue: UInt8(clamping: statement.raw.integer(4))) else { return true }
    let author = try page.author(ofRow: statement.raw.integer(2))
    return page.add(
      Verdict(
        dataset: try statement.raw.dataset(1), incarnation: author.incarnation,
        sequence: statement.raw.sequence(3), outcome: outcome, effective: statement.raw.timestamp(5),
        reason: statement.raw.text(6) ?? ""))
  }
}
