import Compression
import Datasets
import Replication
import Wire

/// A stream of one office in memory: sealed entries, their chain, and what the centre has acknowledged of them.
///
/// It answers a session as `NodeStorage` does, without a disk and without gaps: an entry is kept until its ack.
struct LoadStream {
  /// What an ack settled.
  struct Settled {
    /// When the entries that it covers were recorded, oldest first.
    var recorded: [ContinuousClock.Instant] = []
    /// What an honest centre does not say.
    var problem: String?
  }

  private struct Kept {
    let bytes: [UInt8]
    let recorded: ContinuousClock.Instant
  }

  /// Marks between the acknowledged and the newest sealed place that hello gives.
  private static let helloMarksMax = 15

  let dataset: DatasetName
  let lane: DatasetDefinition.Lane
  let incarnation: Incarnation
  private(set) var last = Datasets.Sequence.none
  private(set) var acked = StreamMark.start
  /// All after `acked`.
  private var entries: [Kept] = []
  /// Ends of batches after `acked`, rising.
  private var marks: [StreamMark] = []

  init(_ definition: DatasetDefinition, incarnation: Incarnation) {
    dataset = definition.name
    lane = definition.lane
    self.incarnation = incarnation
  }

  var waiting: UInt64 { last.value - acked.sequence.value }
  var waitingBytes: UInt64 { entries.reduce(0) { $0 + UInt64($1.bytes.count) } }

  mutating func append(_ bytes: [UInt8], at instant: ContinuousClock.Instant) {
    entries.append(Kept(bytes: bytes, recorded: instant))
    last = last.next
  }

  var helloStream: Hello.Stream {
    let acknowledged = acked.sequence > .none ? [acked] : []
    return Hello.Stream(
      dataset: dataset, earliestKept: acked.sequence.next, next: last.next,
      marks: acknowledged + marks.suffix(Self.helloMarksMax))
  }

  var standing: NodeSession.StreamStanding {
    NodeSession.StreamStanding(dataset: dataset, lane: lane, last: last, answered: acked.sequence)
  }

  /// Puts what follows `after` into a batch.
  ///
  /// - Returns: nil when nothing follows.
  mutating func load(after: Datasets.Sequence, bytesMax: Int) throws -> NodeSession.LoadedBatch? {
    guard after < last else { return nil }
    guard after >= acked.sequence else {
      throw BenchFailure(description: "the centre wants entries that it has acknowledged")
    }
    var chain = self.chain(through: after)
    var block = ByteWriter(capacity: min(bytesMax, Limits.batchBytesMax))
    var count = 0
    for entry in entries[index(after: after)...] {
      let size = block.bytes.count + entry.bytes.count + 40
      if count > 0, count == Limits.batchEntriesMax || size > min(bytesMax, Limits.batchBytesMax) { break }
      EntryBlock.append(entry.bytes, to: &block)
      chain.append(entry.bytes)
      count += 1
    }
    if chain.last > marks.last?.sequence ?? .none { marks.append(chain.mark) }
    return NodeSession.LoadedBatch(
      dataset: dataset, incarnation: incarnation, first: after.next, last: chain.last, head: chain.head,
      entries: CompressedBytes(rawCount: block.bytes.count, bytes: try Zstandard.compress(block.bytes)))
  }

  mutating func apply(_ ack: Ack) -> Settled {
    var settled = Settled()
    if let item = ack.quarantined.first { settled.problem = "an event was held back: \(item.code)" }
    let applied = ack.applied
    guard ack.incarnation == incarnation, applied.sequence > acked.sequence else { return settled }
    guard applied.sequence <= marks.last?.sequence ?? .none else {
      settled.problem = "an ack names what was never sent"
      return settled
    }
    guard chain(through: applied.sequence).head == applied.head else {
      settled.problem = "an ack names another chain"
      return settled
    }
    let count = index(after: applied.sequence)
    settled.recorded = entries[..<count].map(\.recorded)
    entries.removeFirst(count)
    marks.removeAll { $0.sequence <= applied.sequence }
    acked = applied
    return settled
  }

  /// The chain at a place from `acked` on, from the nearest mark before it.
  private func chain(through place: Datasets.Sequence) -> StreamChain {
    let start = marks.last { $0.sequence <= place } ?? acked
    var chain = StreamChain(at: start)
    for entry in entries[index(after: start.sequence)..<index(after: place)] { chain.append(entry.bytes) }
    return chain
  }

  private func index(after place: Datasets.Sequence) -> Int { Int(place.value - acked.sequence.value) }
}

/// Attendance scans, each with a natural key of its own, as an office's store would have encoded them.
struct LoadEvents {
  private let device: String
  private let names: [FieldName]
  private var count = 0

  /// - Parameter names: the dataset's fields as it declares them: device, pin, time, status, verify, workcode.
  init(office: NodeName, names: [FieldName]) {
    device = office.text.uppercased()
    self.names = names
  }

  /// The next scan, sealed with sure time.
  mutating func next(at clock: ClockReading) -> [UInt8] {
    defer { count += 1 }
    // A second of its own on some working day of the year: the hour says little, the key must be new.
    let time = ZonedInstant(
      timestamp: Timestamp(milliseconds: 1_780_000_000_000 + Int64(count) * 1000),
      offsetMinutes: ZonedInstant.witaOffsetMinutes)
    let values: [Value] = [
      .text(device), .text(String(1 + count % 40)), .instant(time), .integer(Int64(count % 2)), .integer(1), .text("0"),
    ]
    let occurrence = Occurrence(fields: zip(names, values).map { Occurrence.FieldValue(name: $0, value: $1) })
    let seal = Seal(
      effective: clock.wall, suspicion: [], wall: clock.wall, boot: 1, uptimeMilliseconds: clock.uptimeMilliseconds)
    return Entry.occurrence(seal, occurrence).bytes
  }
}
