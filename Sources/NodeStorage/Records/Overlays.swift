import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Reads a stream's own edits back from its entries: what is laid over the copy.
struct OverlayReader: ~Copyable {
  private let stream: StreamRow
  private let node: NodeName
  private let lineage: LineageLine
  private let samples: [ClockSample]
  private let places: RawStatement
  private let entry: RawStatement
  private let seals: SealReader

  init(_ transaction: borrowing WriteTransaction, _ stream: StreamRow) throws {
    try self.init(
      transaction.database, stream, node: transaction.context.node, lineage: transaction.cache.lineage,
      samples: transaction.cache.samples)
  }

  init(
    _ database: Database, _ stream: StreamRow, node: NodeName, lineage: LineageLine, samples: [ClockSample]
  ) throws {
    self.stream = stream
    self.node = node
    self.lineage = lineage
    self.samples = samples
    let places = try RawStatement(
      database, "SELECT sequence FROM _edit WHERE record = ? AND sequence > ? ORDER BY sequence")
    let entry = try RawStatement(database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id = ?")
    let seals = try SealReader(database, stream)
    self.places = places
    self.entry = entry
    self.seals = seals
  }

  /// Whether any own edit of the stream may still lie over the copy.
  var mayHavePending: Bool { stream.last > stream.overlayThrough }

  /// The record's own edits that the feed does not show yet, in order.
  func pending(row: Int64) throws -> [CopyRecord.Pending] {
    guard mayHavePending else { return [] }
    return try edits(row: row, after: stream.overlayThrough)
  }

  /// The record's own edits after `sequence` that are still kept. Damaged ones are left out: they became
  /// gaps.
  func edits(row: Int64, after sequence: Datasets.Sequence) throws -> [CopyRecord.Pending] {
    places.bind(row, at: 1)
    places.bind(Int64(bitPattern: sequence.value), at: 2)
    defer { places.reset() }
    var edits: [CopyRecord.Pending] = []
    while try places.step() {
      guard let sequence = Datasets.Sequence(UInt64(bitPattern: places.integer(0))),
        let edit = try edit(sequence)
      else { continue }
      edits.append(edit)
    }
    return edits
  }

  /// What the node itself wrote of a record, as far as its entries are kept.
  func own(row: Int64) throws -> OwnEdits {
    var own = OwnEdits()
    for edit in try edits(row: row, after: .none) { own.record(edit.change, dot: edit.dot) }
    return own
  }

  private func edit(_ sequence: Datasets.Sequence) throws -> CopyRecord.Pending? {
    entry.bind(stream.key(sequence), at: 1)
    defer { entry.reset() }
    guard try entry.step() else { return nil }
    let stored = StoredEntry(entry)
    guard stored.isSound, stored.kind == .change else { return nil }
    var reader = ByteReader(stored.body)
    guard let change = try? Change(from: &reader) else { return nil }
    var chooser = SealChooser(samples)
    let seal = try (seals.basis(of: sequence) ?? chooser.basis(for: stored.stamp)).seal(stored.stamp)
    let incarnation = lineage.owner(stream: stream.id, sequence)
    guard let incarnation else { return nil }
    return CopyRecord.Pending(
      change: change, dot: Dot(author: Author(node: node, incarnation: incarnation), sequence: sequence),
      time: seal.effective, isSuspect: seal.isSuspect)
  }
}

/// Finds what an entry was sealed by.
struct SealReader: ~Copyable {
  private let stream: StreamRow
  private let selection: RawStatement

  init(_ database: Database, _ stream: StreamRow) throws {
    self.stream = stream
    selection = try RawStatement(
      database,
      """
      SELECT id, last, offset_ms, boot, uptime_ms, wall_ms, checksum FROM _seal
      WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1
      """)
  }

  func basis(of sequence: Datasets.Sequence) throws -> SealBasis? {
    selection.bind(stream.key(.none), at: 1)
    selection.bind(stream.key(sequence), at: 2)
    defer { selection.reset() }
    guard try selection.step() else { return nil }
    let row = SealRow(selection)
    return row.last >= sequence ? row.basis : nil
  }
}

/// One row of `_seal`: a range of entries and the measurement that sealed it.
struct SealRow: Sendable, Equatable {
  var first: Datasets.Sequence
  var last: Datasets.Sequence
  let basis: SealBasis

  init(first: Datasets.Sequence, last: Datasets.Sequence, basis: SealBasis) {
    self.first = first
    self.last = last
    self.basis = basis
  }

  /// A row that does not match its checksum gives a basis that makes the time suspect.
  init(_ row: borrowing RawStatement) {
    first = EntryKey.sequence(row.integer(0))
    last = Datasets.Sequence(UInt64(bitPattern: row.integer(1))) ?? .none
    let stored = SealBasis(
      offsetMilliseconds: row.integer(2), boot: UInt64(bitPattern: row.integer(3)),
      uptimeMilliseconds: UInt64(bitPattern: row.integer(4)), wall: Timestamp(milliseconds: row.integer(5)))
    let checksum = StoredChecksum.seal(key: row.integer(0), last: last, basis: stored)
    basis =
      checksum == UInt64(bitPattern: row.integer(6))
      ? stored
      : SealBasis(offsetMilliseconds: 0, boot: 0, uptimeMilliseconds: 0, wall: Timestamp(milliseconds: 0))
  }
}
