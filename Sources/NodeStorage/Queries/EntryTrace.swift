package import Datasets
import GRDB
import Replication
import Storage
package import Wire

/// How far one entry of this node's own stream has come, as far as this node knows.
package struct EntryTrace: Sendable, Equatable {
  package let dot: Dot
  /// Its effective time, or the one that it would be sealed with now; nil when the entry is not kept any more.
  package let time: Timestamp?
  package let isSuspect: Bool
  /// Put into a batch, which counts as sent.
  package let isSealed: Bool
  package let sealedAt: Timestamp?
  package let isAcknowledged: Bool
  package let acknowledgedAt: Timestamp?
  /// The feed's position at which the centre shows its effect, while this node waits for it.
  package let visibleAt: UInt64?
  /// Whether the feed has shown its effect here.
  package let isInCopy: Bool
  package let heldBack: HeldBackEntry?
  /// What the person wrote who gave it up at the centre, out of quarantine; empty where that is nothing, nil for an entry
  /// that was not given up.
  package let discardWords: String?
  /// Entries of the same stream that go first.
  package let waitsBehind: UInt64
  /// Entries of lanes that go first.
  package let waitsBehindLanes: UInt64
  /// What it says; nil for events and for what cannot be read any more.
  package let change: Change?

  /// Given up at the centre; the ledger has it.
  package var isDiscarded: Bool { discardWords != nil }
}

/// A record as this node knows its way.
package struct RecordTrace: Sendable {
  /// What this node itself wrote of it, the newest first.
  package let own: [EntryTrace]
  /// How many changes of this node are known, those left out of `own` too.
  package let ownTotal: Int
  /// The copy, own edits included; nil when it has none.
  package let state: RecordState?
  package let view: RecordView?
  /// Whether the copy's bytes do not match their checksum: it is fetched anew.
  package let isDamaged: Bool
  /// Fields for which a file's value waits for a person.
  package let heldFields: [FieldName]
  /// Whether a restored centre did not know what the copy held.
  package let isRecovered: Bool
  /// Up to where the copy shows what the feed showed.
  package let position: UInt64?
}

/// An event or sample as this node knows its way.
package struct OccurrenceTrace: Sendable {
  /// What the copy shows under this key; nil when it shows nothing.
  package let shown: OccurrenceView?
  /// This node's own entries of this key, the newest first: what is shown, and what is held back.
  package let own: [EntryTrace]
  /// Other contents of the same key, out of sight.
  package let variantCount: Int
}

/// Says how far entries of one stream have come, within one snapshot.
struct EntryTracer: ~Copyable {
  private let database: Database
  private let stream: StreamRow
  private let node: NodeName
  private let lineage: LineageLine
  private let samples: [ClockSample]
  private let waitsBehindLanes: UInt64
  private let entry: RawStatement
  private let held: RawStatement
  private let discarded: RawStatement
  private let mark: RawStatement
  private let seals: SealReader

  init(_ database: Database, _ stream: StreamRow, node: NodeName) throws {
    // Whatever may throw comes first: a value that cannot be copied is made whole or not at all.
    let lineage = try LineageLine.load(database)
    let samples = try ClockSample.loadAll(database)
    let waitsBehindLanes = try StreamRow.loadAll(database).filter { $0.lane < stream.lane }
      .reduce(0) { $0 + $1.backlogCount }
    let entry = try RawStatement(database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id = ?")
    let held = try RawStatement(
      database, "SELECT code, reason, at_ms, record, body FROM _held_back WHERE id = ?")
    let discarded = try RawStatement(
      database,
      "SELECT words FROM _ledger WHERE stream = ? AND first = ? AND reason = \(LossReason.discarded.rawValue)")
    let mark = try RawStatement(
      database, "SELECT position FROM _ack_mark WHERE stream = ? AND through >= ? ORDER BY through LIMIT 1")
    let seals = try SealReader(database, stream)
    self.database = database
    self.stream = stream
    self.node = node
    self.lineage = lineage
    self.samples = samples
    self.waitsBehindLanes = waitsBehindLanes
    self.entry = entry
    self.held = held
    self.discarded = discarded
    self.mark = mark
    self.seals = seals
  }

  /// - Returns: nil for an entry that nobody's incarnation owns.
  func trace(_ sequence: Datasets.Sequence) throws -> EntryTrace? {
    guard let incarnation = lineage.owner(stream: stream.id, sequence) else { return nil }
    let stored = try stored(sequence)
    let heldBack = try heldBack(sequence)
    let seal = try stored.map { stored -> Seal in
      var chooser = SealChooser(samples)
      return try (seals.basis(of: sequence) ?? chooser.basis(for: stored.stamp)).seal(stored.stamp)
    }
    let isAcknowledged = sequence <= stream.acked
    let discardWords = try discardWords(sequence)
    let isInCopy = stream.kind == .record ? sequence <= stream.overlayThrough : isAcknowledged
    return EntryTrace(
      dot: Dot(author: Author(node: node, incarnation: incarnation), sequence: sequence), time: seal?.effective,
      isSuspect: seal?.isSuspect ?? false, isSealed: sequence <= stream.sealed,
      sealedAt: sequence <= stream.sealed ? try database.sealedTime(of: stream, sequence) : nil,
      isAcknowledged: isAcknowledged,
      acknowledgedAt: isAcknowledged ? try database.acknowledgedTime(of: stream, sequence) : nil,
      visibleAt: isAcknowledged && !isInCopy ? try visiblePosition(sequence) : nil,
      isInCopy: isInCopy && heldBack == nil && discardWords == nil, heldBack: heldBack, discardWords: discardWords,
      waitsBehind: isAcknowledged ? 0 : sequence.value - stream.acked.value - 1,
      waitsBehindLanes: isAcknowledged ? 0 : waitsBehindLanes,
      change: heldBack?.change ?? stored.flatMap { Self.change($0) })
  }

  private func stored(_ sequence: Datasets.Sequence) throws -> StoredEntry? {
    entry.bind(stream.key(sequence), at: 1)
    defer { entry.reset() }
    guard try entry.step() else { return nil }
    let stored = StoredEntry(entry)
    return stored.isSound && stored.kind != .gap ? stored : nil
  }

  private static func change(_ stored: StoredEntry) -> Change? {
    guard stored.kind == .change else { return nil }
    var reader = ByteReader(stored.body)
    return try? Change(from: &reader)
  }

  private func heldBack(_ sequence: Datasets.Sequence) throws -> HeldBackEntry? {
    held.bind(stream.key(sequence), at: 1)
    defer { held.reset() }
    guard try held.step() else { return nil }
    let record = held.isNull(3) ? nil : RecordID(bytes: held.blob(3))
    var reader = ByteReader(held.blob(4))
    return HeldBackEntry(
      dataset: stream.dataset, sequence: sequence, code: held.text(0) ?? "", reason: held.text(1) ?? "",
      at: Timestamp(milliseconds: held.integer(2)), record: record,
      change: record == nil ? nil : try? Change(from: &reader))
  }

  private func discardWords(_ sequence: Datasets.Sequence) throws -> String? {
    discarded.bind(stream.id, at: 1)
    discarded.bind(Int64(bitPattern: sequence.value), at: 2)
    defer { discarded.reset() }
    return try discarded.step() ? discarded.text(0) ?? "" : nil
  }

  private func visiblePosition(_ sequence: Datasets.Sequence) throws -> UInt64? {
    mark.bind(stream.id, at: 1)
    mark.bind(Int64(bitPattern: sequence.value), at: 2)
    defer { mark.reset() }
    return try mark.step() ? UInt64(bitPattern: mark.integer(0)) : nil
  }
}
