import Datasets
import Replication
import Wire

/// What a node has on its disk; each function is one transaction.
struct NodeDisk {
  struct StoredEntry {
    let key: RecordKey
    let pending: CopyRecord.Pending
    let bytes: [UInt8]
    let mark: StreamMark
  }

  private struct Stream {
    var entries: [StoredEntry] = []
    var acknowledged = Datasets.Sequence.none
    /// For the mistake of trimming what was acknowledged.
    var trimmed = Datasets.Sequence.none
    /// Where the feed shows an answered entry; those not listed are not answered.
    var visibleAt: [Datasets.Sequence: FeedCursor] = [:]
    /// Entries laid over the copy.
    var overlays: Set<Datasets.Sequence> = []
    var chain = StreamChain(at: .start)
  }

  let profile: NodeProfile
  private let mistake: Simulation.Mistake?
  private(set) var copies: [RecordKey: CopyRecord] = [:]
  private(set) var cursor: FeedCursor?
  /// Where the feed last ended when it was read: up to there nothing is missing from the copy.
  private var completeThrough: FeedCursor?
  private(set) var incarnation = Incarnation(generation: 0, random: 0)
  private var streams: [DatasetName: Stream] = [:]
  private var ruleVersion: UInt64 = 0
  /// A snapshot on its way: where it is complete, and what it listed.
  private var reset: (sweepAt: UInt64, listed: Set<RecordKey>)?

  init(profile: NodeProfile, mistake: Simulation.Mistake?) {
    self.profile = profile
    self.mistake = mistake
    for definition in World.definitions { streams[definition.name] = Stream() }
  }

  mutating func open(random: UInt64) {
    incarnation = Incarnation(generation: incarnation.generation + 1, random: random)
  }

  // MARK: Streams

  func last(_ dataset: DatasetName) -> Datasets.Sequence { streams[dataset]?.chain.last ?? .none }
  func acknowledged(_ dataset: DatasetName) -> Datasets.Sequence { streams[dataset]?.acknowledged ?? .none }
  func head(_ dataset: DatasetName) -> Hash256 { streams[dataset]?.chain.head ?? .zero }

  /// Validates, appends and lays over the copy, or refuses.
  mutating func append(_ change: Change, to key: RecordKey, time: Timestamp, isSuspect: Bool) -> Bool {
    let definition = World.definition(key.dataset)
    let state = copies[key]?.state ?? .empty
    let scope = change.scopeSeen.flatMap { dot in
      state[Fixture.wilayah].siblings.first { $0.dot == dot }.flatMap { RegionCode($0.value.text) }
    }
    let judge = EntryJudge(
      definition: definition, write: World.write(key.dataset, profile), now: time, author: profile.node)
    do { try judge.judge(change, scopeSeen: scope, knows: { _ in true }) } catch { return false }

    let author = Author(node: profile.node, incarnation: incarnation)
    let pending = CopyRecord.Pending(
      change: change, dot: Dot(author: author, sequence: last(key.dataset).next), time: time,
      isSuspect: isSuspect)
    let seal = Seal(
      effective: time, suspicion: isSuspect ? .stepped : [], wall: time, boot: 1, uptimeMilliseconds: 1)
    let bytes = Entry.change(seal, change).bytes
    var stream = streams[key.dataset] ?? Stream()
    stream.chain.append(bytes)
    stream.entries.append(StoredEntry(key: key, pending: pending, bytes: bytes, mark: stream.chain.mark))
    stream.overlays.insert(pending.dot.sequence)
    streams[key.dataset] = stream
    copies[key, default: CopyRecord()].edit(pending)
    return true
  }

  func batch(_ dataset: DatasetName, after: Datasets.Sequence, countMax: Int) -> NodeSession.LoadedBatch? {
    let kept = mistake == .trimsAcknowledged ? streams[dataset]?.trimmed ?? .none : .none
    let entries = (streams[dataset]?.entries ?? []).filter { $0.mark.sequence > max(after, kept) }
    guard let first = entries.first else { return nil }
    let author = first.pending.dot.author
    // A batch names its incarnation and never spans two.
    let run = entries.prefix { $0.pending.dot.author == author }.prefix(countMax)
    guard let last = run.last else { return nil }
    var block = ByteWriter()
    for entry in run { EntryBlock.append(entry.bytes, to: &block) }
    return NodeSession.LoadedBatch(
      dataset: dataset, incarnation: author.incarnation, first: first.mark.sequence, last: last.mark.sequence,
      head: last.mark.head, entries: World.packed(block.bytes))
  }

  // MARK: Session

  var standings: [NodeSession.StreamStanding] {
    World.definitions.map { definition in
      NodeSession.StreamStanding(
        dataset: definition.name, lane: definition.lane, last: last(definition.name),
        answered: acknowledged(definition.name))
    }
  }

