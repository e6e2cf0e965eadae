import Compression
import Datasets
import Replication
import Storage
import Wire

extension WriteSession {
  /// The chain head at `sequence` on the line that ends in `row`, from a stored mark or over the stored
  /// entries.
  ///
  /// - Parameter sealed: what the node says of its seal there; believed only where nothing else is stored.
  func mark(
    at sequence: Datasets.Sequence, onLineOf row: Int64, _ dataset: DatasetName, sealed: StreamMark? = nil
  ) throws -> StreamMark? {
    if sequence == .none { return .start }
    let owner = try owner(of: sequence, onLineOf: row, dataset)
    let below = try first(
      """
      SELECT sequence, head FROM stream_mark WHERE incarnation = ? AND dataset = ? AND sequence <= ?
      ORDER BY sequence DESC LIMIT 1
      """, [.integer(owner.row), .text(dataset.text), sequence.stored]
    ) { StreamMark(sequence: $0.sequence(0), head: try $0.hash(1)) }
    var start = owner.begin
    if let below, below.sequence > start?.sequence ?? .none { start = below }
    if let start, start.sequence == sequence { return start }
    if let start, let computed = try chain(from: start, to: sequence, row: owner.row, dataset) {
      return computed
    }
    return sealed.flatMap { $0.sequence == sequence ? $0 : nil }
  }

  /// The incarnation that wrote `sequence`, and where its stream began.
  private func owner(
    of sequence: Datasets.Sequence, onLineOf row: Int64, _ dataset: DatasetName
  ) throws -> (row: Int64, begin: StreamMark?) {
    var current = row
    while let parent = try parent(ofRow: current) {
      let end = try end(ofRow: current, dataset)
      let last = end?.last ?? .none
      if sequence > last {
        let begin = try mark(at: last, onLineOf: parent, dataset, sealed: end?.sealed)
        return (current, begin)
      }
      current = parent
    }
    return (current, .start)
  }

  /// Hashes the stored entries after `start`; nil when one is missing.
  private func chain(
    from start: StreamMark, to sequence: Datasets.Sequence, row: Int64, _ dataset: DatasetName
  ) throws -> StreamMark? {
    var entries: [UInt64: [UInt8]] = [:]
    let stream: [StoredValue] = [.integer(row), .text(dataset.text), start.sequence.stored, sequence.stored]
    for table in ["change", "quarantine"] {
      let found = try database.rows(
        """
        SELECT sequence, entry FROM \(table)
        WHERE incarnation = ? AND dataset = ? AND sequence > ? AND sequence <= ?
        """, stream
      ) { ($0.unsigned(0), $0.blob(1)) }
      for (place, bytes) in found { entries[place] = bytes }
    }
    let blocks = try database.rows(
      """
      SELECT first, raw_count, entries FROM occurrence_batch
      WHERE incarnation = ? AND dataset = ? AND last > ? AND first <= ? ORDER BY first
      """, stream
    ) { (first: $0.sequence(0), raw: Int($0.integer(1)), bytes: $0.blob(2)) }
    for block in blocks {
      guard let raw = try? Zstandard.decompress(block.bytes, rawCount: block.raw) else { continue }
      try OccurrenceRun.forEach(in: raw, first: block.first) { entries[$0.value] = Array(raw[$1]) }
    }
    var chain = StreamChain(at: start)
    while chain.last < sequence {
      guard let bytes = entries[chain.last.next.value] else { return nil }
      chain.append(bytes)
    }
    return chain.mark
  }
}
