package import Datasets
package import Logging
import Machine
package import NodeStorage
package import Replication
package import Sessions
package import Transport
import Wire

/// Drives the session machine: tells it what happened, and does what it says, with the link and the store.
///
/// Handling is synchronous within the actor; link and store each have one worker that takes its orders in sequence.
package actor Replicator {
  /// Where and as whom the node connects.
  package struct Access: Sendable {
    package let endpoints: [String]
    package let serverKey: CurvePublicKey
    package let keys: CurveKeyPair

    package init(endpoints: [String], serverKey: CurvePublicKey, keys: CurveKeyPair) {
      self.endpoints = endpoints
      self.serverKey = serverKey
      self.keys = keys
    }
  }

  private enum LinkOrder: Sendable {
    case open(endpoint: Int)
    case close
    case send([UInt8])
  }

  let catalogue: Catalogue
  /// The centre's, told every measurement.
  package nonisolated let clock = CentreClock()
  let logger: Logger
  let work: StoreWork
  /// As last measured.
  var measure = StoreWork.LinkMeasure()
  var queue = StoreQueue()
  private let access: Access
  private let link: NodeLink
  private var session: NodeSession
  /// As people are told: what the centre refused the office for stands while it is tried again.
  package private(set) var phase: NodeSession.Phase = .waiting(reason: "not started")
  /// Why the last link ended or never stood; nil since a session stands.
  package private(set) var failure: LinkFailure?
  /// How often in a row the link has failed in that way.
  package private(set) var failureStreak = 0
  /// When a session last began to stand or an ack last came.
  package internal(set) var progressAt: Timestamp?
  /// Since when no session stands; nil while one does.
  package private(set) var apartSince: Timestamp?
  let storeOrders: AsyncStream<StoreOrder>
  private let storeOrder: AsyncStream<StoreOrder>.Continuation
  private let linkOrders: AsyncStream<LinkOrder>
  private let linkOrder: AsyncStream<LinkOrder>.Continuation
  /// Which of `access.endpoints` was called last.
  private var endpoint: Int?
  /// What this node may send at present, in bit/s; nil is without limit.
  package private(set) var uplinkBitsPerSecond: Int?

  package init(
    store: NodeStore, catalogue: Catalogue, access: Access, thread: SocketThread,
    settings: NodeSession.Settings, dataDirectory: String, softwareVersion: String, logger: Logger
  ) {
    let fleetKeys = FleetKeyFile(path: dataDirectory + "/fleet.keys")
    work = StoreWork(
      store: store, catalogue: catalogue, softwareVersion: softwareVersion,
      surroundings: StoreWork.Surroundings(
        clock: MachineClock.reading, random: MachineFacts.random64,
        freeBytes: { MachineFacts.freeBytes(at: dataDirectory) }, storeFleetKeys: { try fleetKeys.store($0) }),
      logger: logger)
    self.catalogue = catalogue
    self.access = access
    self.logger = logger
    link = NodeLink(thread: thread)
    apartSince = MachineClock.wall()
    var settings = settings
    settings.endpointCount = max(1, access.endpoints.count)
    session = NodeSession(settings: settings, seed: MachineFacts.random64())
    // Bounded by the protocol, not by the stream: what is queued was asked for within credit and window.
    (storeOrders, storeOrder) = AsyncStream.makeStream()
    (linkOrders, linkOrder) = AsyncStream.makeStream()
  }

  /// As last measured; nil before the first welcome.
  package var clockOffsetMilliseconds: Int64? { measure.clockOffsetMilliseconds }
  package var roundTripMilliseconds: UInt64? { measure.roundTripMilliseconds }

  /// When the centre is called next; nil while it is being called, or a session stands.
  package var nextAttemptAt: Timestamp? {
    session.nextAttempt.map { attempt in
      let wait = attempt.duration(since: MachineClock.monotonic())
      return MachineClock.wall().advanced(byMilliseconds: Int64(clamping: wait.wholeMilliseconds))
    }
  }

  /// The ways to the centre, in the order in which they are tried.
  package nonisolated var endpoints: [String] { access.endpoints }

  /// Runs until cancelled; then says goodbye.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.receive() }
      group.addTask { await self.workLink() }
      group.addTask { await self.workStore() }
      group.addTask { await self.keepTime() }
      limitUplink()
      handle(.started)
    }
    await sayGoodbye()
  }

  /// Entries were committed to a stream: they may go now.
  package func appended(_ dataset: DatasetName, lane: DatasetDefinition.Lane, last: Datasets.Sequence) {
    handle(.appended(dataset, lane: lane, last: last))
  }

  func order(_ order: StoreOrder) { storeOrder.yield(order) }

  func send(_ message: NodeMessage) { linkOrder.yield(.send(message.bytes)) }

  /// Holds to what the profile lets this node send at this hour, by the centre's clock as far as it is known.
  func limitUplink() {
    let limit = catalogue.current.profile?.uplink.bitsPerSecond(at: clock.now())
    guard limit != uplinkBitsPerSecond else { return }
    uplinkBitsPerSecond = limit
    logger.info("may send \(limit.map { "\($0) bit/s" } ?? "without limit")")
    handle(.uplinkCapped(bitsPerSecond: limit))
  }

  func handle(_ event: NodeSession.Event) {
    for effect in session.handle(event, at: MachineClock.monotonic()) { perform(effect) }
  }

  private func perform(_ effect: NodeSession.Effect) {
    if let order = StoreOrder(effect) { return self.order(order) }
    switch effect {
    case .openLink(let endpoint):
      self.endpoint = endpoint
      linkOrder.yield(.open(endpoint: endpoint))
    case .closeLink: linkOrder.yield(.close)
    case .send(let message): send(message)
    case .report(let phase):
      self.phase = self.phase.followed(by: phase)
      if case .established = phase {
        failure = nil
        failureStreak = 0
        apartSince = nil
        progressAt = MachineClock.wall()
      } else if apartSince == nil {
        apartSince = MachineClock.wall()
      }
      logger.info("\(phase.sentence)", metadata: ["endpoint": "\(endpointText(of: phase))"])
    default: break
    }
  }

  /// The endpoint that the phase is about: the one that is called, or was called last.
  private func endpointText(of phase: NodeSession.Phase) -> String {
    if case .connecting(let index) = phase { endpoint = index }
    guard let endpoint, access.endpoints.indices.contains(endpoint) else { return "-" }
    return access.endpoints[endpoint]
  }

  // MARK: Workers

  private func receive() async {
    while !Task.isCancelled {
      let events = await link.receive()
      if events.isEmpty { return }
      for event in events { linkHappened(event) }
    }
  }

  private func linkHappened(_ event: LinkEvent) {
    switch event {
    case .opened: break
    case .connected: handle(.linkOpened)
    case .received(let bytes):
      do { handle(.received(try CentreMessage(bytes: bytes))) } catch {
        handle(.malformed(reason: "\(error)"))
      }
    case .writable: linkOrder.yield(.send([]))
    case .disconnected(let reason): linkFailed(.lost(reason), reason)
    case .handshakeFailed(let failure): linkFailed(.handshake(failure), "\(failure)")
    case .connectFailed(let reason): linkFailed(.connect(reason), reason)
    }
  }

  private func linkFailed(_ failure: LinkFailure, _ reason: String) {
    failureStreak = self.failure == failure ? failureStreak + 1 : 1
    self.failure = failure
    handle(.linkClosed(reason: reason))
  }

  /// Sends in order; what the socket does not take waits for `.writable`, which comes as an empty order.
  private func workLink() async {
    var waiting: [[UInt8]] = []
    for await order in linkOrders {
      switch order {
      case .open(let index):
        waiting = []
        await openLink(index)
      case .close:
        waiting = []
        await link.close()
      case .send(let message):
        if !message.isEmpty { waiting.append(message) }
        do {
          let accepted = try await link.send(waiting)
          waiting.removeFirst(min(accepted, waiting.count))
        } catch {
          waiting = []
          handle(.linkClosed(reason: "\(error)"))
        }
      }
    }
  }

  private func openLink(_ index: Int) async {
    guard access.endpoints.indices.contains(index) else { return }
    do {
      try await link.open(endpoint: access.endpoints[index], serverKey: access.serverKey, keys: access.keys)
    } catch {
      handle(.linkClosed(reason: "\(error)"))
    }
  }

  /// Ticks when the machine's deadline has come; handled events may move it, hence the short naps.
  private func keepTime() async {
    while !Task.isCancelled {
      let now = MachineClock.monotonic()
      let wait = session.nextDeadline(after: now).duration(since: now)
      do { try await Task.sleep(for: min(max(wait, .milliseconds(10)), .milliseconds(250))) } catch { return }
      limitUplink()
      let later = MachineClock.monotonic()
      if later >= session.nextDeadline(after: later) { handle(.ticked) }
    }
  }

  /// Says goodbye on a link that still stands, without the workers, which are cancelled by now.
  private func sayGoodbye() async {
    for effect in session.handle(.stopped, at: MachineClock.monotonic()) {
      switch effect {
      case .send(let message): _ = try? await link.send([message.bytes])
      case .closeLink: await link.close()
      case .report(let phase): self.phase = phase
      default: break
      }
    }
  }
}

extension NodeSession.Phase {
  /// For the log, in English.
  package var sentence: String { text.english }

  /// The machine's own reason for waiting is in English.
  var text: BilingualText {
    switch self {
    case .waiting(let reason):
      BilingualText(id: "tidak tersambung (\(reason))", en: "not connected: \(reason)")
    case .connecting: BilingualText(id: "menghubungi pusat", en: "connecting to the centre")
    case .greeting: BilingualText(id: "menyapa pusat", en: "greeting the centre")
    case .established: BilingualText(id: "tersambung ke pusat", en: "connected to the centre")
    case .refused(let refusal):
      BilingualText(
        id: "pusat menolak kantor ini: \(refusal.text.indonesian)",
        en: "the centre refuses this node (\(refusal.code.word)): \(refusal.reason)")
    case .stopped: BilingualText(id: "berhenti", en: "stopped")
    }
  }
}
