import Datasets
import Replication
import Wire

extension SimulatedCentre {
  /// What the centre has on its disk; each function is one transaction.
  struct Disk {
    struct StreamKey: Hashable {
      let node: NodeName
      let dataset: DatasetName
    }

    struct Record {
      var state = RecordState.empty
      var scope: RegionCode?
      var position: UInt64 = 0
      var departures: [FeedScope.Departure] = []
    }

    private struct Parked {
      let profile: NodeProfile
      let dataset: DatasetName
      let dot: Dot
      let seal: Seal
      let change: Change
    }

    private(set) var position: UInt64 = 0
    private(set) var records: [RecordKey: Record] = [:]
    /// Every application of an entry, in order.
    private(set) var log: [StreamKey: [Datasets.Sequence]] = [:]
    private var marks: [StreamKey: StreamMark] = [:]
    private var marksBefore: [StreamKey: StreamMark] = [:]
    private var scopes: [RecordKey: [Dot: RegionCode]] = [:]
    private var parked: [Parked] = []
    private var epochs: [(epoch: Incarnation, began: UInt64)] = []
    /// What an honest node's entry was refused for.
    private(set) var refusals: [String] = []

    var parkedCount: Int { parked.count }

    mutating func open(random: UInt64) {
      let generation = (epochs.last?.epoch.generation ?? 0) + 1
      epochs.append((Incarnation(generation: generation, random: random), position))
    }

    private var epoch: Incarnation { epochs.last?.epoch ?? Incarnation(generation: 0, random: 0) }

    func applied(_ node: NodeName, _ dataset: DatasetName) -> StreamMark {
      marks[StreamKey(node: node, dataset: dataset)] ?? .start
    }

    // MARK: Sessions

    func admission(of node: NodeName, _ hello: Hello, session: UInt64) -> CentreSession.Admission {
      let holds = hello.ruleVersion == World.ruleVersion && (hello.cursor.map(isWithinItsEpoch) ?? false)
      let welcome = Welcome(
        session: session, incarnation: hello.lineage[0].incarnation,
        positions: World.definitions.map {
          Welcome.Position(dataset: $0.name, applied: applied(node, $0.name))
        },
        epoch: epoch, feed: holds ? .resume : .reset(sweepAt: position), ruleVersion: World.ruleVersion,
        credit: Credit(bytes: 0, messages: 0), centreTime: Timestamp(milliseconds: 0), echo: hello.clock,
        documents: [], fleetKeys: [], silenceLimitMilliseconds: 0)
      return CentreSession.Admission(welcome: welcome, feedPosition: holds ? hello.cursor?.position ?? 0 : 0)
    }

    private func isWithinItsEpoch(_ cursor: FeedCursor) -> Bool {
      guard let index = epochs.firstIndex(where: { $0.epoch == cursor.epoch }) else { return false }
      let end = index + 1 < epochs.count ? epochs[index + 1].began : position
      return cursor.position <= end
    }

    // MARK: Batches

    /// For the mistake of applying twice only.
    mutating func forgetLastApplied(_ node: NodeName, _ dataset: DatasetName) {
      let key = StreamKey(node: node, dataset: dataset)
      if let mark = marks[key], mark.sequence.value > 1, let before = marksBefore[key] { marks[key] = before }
    }

    mutating func apply(_ batch: Batch, of profile: NodeProfile) -> CentreSession.BatchAnswer {
      let key = StreamKey(node: profile.node, dataset: batch.dataset)
      let check = BatchCheck.check(
        first: batch.first, last: batch.last, head: batch.head, block: batch.entries.bytes,
        applied: marks[key] ?? .start)
      switch check {
      case .broken(let reason): return .refused(Refusal(code: .brokenChain, reason: reason))
      case .ahead, .known: break
      case .apply(let plan):
        let before = marks[key]
        for item in plan.items {
          log[key, default: []].append(item.sequence)
          let author = Author(node: profile.node, incarnation: batch.incarnation)
          take(batch, item, of: profile, dot: Dot(author: author, sequence: item.sequence))
          marks[key] = StreamMark(sequence: item.sequence, head: .zero)
        }
        marksBefore[key] = before
        marks[key] = plan.end
        requeue()
      }
      return .answered(
        Ack(
          session: batch.session, dataset: batch.dataset, incarnation: batch.incarnation,
          applied: marks[key] ?? .start, quarantined: [],
          visibleAt: FeedCursor(epoch: epoch, position: position), backedUp: nil,
          credit: Credit(bytes: 0, messages: 0)))
    }