  func hello(at now: UInt64) -> Hello {
    Hello(
      softwareVersion: "simulated", lineage: [Lineage(incarnation: incarnation, parent: nil, ends: [])],
      streams: [],
      cursor: reset == nil ? cursor : nil, ruleVersion: ruleVersion, documents: [],
      clock: ClockReading(wall: Timestamp(milliseconds: 0), uptimeMilliseconds: now), report: NodeReport())
  }

  mutating func store(_ welcome: Welcome) {
    ruleVersion = welcome.ruleVersion
    reset = nil
    if case .reset(let sweepAt) = welcome.feed {
      reset = (sweepAt, [])
      completeThrough = nil
    }
    for definition in World.definitions {
      let position = welcome.positions.first { $0.dataset == definition.name }?.applied.sequence ?? .none
      takeBackAnswers(above: position, of: definition.name)
    }
  }

  /// The centre was restored: what it had answered is unanswered again, and lies over the copy again.
  private mutating func takeBackAnswers(above position: Datasets.Sequence, of dataset: DatasetName) {
    guard var stream = streams[dataset], stream.acknowledged > position else { return }
    stream.acknowledged = position
    for entry in stream.entries where entry.mark.sequence > position {
      stream.visibleAt[entry.mark.sequence] = nil
      stream.overlays.insert(entry.mark.sequence)
    }
    streams[dataset] = stream
    rebuild { $0.dataset == dataset }
  }

  mutating func store(_ ack: Ack) {
    guard var stream = streams[ack.dataset] else { return }
    let applied = ack.applied.sequence
    stream.acknowledged = max(stream.acknowledged, applied)
    stream.trimmed = max(stream.trimmed, applied)
    for entry in stream.entries
    where entry.mark.sequence <= applied && stream.visibleAt[entry.mark.sequence] == nil {
      stream.visibleAt[entry.mark.sequence] = ack.visibleAt
    }
    streams[ack.dataset] = stream
    endOverlays()
  }

  mutating func apply(_ feed: Feed) throws {
    cursor = feed.cursor
    if feed.part == .nothing || mistake == .endsOverlaysByPosition { completeThrough = feed.cursor }
    if case .records(let dataset, let compressed) = feed.part {
      let records = try FeedRecords(bytes: compressed.bytes)
      for item in records.items {
        let key = RecordKey(dataset: dataset, record: item.record)
        switch item {
        case .retraction: retract(key)
        case .state(_, let bytes):
          let state = try RecordState(bytes: bytes, registry: records.registry)
          let overlays = pending(key)
          copies[key, default: CopyRecord()].receive(state, pending: overlays)
          reset?.listed.insert(key)
        }
      }
    }
    if let reset, feed.part == .nothing, feed.cursor.position >= reset.sweepAt {
      self.reset = nil
      for key in copies.keys.sorted() where !reset.listed.contains(key) && copies[key]?.base != nil {
        retract(key)
      }
    }
    endOverlays()
  }

  private mutating func retract(_ key: RecordKey) {
    let overlays = pending(key)
    copies[key]?.retract(pending: overlays)
  }

  // MARK: Overlays

  private func pending(_ key: RecordKey) -> [CopyRecord.Pending] {
    guard let stream = streams[key.dataset] else { return [] }
    return stream.entries.filter { $0.key == key && stream.overlays.contains($0.mark.sequence) }.map(
      \.pending)
  }

  private mutating func endOverlays() {
    for dataset in streams.keys.sorted() {
      guard var stream = streams[dataset] else { continue }
      for entry in stream.entries where stream.overlays.contains(entry.mark.sequence) {
        guard let visibleAt = stream.visibleAt[entry.mark.sequence], let completeThrough,
          completeThrough.hasReached(visibleAt)
        else { continue }
        stream.overlays.remove(entry.mark.sequence)
      }
      streams[dataset] = stream
    }
    rebuild { _ in true }
  }

  private mutating func rebuild(_ isConcerned: (RecordKey) -> Bool) {
    for key in copies.keys.sorted() where isConcerned(key) {
      let overlays = pending(key)
      copies[key]?.endOverlays(remaining: overlays)
    }
  }

  var overlayCount: Int { streams.values.reduce(0) { $0 + $1.overlays.count } }

  /// An own edit of a record that is in sight and no longer contains it.
  var vanishedEdit: String? {
    for dataset in streams.keys.sorted() {
      guard let stream = streams[dataset] else { continue }
      for entry in stream.entries {
        // Of a record that left the scope only the overlays are left.
        guard let copy = copies[entry.key],
          copy.base != nil || stream.overlays.contains(entry.mark.sequence)
        else { continue }
        for edit in entry.pending.change.edits
        where !copy.state[edit.field].context.covers(entry.pending.dot) {
          return "\(edit.field) of \(entry.key.dataset) at \(entry.pending.dot.sequence)"
        }
      }
    }
    return nil
  }
}
