package import Datasets
package import Logging
package import NodeStorage
package import Replication
package import Wire

/// Does with a node's store what its session machine wants, and says what came of it.
///
/// The daemon and the simulator run these lines; what differs between them is in `Surroundings`.
package struct StoreWork: Sendable {
  /// What the work needs of the machine that it runs on.
  package struct Surroundings: Sendable {
    package let clock: @Sendable () -> ClockReading
    /// 64 random bits for an incarnation.
    package let random: @Sendable () -> UInt64
    /// Of the store's disk, in bytes.
    package let freeBytes: @Sendable () -> UInt64
    /// Keeps the fleet's keys, newest version first, where `Catalogue.install` is given them after a restart.
    package let storeFleetKeys: @Sendable ([FleetKey]) throws -> Void

    package init(
      clock: @escaping @Sendable () -> ClockReading, random: @escaping @Sendable () -> UInt64,
      freeBytes: @escaping @Sendable () -> UInt64,
      storeFleetKeys: @escaping @Sendable ([FleetKey]) throws -> Void
    ) {
      self.clock = clock
      self.random = random
      self.freeBytes = freeBytes
      self.storeFleetKeys = storeFleetKeys
    }
  }

  /// What the link was measured to be; nil before the first welcome.
  package struct LinkMeasure: Sendable, Equatable {
    package var clockOffsetMilliseconds: Int64?
    package var roundTripMilliseconds: UInt64?

    package init() {}
  }

  /// What came of an order.
  package enum Outcome: Sendable {
    /// The machine is to be told.
    case happened(NodeSession.Event)
    /// To be sent to the centre.
    case message(NodeMessage)
    /// `settleCopy` has something to do.
    case unsettled
    /// Other definitions, or another profile, are in force.
    case documentsInstalled
    /// An ack is on the disk.
    case acknowledged(at: Timestamp)
  }

  package let store: NodeStore
  package let catalogue: Catalogue
  package let softwareVersion: String
  package let surroundings: Surroundings
  let logger: Logger

  package init(
    store: NodeStore, catalogue: Catalogue, softwareVersion: String, surroundings: Surroundings, logger: Logger
  ) {
    self.store = store
    self.catalogue = catalogue
    self.softwareVersion = softwareVersion
    self.surroundings = surroundings
    self.logger = logger
  }

  /// Carries one order out.
  ///
  /// - Returns: what came of it, in this order.
  /// - Throws: `StoreError` and what `storeFleetKeys` throws: the session has failed then.
  package func perform(_ order: StoreOrder, _ link: LinkMeasure) async throws -> [Outcome] {
    let now = surroundings.clock()
    switch order {
    case .prepareHello(let hasAllParents):
      let hello = try await store.hello(
        softwareVersion: softwareVersion, clock: now, report: try await report(link), hasAllParents: hasAllParents)
      return [.happened(.helloPrepared(hello))]
    case .storeWelcome(let welcome): return try await storeWelcome(welcome)
    case .loadBatch(let dataset, let after, let bytesMax):
      return try await loadBatch(dataset, after: after, bytesMax: bytesMax)
    case .storeAck(let ack, let through): return try await storeAck(ack, through: through)
    case .applyFeed(let feed): return try await applyFeed(feed)
    case .storeDocuments(let documents):
      try await store.storeDocuments(documents.documents)
      return [.documentsInstalled] + (try await installDocuments(fleetKeys: []) ? [Self.greetAnew] : [])
    case .recordClock(let offset, let roundTrip, let reading):
      try await store.recordClockSample(
        offsetMilliseconds: offset, roundTripMilliseconds: roundTrip, at: reading)
      return []
    case .sendPing(let session):
      return [.message(.ping(Ping(session: session, clock: now, report: try await report(link))))]
    case .settleCopy:
      let outcome = try await store.settleCopy(now: now)
      if outcome.hasSwept { noteSweep(shelved: outcome.shelved) }
      return recordedAnew(outcome.appended) + (outcome.hasMore ? [.unsettled] : [])
    }
  }

  /// How this node is doing, for hello, pings and status.
  package func report(_ link: LinkMeasure) async throws -> NodeReport {
    let status = try await store.status()
    return NodeReport(
      backlogChanges: status.backlogChanges, backlogBytes: status.backlogBytes,
      oldestUnacknowledged: status.oldestUnacknowledged, diskFreeBytes: surroundings.freeBytes(),
      clockOffsetMilliseconds: link.clockOffsetMilliseconds, roundTripMilliseconds: link.roundTripMilliseconds,
      quarantined: UInt64(status.heldBack))
  }

  private func loadBatch(
    _ dataset: DatasetName, after: Datasets.Sequence, bytesMax: Int
  ) async throws -> [Outcome] {
    let loaded = try await store.loadBatch(dataset, after: after, rawBytesMax: bytesMax, now: surroundings.clock())
    guard let loaded else { return [.happened(.batchEmpty(dataset))] }
    for gap in loaded.gaps {
      logger.error(
        "entries \(gap.first) to \(gap.last) became a gap: \(gap.reason.word)",
        metadata: ["dataset": "\(dataset)", "position": "\(gap.first)"])
    }
    var outcomes: [Outcome] = [.happened(.batchLoaded(loaded.batch))]
    if let last = loaded.appended { outcomes.append(.happened(.appended(dataset, lane: loaded.lane, last: last))) }
    return outcomes
  }

  private func storeAck(_ ack: Ack, through: Datasets.Sequence?) async throws -> [Outcome] {
    let now = surroundings.clock()
    var outcomes: [Outcome] = [.acknowledged(at: now.wall)]
    switch try await store.apply(ack, through: through, now: now) {
    case .taken: break
    case .takenWithMore: outcomes.append(.unsettled)
    case .ignored(let reason):
      logger.warning("an ack was ignored: \(reason)", metadata: ["dataset": "\(ack.dataset)"])
    }
    for item in ack.quarantined {
      logger.warning(
        "the centre holds a change back (\(item.code))",
        metadata: ["dataset": "\(ack.dataset)", "position": "\(item.sequence)"])
    }
    return outcomes
  }

  private func applyFeed(_ feed: Feed) async throws -> [Outcome] {
    let outcome = try await store.apply(feed, now: surroundings.clock())
    if outcome.hasSwept { noteSweep(shelved: outcome.shelved) }
    if outcome.skipped > 0 {
      logger.error("passed over \(outcome.skipped) records of a dataset that this node does not have")
    }
    return [.happened(.feedApplied(outcome.cursor))] + recordedAnew(outcome.appended)
      + (outcome.hasMore ? [.unsettled] : [])
  }

  /// Own events that a restored centre has lost go to it again.
  private func recordedAnew(_ appended: [DatasetName: Datasets.Sequence]) -> [Outcome] {
    appended.sorted { $0.key < $1.key }.compactMap { name, last in
      logger.notice("events that the centre has lost are sent again", metadata: ["dataset": "\(name)"])
      return catalogue.dataset(name).map { .happened(.appended(name, lane: $0.definition.lane, last: last)) }
    }
  }

  private func noteSweep(shelved: Int) {
    logger.notice("the copy is complete after a snapshot; \(shelved) records were shelved")
  }
}