    private mutating func take(_ batch: Batch, _ item: BatchPlan.Item, of profile: NodeProfile, dot: Dot) {
      guard
        case .change(let seal, let change)? = try? Entry(ByteReader(batch.entries.bytes, range: item.range))
      else {
        refusals.append("entry \(item.sequence) cannot be decoded")
        return
      }
      let entry = Parked(profile: profile, dataset: batch.dataset, dot: dot, seal: seal, change: change)
      if !merge(entry) { parked.append(entry) }
    }

    /// - Returns: false when it refers to what the centre has not received.
    private mutating func merge(_ entry: Parked) -> Bool {
      let definition = World.definition(entry.dataset)
      let key = RecordKey(dataset: entry.dataset, record: entry.change.record)
      let judge = EntryJudge(
        definition: definition, write: World.write(entry.dataset, entry.profile), now: entry.seal.effective,
        author: entry.profile.node)
      do {
        try judge.judge(entry.change, scopeSeen: entry.change.scopeSeen.flatMap { scopes[key]?[$0] }) {
          context in
          context.entries.allSatisfy { knows($0, in: entry.dataset) }
        }
      } catch {
        if error.code == .unknownContext { return false }
        refusals.append("\(entry.dot) of \(entry.dataset): \(error.text.english)")
      }
      var record = records[key] ?? Record()
      record.state.apply(
        entry.change, dot: entry.dot, time: entry.seal.effective, isSuspect: entry.seal.isSuspect)
      if let edit = entry.change.edits.first(where: { $0.field == Fixture.wilayah }) {
        scopes[key, default: [:]][entry.dot] = RegionCode(edit.value.text)
      }
      position += 1
      let scope = record.state.scope(definition: definition, previous: record.scope)
      if scope != record.scope {
        record.departures.append(FeedScope.Departure(scope: record.scope, position: position))
      }
      record.scope = scope
      record.position = position
      records[key] = record
      return true
    }

    /// Whether everything of an author up to there has been received and none of it is parked.
    private func knows(_ seen: Context.Entry, in dataset: DatasetName) -> Bool {
      let node = seen.author.node
      return seen.counter <= applied(node, dataset).sequence
        && !parked.contains {
          $0.profile.node == node && $0.dataset == dataset && $0.dot.sequence <= seen.counter
        }
    }

    /// Parked entries whose contexts have become known; each may make others known.
    private mutating func requeue() {
      var isProgressing = true
      while isProgressing {
        isProgressing = false
        for (index, entry) in parked.enumerated().reversed() {
          let others = parked
          parked.remove(at: index)
          if merge(entry) { isProgressing = true } else { parked = others }
        }
      }
    }

    // MARK: Feed

    func page(since: UInt64, for profile: NodeProfile, countMax: Int) -> CentreSession.FeedPage {
      let changed = records.filter { $0.value.position > since }.sorted {
        $0.value.position < $1.value.position
      }
      let taken = changed.prefix(countMax)
      var parts: [CentreSession.FeedPage.Step] = []
      for (key, record) in taken {
        let scope = FeedScope(
          definition: World.definition(key.dataset), read: World.read(key.dataset, profile))
        var registry = FieldRegistry()
        let item: FeedRecords.Item
        switch scope.delivery(
          scope: record.scope, isHidden: record.state.isHidden, departures: record.departures, since: since)
        {
        case .nothing: continue
        case .retraction: item = .retraction(key.record)
        case .state(let fields):
          item = .state(key.record, scope.visible(record.state, fields: fields).bytes(registry: &registry))
        }
        let records = FeedRecords(registry: registry, items: [item])
        parts.append(
          CentreSession.FeedPage.Step(
            position: record.position, part: .records(key.dataset, World.packed(records.bytes))))
      }
      let end = taken.count < changed.count ? taken.last?.value.position ?? since : max(position, since)
      return CentreSession.FeedPage(parts: parts, end: end, isComplete: taken.count == changed.count)
    }
  }
}
