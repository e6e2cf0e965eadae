import Datasets
import GRDB
import Replication
import Storage
import Wire

/// A block of sealed entries before it is compressed.
struct RawBatch: Sendable {
  let incarnation: Incarnation
  let first: Datasets.Sequence
  let last: Datasets.Sequence
  let head: Hash256
  let block: [UInt8]
  let gaps: [Gap]
  let lane: DatasetDefinition.Lane
  var appended: Datasets.Sequence?
}

/// Puts entries into a batch, sealing those that are not: the same range gives the same bytes whenever it is
/// loaded.
struct BatchBuilder {
  private let database: Database
  private let rawBytesMax: Int
  private let entriesMax: Int
  /// For a look at the chain: anything that would have to be written is an error.
  private let isReadOnly: Bool
  private let stream: StreamRow
  private var chain: StreamChain
  private var block: ByteWriter
  private var count = 0
  private var seals: SealLedger
  /// Gaps that were made on the way: damaged or trimmed.
  private(set) var gaps: [Gap] = []
  /// Of them, those whose entries were found damaged just now.
  private(set) var bridged: [Gap] = []
  /// Bytes of the entries that they stand for, as far as known.
  private(set) var lostBytes: UInt64 = 0
  /// Records and bytes up to the chain's place; what marks carry.
  private var total: (count: UInt64, bytes: UInt64)

  /// - Parameter start: the mark from which the chain is computed, at or before the batch's first entry.
  init(
    _ database: Database, _ stream: StreamRow, start: MarkRow, samples: [ClockSample], rawBytesMax: Int = 0,
    entriesMax: Int = 0, isReadOnly: Bool = false
  ) throws {
    self.database = database
    self.isReadOnly = isReadOnly
    self.stream = stream
    self.rawBytesMax = min(rawBytesMax, Limits.batchBytesMax)
    self.entriesMax = min(max(1, entriesMax), Limits.batchEntriesMax)
    chain = StreamChain(at: start.mark)
    block = ByteWriter(capacity: min(self.rawBytesMax, 1 << 20))
    seals = try SealLedger(database, stream, samples: samples)
    total = (start.count, start.bytes)
  }

  /// Moves the chain to `after` over entries that are not sent again.
  mutating func skip(through after: Datasets.Sequence) throws {
    if after > chain.last { try walk(through: after, isSending: false) }
  }

  /// A gap for what is no longer kept.
  ///
  /// - Parameter recordedAnew: how many of its records come again under new numbers.
  mutating func appendTrimmed(through mark: MarkRow, recordedAnew: UInt64) {
    guard mark.sequence > chain.last,
      let gap = Gap(
        first: chain.last.next, last: mark.sequence,
        recordCount: mark.sequence.value - chain.last.value
          - min(recordedAnew, mark.sequence.value - chain.last.value),
        reason: .trimmed, headAfter: mark.head)
    else { return }
    send([Entry.Kind.gap.rawValue] + gap.bytes)
    chain.append(gap)
    total = (mark.count, mark.bytes)
    gaps.append(gap)
  }

  /// Reads on up to `end`, as far as the batch has room.
  mutating func fill(through end: Datasets.Sequence) throws {
    if end > chain.last { try walk(through: end, isSending: true) }
  }

  private mutating func walk(through end: Datasets.Sequence, isSending: Bool) throws {
    let rows = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id BETWEEN ? AND ? ORDER BY id")
    rows.bind(stream.key(chain.last.next), at: 1)
    rows.bind(stream.key(end), at: 2)
    while try rows.step() {
      let entry = StoredEntry(rows)
      if isSending, isFull(adding: entry.body.count) { return }
      if entry.sequence > chain.last.next {
        // Rows are missing: the file lost them.
        try bridge(through: entry.sequence.previous, isSending: isSending)
      }
      if entry.isSound, entry.kind == .gap {
        try append(gapOf: entry, isSending: isSending)
      } else if entry.isSound, let kind = entry.kind {
        try append(entry, kind: kind, isSending: isSending)
      } else {
        lostBytes += UInt64(entry.body.count)
        try bridge(through: entry.sequence, isSending: isSending)
      }
    }
    if chain.last < end { try bridge(through: end, isSending: isSending) }
  }

