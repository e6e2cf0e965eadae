package import CentreStorage
package import Datasets
package import Replication
package import Wire

/// A batch that waits for the centre's store.
package struct BatchOrder: Sendable {
  package let node: NodeName
  package let peer: CentreSession.Peer
  package let session: UInt64
  package let batch: Batch

  package init(node: NodeName, peer: CentreSession.Peer, session: UInt64, batch: Batch) {
    self.node = node
    self.peer = peer
    self.session = session
    self.batch = batch
  }

  package var incoming: IncomingBatch { IncomingBatch(node: node, batch: batch) }

  /// What the machine is told of the batch's outcome.
  package func answered(_ outcome: BatchOutcome) -> CentreSession.Event {
    let answer: CentreSession.BatchAnswer
    switch outcome {
    case .ack(let ack, _), .position(let ack): answer = .answered(ack)
    case .broken(let refusal): answer = .refused(refusal)
    case .failed: answer = .refused(Self.storeFailed)
    }
    return .batchAnswered(peer, session: session, bytes: batch.entries.bytes.count, answer)
  }

  /// The store did nothing at all.
  package var failed: CentreSession.Event {
    .batchAnswered(peer, session: session, bytes: 0, .refused(Self.storeFailed))
  }

  private static let storeFailed = Refusal(
    code: .busy, reason: "the centre's store failed; the node tries again")
}

/// A page of the feed that a session waits for.
package struct FeedOrder: Sendable {
  package let node: NodeName
  package let peer: CentreSession.Peer
  package let session: UInt64
  package let since: UInt64
  package let bytesMax: Int
  package let partsMax: Int

  package init(
    node: NodeName, peer: CentreSession.Peer, session: UInt64, since: UInt64, bytesMax: Int, partsMax: Int
  ) {
    self.node = node
    self.peer = peer
    self.session = session
    self.since = since
    self.bytesMax = bytesMax
    self.partsMax = partsMax
  }

  /// Reads the page.
  ///
  /// - Throws: `StoreError`; the machine is told `failed` then.
  package func load(from store: CentreStore) async throws -> CentreSession.Event {
    let page = try await store.feedPage(
      node: node, read: store.reading(node), since: since, rawBytesMax: bytesMax, itemsMax: FeedRecords.itemsMax,
      partsMax: partsMax)
    let steps = page.parts.map { CentreSession.FeedPage.Step(position: $0.position, part: $0.part) }
    return .feedLoaded(
      peer, session: session,
      CentreSession.FeedPage(parts: steps, end: page.end, isComplete: page.isComplete))
  }

  package var failed: CentreSession.Event {
    let refusal = Refusal(code: .busy, reason: "the centre cannot read its store")
    return .batchAnswered(peer, session: session, bytes: 0, .refused(refusal))
  }
}

/// A hello that waits to be looked up.
package struct AdmissionOrder: Sendable {
  package let node: NodeName
  package let peer: CentreSession.Peer
  package let hello: Hello
  /// Whether its sender has given a sign of life since it came.
  package let hasAnswered: Bool

  package init(node: NodeName, peer: CentreSession.Peer, hello: Hello, hasAnswered: Bool) {
    self.node = node
    self.peer = peer
    self.hello = hello
    self.hasAnswered = hasAnswered
  }

  /// What the machine is told, in order.
  package func answered(_ admission: Admission) -> [CentreSession.Event] {
    switch admission.decision {
    case .welcomed(let welcome, let position):
      return [.admitted(peer, CentreSession.Admission(welcome: welcome, feedPosition: position))]
    case .doubted: return [.doubted(peer)]
    case .refused(let refusal):
      // The other machine that runs as this node must not go on reading in a session that stands.
      return [.notAdmitted(peer, refusal)] + (refusal.code == .fenced ? [.revoked(refusal)] : [])
    }
  }

  package var failed: CentreSession.Event {
    .notAdmitted(peer, Refusal(code: .busy, reason: "the centre's store failed; try again"))
  }
}

/// Batches that wait for the centre's store: the most urgent lane first, each lane in the order of arrival.
package struct BatchLanes: Sendable {
  private var lanes: [[BatchOrder]] = DatasetDefinition.Lane.allCases.map { _ in [] }

  package init() {}

  package var isEmpty: Bool { lanes.allSatisfy(\.isEmpty) }
  package var count: Int { lanes.reduce(0) { $0 + $1.count } }

  /// A stream stays within its lane, so its batches keep their order.
  package mutating func append(_ order: BatchOrder, lane: DatasetDefinition.Lane) {
    lanes[lane.rawValue].append(order)
  }

  /// What shares the next transaction.
  ///
  /// - Parameter bytesMax: of decompressed entries; one batch is taken whatever its size.
  package mutating func take(bytesMax: Int, countMax: Int = 256) -> [BatchOrder] {
    var taken: [BatchOrder] = []
    var bytes = 0
    for lane in lanes.indices {
      var count = 0
      for order in lanes[lane] {
        // Bounded when the batch was decoded; what it says is checked when it is decompressed.
        bytes += order.batch.entries.rawCount
        if !taken.isEmpty, bytes > bytesMax || taken.count >= countMax { break }
        taken.append(order)
        count += 1
      }
      lanes[lane].removeFirst(count)
      if !lanes[lane].isEmpty { break }
    }
    return taken
  }
}

/// What waits in quarantine until another stream has come as far as a change has seen.
package struct AwaitedContexts: Sendable {
  private var datasets: Set<DatasetName> = []
  private var isRequeueing = false

  package init() {}

  package var isEmpty: Bool { datasets.isEmpty }

  package mutating func formUnion(_ datasets: [DatasetName]) { self.datasets.formUnion(datasets) }

  /// Notes what an ack of a batch did to changes that wait.
  ///
  /// - Returns: whether they are to be tried again.
  package mutating func note(_ ack: Ack, _ counts: IngestCounts) -> Bool {
    let code = QuarantineReason.Code.unknownContext.rawValue
    if ack.quarantined.contains(where: { $0.code == code }) { datasets.insert(ack.dataset) }
    // A batch that was known moved nothing.
    guard counts != IngestCounts() else { return false }
    return isRequeueing || datasets.contains(ack.dataset)
  }

  /// A pass begins; what is set aside while it runs is noted anew.
  package mutating func begin() -> [DatasetName] {
    isRequeueing = true
    defer { datasets = [] }
    return datasets.sorted()
  }

  package mutating func end() { isRequeueing = false }
}
