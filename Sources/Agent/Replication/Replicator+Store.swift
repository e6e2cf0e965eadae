import Datasets
import Logging
import Machine
import NodeStorage
import Replication
import Storage
package import Wire

extension Replicator {
  /// Does one order of the store worker and tells the machine what came of it.
  func perform(_ order: StoreOrder) async throws {
    switch order {
    case .prepareHello(let hasAllParents): try await prepareHello(hasAllParents: hasAllParents)
    case .storeWelcome(let welcome): try await storeWelcome(welcome)
    case .loadBatch(let dataset, let after, let bytesMax):
      let loaded = try await store.loadBatch(
        dataset, after: after, rawBytesMax: bytesMax, now: MachineClock.reading())
      if let loaded {
        for gap in loaded.gaps {
          logger.error(
            "entries \(gap.first) to \(gap.last) became a gap: \(gap.reason.word)",
            metadata: ["dataset": "\(dataset)", "position": "\(gap.first)"])
        }
        handle(.batchLoaded(loaded.batch))
        if let last = loaded.appended { handle(.appended(dataset, lane: loaded.lane, last: last)) }
      } else {
        handle(.batchEmpty(dataset))
      }
    case .storeAck(let ack, let through): try await storeAck(ack, through: through)
    case .applyFeed(let feed): try await applyFeed(feed)
    case .storeDocuments(let documents):
      try await store.storeDocuments(documents.documents)
      if try await installDocuments(fleetKeys: []) { greetAnew() }
    case .recordClock(let offset, let roundTrip, let reading):
      clockOffsetMilliseconds = offset
      roundTripMilliseconds = roundTrip
      try await store.recordClockSample(
        offsetMilliseconds: offset, roundTripMilliseconds: roundTrip, at: reading)
    case .sendPing(let session):
      let ping = Ping(session: session, clock: MachineClock.reading(), report: try await report())
      send(.ping(ping))
    case .settleCopy:
      isSettling = false
      let outcome = try await store.settleCopy(now: MachineClock.reading())
      if outcome.hasSwept { noteSweep(shelved: outcome.shelved) }
      settle(outcome.hasMore)
    }
  }

  /// Goes on with what one step of the store did not finish, behind what was ordered before.
  private func settle(_ hasMore: Bool) {
    guard hasMore, !isSettling else { return }
    isSettling = true
    order(.settleCopy)
  }

  private func noteSweep(shelved: Int) {
    logger.notice("the copy is complete after a snapshot; \(shelved) records were shelved")
  }

  private func greetAnew() {
    handle(.storeFailed(reason: "the copy lacks what a dataset that came just now had; it is asked for anew"))
  }

  private func prepareHello(hasAllParents: Bool) async throws {
    let hello = try await store.hello(
      softwareVersion: softwareVersion, clock: MachineClock.reading(), report: try await report(),
      hasAllParents: hasAllParents)
    handle(.helloPrepared(hello))
  }

  private func storeWelcome(_ welcome: Welcome) async throws {
    let keys = welcome.fleetKeys.sorted { $0.version > $1.version }
    let hasKeys = !keys.isEmpty && keys != catalogue.current.fleetKeys
    if hasKeys {
      try fleetKeys.store(keys)
      logger.notice("the fleet key has version \(keys[0].version) now")
    }
    let outcome = try await store.store(welcome, now: MachineClock.reading())
    if outcome.isStep {
      return handle(.storeFailed(reason: "the centre knows more of this node's restarts now; it greets anew"))
    }
    for finding in outcome.findings { note(finding) }
    if outcome.findings.contains(where: \.isDivergence) {
      // A copy of a running machine: this one goes on as a new incarnation from the last common place (protocol.md).
      let incarnation = try await store.branch(random: MachineFacts.random64(), now: MachineClock.reading())
      logger.error("goes on as incarnation \(incarnation)")
      return handle(.storeFailed(reason: "this node's history had branched off; it greets anew"))
    }
    if outcome.hasDocuments || hasKeys, try await installDocuments(fleetKeys: keys) {
      return greetAnew()
    }
    handle(.welcomeStored(streams: outcome.streams))
  }

  private func note(_ finding: WelcomeFinding) {
    switch finding {
    case .agrees: break
    case .centreBehind(let dataset, let acknowledged, let applied):
      logger.warning(
        "the centre lost what it had acknowledged, up to \(acknowledged): it is sent again",
        metadata: ["dataset": "\(dataset)", "position": "\(applied)"])
    case .centreStands(let dataset, let sealed, let applied):
      logger.warning(
        "this store is older than what the centre has from it (\(sealed) here)",
        metadata: ["dataset": "\(dataset)", "position": "\(applied)"])
    case .diverged(let dataset, let applied):
      logger.error(
        "the centre has another history of this node; is its disk a copy of a running machine?",
        metadata: ["dataset": "\(dataset)", "position": "\(applied.sequence)"])
    }
  }

  /// - Returns: whether the copy has to be asked for anew.
  private func installDocuments(fleetKeys: [FleetKey]) async throws -> Bool {
    for problem in try await catalogue.install(from: store, fleetKeys: fleetKeys) {
      logger.error("the document \(problem.name) cannot be read: \(problem.reason)")
    }
    limitUplink()
    return try await store.copyStanding().needsRebuild
  }

  private func storeAck(_ ack: Ack, through: Datasets.Sequence?) async throws {
    let now = MachineClock.reading()
    let outcome = try await store.apply(ack, through: through, now: now)
    progressAt = now.wall
    switch outcome {
    case .taken: break
    case .takenWithMore: settle(true)
    case .ignored(let reason):
      logger.warning("an ack was ignored: \(reason)", metadata: ["dataset": "\(ack.dataset)"])
    }
    for item in ack.quarantined {
      logger.warning(
        "the centre holds a change back (\(item.code))",
        metadata: ["dataset": "\(ack.dataset)", "position": "\(item.sequence)"])
    }
  }

  private func applyFeed(_ feed: Feed) async throws {
    let outcome = try await store.apply(feed, now: MachineClock.reading())
    if outcome.hasSwept { noteSweep(shelved: outcome.shelved) }
    if outcome.skipped > 0 {
      logger.error("passed over \(outcome.skipped) records of a dataset that this node does not have")
    }
    handle(.feedApplied(outcome.cursor))
    settle(outcome.hasMore)
  }

  /// How this node is doing, for hello, pings and status.
  package func report() async throws -> NodeReport {
    let status = try await store.status()
    return NodeReport(
      backlogChanges: status.backlogChanges, backlogBytes: status.backlogBytes,
      oldestUnacknowledged: status.oldestUnacknowledged,
      diskFreeBytes: MachineFacts.freeBytes(at: dataDirectory),
      clockOffsetMilliseconds: clockOffsetMilliseconds, roundTripMilliseconds: roundTripMilliseconds,
      quarantined: UInt64(status.heldBack))
  }
}

extension WelcomeFinding {
  fileprivate var isDivergence: Bool {
    if case .diverged = self { true } else { false }
  }
}
