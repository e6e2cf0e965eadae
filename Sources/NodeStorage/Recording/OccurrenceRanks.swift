import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Ranks of what stands in the typed tables of one stream.
struct OccurrenceRanks {
  private let transaction: WriteTransaction
  private let stream: StreamRow
  private let authors: [Int64: Author]

  init(_ transaction: WriteTransaction, _ stream: StreamRow) {
    self.transaction = transaction
    self.stream = stream
    authors = transaction.authorsByNumber
  }

  /// - Returns: nil when the author is not known.
  func rank(_ stored: StoredRank) throws -> OccurrenceRank? {
    guard let author = authors[stored.author] else { return nil }
    let dot = Dot(author: author, sequence: stored.sequence)
    let effective = author.node == transaction.context.node ? try self.effective(of: dot) : nil
    return OccurrenceRank(author: stored.author, dot: dot, effective: effective ?? stored.effective)
  }

  /// The time of an own entry as it goes or went to the centre: its row has the one of when it was recorded, and a
  /// later measurement may lie nearer. Nil where the entry is not kept any more, or is no entry of this stream.
  func effective(of dot: Dot) throws -> Timestamp? {
    guard transaction.dot(stream, dot.sequence) == dot else { return nil }
    let row = try RawStatement(
      transaction.database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id = ?")
    row.bind(stream.key(dot.sequence), at: 1)
    guard try row.step() else { return nil }
    let entry = StoredEntry(row)
    guard entry.isSound, entry.kind == .occurrence,
      let basis = try SealReader(transaction.database, stream).basis(of: dot.sequence)
    else { return nil }
    return basis.seal(entry.stamp).effective
  }
}
