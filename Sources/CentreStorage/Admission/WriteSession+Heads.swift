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
    var chain = StreamChain(at: start)
    let isWhole = try eachEntry(after: start.sequence, through: sequence, row: row, dataset) { bytes in
      chain.append(bytes)
      return true
    }
    return isWhole ? chain.mark : nil
  }

  /// What the entries after `after` and up to `last` of the line that ends in `row` say; nil when one is missing, or there
  /// are more than can be looked at within a transaction.
  func bodies(
    after: Datasets.Sequence, through last: Datasets.Sequence, onLineOf row: Int64, _ dataset: DatasetName
  ) throws -> Hash256? {
    guard after < last, last.value - after.value <= Self.bodiesMax else { return nil }
    // The incarnations that wrote them, newest first.
    var parts: [(row: Int64, after: Datasets.Sequence, through: Datasets.Sequence)] = []
    var (current, through) = (row, last)
    while through > after {
      let begin = try end(ofRow: current, dataset)?.last ?? .none
      if begin < through { parts.append((current, max(begin, after), through)) }
      through = min(through, begin)
      guard let parent = try parent(ofRow: current) else { break }
      current = parent
    }
    guard through <= after else { return nil }
    var digest = BodyDigest()
    for part in parts.reversed() {
      let isWhole = try eachEntry(after: part.after, through: part.through, row: part.row, dataset) { bytes in
        guard let (kind, body) = try? Entry.body(of: bytes) else { return false }
        digest.add(kind, body)
        return true
      }
      if !isWhole { return nil }
    }
    return digest.hash
  }

  /// Calls `body` with the stored entries of one incarnation in order, until it returns false.
  ///
  /// Marks are sparse far back, so this may be a long way: one block is held at a time.
  /// - Returns: whether none is missing, and `body` took all.
  private func eachEntry(
    after: Datasets.Sequence, through last: Datasets.Sequence, row: Int64, _ dataset: DatasetName,
    _ body: ([UInt8]) -> Bool
  ) throws -> Bool {
    var block: StoredBlock?
    var next = after.next
    while next <= last {
      var bytes = try block?.entry(next) ?? storedEntry(next, row, dataset)
      if bytes == nil {
        block = try storedBlock(with: next, row, dataset)
        bytes = block?.entry(next)
      }
      guard let bytes, body(bytes) else { return false }
      next = next.next
    }
    return true
  }

  private static let bodiesMax: UInt64 = 65_536

  /// An entry that is kept by itself: a change, or one that was set aside.
  private func storedEntry(
    _ sequence: Datasets.Sequence, _ row: Int64, _ dataset: DatasetName
  ) throws -> [UInt8]? {
    for table in [CheckedTable.change, .quarantine] {
      let bytes = try first(
        "SELECT \(table.columns) FROM \(table.name) WHERE incarnation = ? AND dataset = ? AND sequence = ?",
        [.integer(row), .text(dataset.text), sequence.stored]
      ) { table.soundBody($0, noting: memory.damage) }
      // A damaged one is as good as missing: a head over it would call an honest disk a copy.
      if let bytes { return bytes }
    }
    return nil
  }

  /// The run that an event came in. Runs that were requeued lie within others.
  private func storedBlock(
    with sequence: Datasets.Sequence, _ row: Int64, _ dataset: DatasetName
  ) throws -> StoredBlock? {
    let statement = try statement(
      """
      SELECT \(CheckedTable.batch.columns) FROM occurrence_batch
      WHERE incarnation = ? AND dataset = ? AND first <= ? ORDER BY first DESC
      """)
    statement.raw.bind([.integer(row), .text(dataset.text), sequence.stored])
    defer { statement.raw.reset() }
    while try statement.raw.step() {
      guard statement.raw.sequence(6) >= sequence,
        let entries = CheckedTable.batch.soundBody(statement.raw, noting: memory.damage)
      else { continue }
      let block = StoredBlock(
        first: statement.raw.sequence(5), rawCount: Int(statement.raw.integer(8)), compressed: entries)
      if block?.entry(sequence) != nil { return block }
    }
    return nil
  }
}

/// A run of events, decompressed.
private struct StoredBlock {
  private let bytes: [UInt8]
  private let ranges: [UInt64: Range<Int>]

  /// - Returns: nil when the bytes are damaged.
  init?(first: Datasets.Sequence, rawCount: Int, compressed: [UInt8]) {
    guard let raw = try? Zstandard.decompress(compressed, rawCount: rawCount) else { return nil }
    bytes = raw
    var ranges: [UInt64: Range<Int>] = [:]
    do {
      try OccurrenceRun.forEach(in: raw, first: first) { ranges[$0.value] = $1 }
    } catch {
      return nil
    }
    self.ranges = ranges
  }

  func entry(_ sequence: Datasets.Sequence) -> [UInt8]? { ranges[sequence.value].map { Array(bytes[$0]) } }
}
