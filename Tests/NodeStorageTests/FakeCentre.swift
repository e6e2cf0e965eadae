import Compression
import Datasets
import NodeStorage
import Replication
import Testing
import Wire

/// The least of a centre that a node's store can be tested against: checks chains, merges records, gives acks
/// and a feed.
struct FakeCentre {
  var epoch = Incarnation(generation: 1, random: 0xC0)
  var applied: [DatasetName: StreamMark] = [:]
  var states: [RecordID: RecordState] = [:]
  var positions: [RecordID: UInt64] = [:]
  var position: UInt64 = 0
  var quarantines: Set<Datasets.Sequence> = []
  var gaps: [Gap] = []
  var occurrences: [(sequence: Datasets.Sequence, occurrence: Occurrence, seal: Seal)] = []
  let node: NodeName

  init(node: NodeName = Fixture.node) { self.node = node }

  var cursor: FeedCursor { FeedCursor(epoch: epoch, position: position) }

  /// Applies a batch and answers it.
  mutating func receive(_ batch: NodeSession.LoadedBatch) throws -> Ack {
    let block = try batch.block()
    let mark = applied[batch.dataset] ?? .start
    let check = BatchCheck.check(
      first: batch.first, last: batch.last, head: batch.head, block: block, applied: mark)
    var quarantined: [Ack.Quarantined] = []
    switch check {
    case .apply(let plan):
      for item in plan.items {
        let entry = try Entry(ByteReader(block, range: item.range))
        let dot = Dot(author: Author(node: node, incarnation: batch.incarnation), sequence: item.sequence)
        if quarantines.contains(item.sequence) {
          quarantined.append(Ack.Quarantined(sequence: item.sequence, code: "schema", reason: "tidak sesuai"))
          if case .change(_, let change) = entry { touch(change.record) }
        } else {
          apply(entry, dot: dot)
        }
      }
      gaps += plan.gaps
      applied[batch.dataset] = plan.end
    case .known, .ahead: break
    case .broken(let reason): Issue.record("the centre cannot follow: \(reason)")
    }
    return Ack(
      session: 1, dataset: batch.dataset, incarnation: batch.incarnation,
      applied: applied[batch.dataset] ?? .start, quarantined: quarantined, visibleAt: cursor, backedUp: nil,
      credit: Credit(bytes: 0, messages: 0))
  }

  private mutating func apply(_ entry: Entry, dot: Dot) {
    switch entry {
    case .change(let seal, let change):
      states[change.record, default: .empty].apply(
        change, dot: dot, time: seal.effective, isSuspect: seal.isSuspect)
      touch(change.record)
    case .occurrence(let seal, let occurrence): occurrences.append((dot.sequence, occurrence, seal))
    case .gap: break
    }
  }

  mutating func touch(_ record: RecordID) {
    position += 1
    positions[record] = position
  }

  /// Another office's edit, which saw all that the centre has of the field.
  mutating func edit(
    _ record: RecordID, _ field: String, _ value: Value, by node: NodeName = Fixture.otherNode,
    sequence: UInt64, saw: Context? = nil
  ) {
    let name = Fixture.field(field)
    let state = states[record] ?? .empty
    let change = Change(
      record: record, edits: [Change.Edit(field: name, value: value, saw: saw ?? state[name].context)],
      affirmation: state[.lifecycle].context)
    let author = Author(node: node, incarnation: Incarnation(generation: 1, random: 1))
    states[record, default: .empty].apply(
      change, dot: Dot(author: author, sequence: Fixture.sequence(sequence)),
      time: Timestamp(milliseconds: Fixture.start + 500_000), isSuspect: false)
    touch(record)
  }

  /// The states after `position`, in order, and the word that the feed ends there.
  func feed(
    after position: UInt64 = 0, retracting: Set<RecordID> = [], omitting: Set<RecordID> = []
  ) throws -> [Feed] {
    var registry = FieldRegistry()
    var items: [FeedRecords.Item] = []
    for (record, _) in positions.filter({ $0.value > position }).sorted(by: { $0.value < $1.value }) {
      if omitting.contains(record) { continue }
      if retracting.contains(record) || states[record] == nil {
        items.append(.retraction(record))
      } else if let state = states[record] {
        items.append(.state(record, state.bytes(registry: &registry)))
      }
    }
    let end = Feed(session: 1, cursor: cursor, part: .nothing)
    if items.isEmpty { return [end] }
    let raw = FeedRecords(registry: registry, items: items).bytes
    let bytes = CompressedBytes(rawCount: raw.count, bytes: try Zstandard.compress(raw))
    return [Feed(session: 1, cursor: cursor, part: .records(Fixture.population, bytes)), end]
  }

  func digest(_ fields: Set<FieldName>? = nil) -> (count: UInt64, sum: DigestSum) {
    var sum = DigestSum()
    var count: UInt64 = 0
    for (record, state) in states {
      guard let part = state.digest(id: record, fields: fields, scope: Fixture.field("kode_wilayah")) else {
        continue
      }
      sum += part
      count += 1
    }
    return (count, sum)
  }

  func welcome(
    _ incarnation: Incarnation, feed: Welcome.FeedStart = .resume, ruleVersion: UInt64 = 1,
    documents: [Document] = []
  ) -> Welcome {
    Welcome(
      session: 1, incarnation: incarnation,
      positions: applied.sorted { $0.key < $1.key }.map {
        Welcome.Position(dataset: $0.key, applied: $0.value)
      },
      epoch: epoch, feed: feed, ruleVersion: ruleVersion, credit: Credit(bytes: 0, messages: 0),
      centreTime: Timestamp(milliseconds: Fixture.start), echo: Fixture.clock(0), documents: documents,
      fleetKeys: [],
      silenceLimitMilliseconds: 30_000)
  }
}

extension NodeStore {
  /// Sends everything of a dataset that the centre has not applied, and takes the acks.
  func send(_ dataset: DatasetName, to centre: inout FakeCentre, takesAcks: Bool = true) async throws {
    for batch in try await batches(dataset, after: centre.applied[dataset]?.sequence ?? .none) {
      let ack = try centre.receive(batch)
      guard takesAcks else { continue }
      #expect(try await apply(ack, now: Fixture.clock(10)) == .taken)
    }
  }

  func take(_ feeds: [Feed]) async throws {
    for feed in feeds { _ = try await apply(feed, now: Fixture.clock(11)) }
  }
}