  private func isFull(adding bytes: Int) -> Bool {
    count > 0 && (count >= entriesMax || block.bytes.count + bytes + 40 > rawBytesMax)
  }

  private mutating func append(_ entry: StoredEntry, kind: Entry.Kind, isSending: Bool) throws {
    let seal = try seals.basis(of: entry).seal(entry.stamp)
    let bytes = Entry.bytes(kind: kind, seal: seal, body: entry.body)
    chain.append(bytes)
    if isSending { send(bytes) }
    total.count += 1
    total.bytes += UInt64(entry.body.count)
  }

  /// A stored gap; its head is fixed when it is sealed, so that the chain depends on what the gap says.
  private mutating func append(gapOf entry: StoredEntry, isSending: Bool) throws {
    guard let stored = entry.gap else { return try bridge(through: entry.sequence, isSending: isSending) }
    if entry.sequence > stream.sealed, stored.headAfter == .zero {
      try seal(
        gapFrom: stored.first, through: stored.last, count: stored.recordCount, reason: stored.reason,
        isSending)
    } else {
      chain.append(stored)
      if isSending { send([Entry.Kind.gap.rawValue] + entry.body) }
    }
  }

  /// A gap for entries whose bytes are gone, written in their place.
  private mutating func bridge(through last: Datasets.Sequence, isSending: Bool) throws {
    if isReadOnly { throw StoreError(.damaged, "An entry of \(stream.dataset) in the store is damaged.") }
    let first = chain.last.next
    try database.deleteEntries(stream, from: first, through: last)
    try seal(gapFrom: first, through: last, count: last.value - first.value + 1, reason: .damaged, isSending)
    if let gap = gaps.last, gap.first == first { bridged.append(gap) }
  }

  private mutating func seal(
    gapFrom first: Datasets.Sequence, through last: Datasets.Sequence, count: UInt64, reason: Gap.Reason,
    _ isSending: Bool
  ) throws {
    if isReadOnly { throw StoreError(.damaged, "A gap of \(stream.dataset) is not sealed yet.") }
    var head = chain
    guard let draft = Gap(first: first, last: last, recordCount: count, reason: reason, headAfter: chain.head)
    else { return }
    head.append([Entry.Kind.gap.rawValue] + draft.bytes)
    guard let gap = Gap(first: first, last: last, recordCount: count, reason: reason, headAfter: head.head)
    else { return }
    try database.save(
      gap, of: stream, stamp: EntryStamp(boot: 0, uptimeMilliseconds: 0, wall: Timestamp(milliseconds: 0)))
    chain.append(gap)
    if reason == .damaged { gaps.append(gap) }
    if isSending { send([Entry.Kind.gap.rawValue] + gap.bytes) }
  }

  private mutating func send(_ bytes: [UInt8]) {
    EntryBlock.append(bytes, to: &block)
    count += 1
  }

  /// The place that the chain has reached.
  var end: MarkRow {
    MarkRow(sequence: chain.last, head: chain.head, count: total.count, bytes: total.bytes)
  }

  /// Nil when nothing was put into it.
  func batch(first: Datasets.Sequence, incarnation: Incarnation) -> RawBatch? {
    guard count > 0, chain.last >= first else { return nil }
    return RawBatch(
      incarnation: incarnation, first: first, last: chain.last, head: chain.head, block: block.bytes,
      gaps: gaps, lane: stream.lane)
  }

  /// Writes the seals of entries that had none.
  mutating func storeSeals() throws { try seals.store(through: chain.last) }
}

extension Database {
  func deleteEntries(_ stream: StreamRow, from first: Datasets.Sequence, through last: Datasets.Sequence)
    throws
  {
    let statement = try RawStatement(self, "DELETE FROM _entry WHERE id BETWEEN ? AND ?")
    statement.bind(stream.key(first), at: 1)
    statement.bind(stream.key(last), at: 2)
    try statement.run()
  }

  /// Puts a gap in the place of its first entry.
  func save(_ gap: Gap, of stream: StreamRow, stamp: EntryStamp) throws {
    try deleteEntries(stream, from: gap.first, through: gap.first)
    try EntryAppender(self).insert(gap.bytes, kind: .gap, stamp: stamp, key: stream.key(gap.first))
  }
}
