package import CentreStorage
package import Datasets
import Failpoints
package import Logging
import Machine
package import Replication
import Sessions
import Storage
import Systemd
package import Transport
import Wire

/// Drives one `CentreSession` per node: hands it what the link and the store say, and does what it says.
///
/// Handling is synchronous within the actor; the store's work is done by workers that take all that waits at once, so
/// that many nodes share a transaction.
package actor SessionHub {
  /// A node as the service sees it now.
  package struct Presence: Sendable, Equatable {
    package let session: UInt64
    package let since: Timestamp
    package var lastSeen: Timestamp
    package var softwareVersion: String
  }

  struct EnrolmentOrder: Sendable {
    let invitation: InvitationID
    let peer: PeerID
    let publicKey: String
  }

  let store: CentreStore
  let link: CentreLink
  let logger: Logger
  let metrics: CentreMetrics
  private let settings: CentreSession.Settings
  private var sessions: [NodeName: CentreSession] = [:]
  private(set) var presences: [NodeName: Presence] = [:]
  private var feed: FeedProgress

  // What waits for the workers; bounded by the credit and windows of the sessions, and by one admission per node
  // and one enrolment per connection.
  private var batches = BatchLanes()
  private var feeds: [FeedOrder] = []
  private var admissions: [AdmissionOrder] = []
  private var enrolments: [EnrolmentOrder] = []
  private var sightings: [NodeName: NodeSighting] = [:]
  /// What was noticed of nodes since the last flush: one per node and code, with how often.
  var notices: [NoticeKey: NodeNotice] = [:]
  var outgoing = SendQueue()
  var isSending = false
  var awaitingDrain: [CheckedContinuation<Void, Never>] = []
  var awaitedContexts = AwaitedContexts()
  /// Counts who reads the authorised keys, so that an older answer never replaces a newer one.
  var keyReads: UInt64 = 0
  var keyReadInForce: UInt64 = 0
  /// Workers that hold an order now.
  var working: Set<HubWorker> = []
  let heartbeats: [HubWorker: Heartbeat]
  let batchSignal = Signal()
  let feedSignal = Signal()
  let admissionSignal = Signal()
  let sendSignal = Signal()
  let requeueSignal = Signal()

  /// - Parameter uptime: a clock for the workers' heartbeats; the machine's unless a test has its own.
  package init(
    store: CentreStore, link: CentreLink, settings: CentreSession.Settings, feedEnd: UInt64,
    metrics: CentreMetrics, logger: Logger, uptime: (@Sendable () -> Duration)? = nil
  ) {
    heartbeats = HubWorker.heartbeats(now: uptime)
    self.store = store
    self.link = link
    self.settings = settings
    feed = FeedProgress(end: feedEnd)
    self.metrics = metrics
    self.logger = logger
  }

  /// Runs until cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.receive() }
      group.addTask { await self.workBatches() }
      group.addTask { await self.workFeeds() }
      group.addTask { await self.workAdmissions() }
      group.addTask { await self.workRequeues() }
      group.addTask { await self.workSends() }
      group.addTask { await self.keepTime() }
    }
    // The group's tasks are cancelled by now, and so is this one: what is left is written by a task that is not.
    await Task { await flushSightings() }.value
  }

  /// The nodes that have a session now.
  package func online() -> [NodeName: Presence] { presences }

  // MARK: Events of the link

  private func receive() async {
    while !Task.isCancelled {
      let events = await link.receive()
      if events.isEmpty { return }
      for event in events { linkHappened(event) }
      flush()
    }
  }

  private func linkHappened(_ event: CentreEvent) {
    switch event {
    case .received(let peer, let name, _, let message):
      if let invitation = InvitationID(peerName: name) {
        joinReceived(message, from: peer, invitation: invitation)
      } else if let node = NodeName(name) {
        messageReceived(message, from: peer, node: node)
      }
    case .writable: outgoing.release()
    case .refused(_, let name, let reason):
      metrics.countRefusal(reason.rawValue)
      if let node = NodeName(name) { metrics.refused.note(.office(node), reason.rawValue, at: MachineClock.wall()) }
      logger.warning("a connection was refused: \(reason.rawValue)", metadata: ["node": "\(name)"])
    case .handshakeFailed(let failure, let address):
      metrics.countRefusal("handshake")
      metrics.refused.note(.stranger(address: address), failure.word, at: MachineClock.wall())
      logger.warning("a handshake failed: \(failure)", metadata: ["address": "\(address)"])
    case .formerKeyRefused(let name, let address): formerKeyRefused(name, address: address)
    case .malformed(let peer, let name):
      guard let node = NodeName(name) else { return }
      handle(.malformed(Self.peer(peer), reason: "a message of several frames"), of: node)
    }
  }

  private func messageReceived(_ message: [UInt8], from peer: PeerID, node: NodeName) {
    do {
      let decoded = try NodeMessage(bytes: message)
      presences[node]?.lastSeen = MachineClock.wall()
      handle(.received(Self.peer(peer), decoded), of: node)
    } catch {
      handle(.malformed(Self.peer(peer), reason: "\(error)"), of: node)
    }
  }

  /// An invitation's key may send nothing but `join`.
  private func joinReceived(_ message: [UInt8], from peer: PeerID, invitation: InvitationID) {
    guard case .join(let join)? = try? NodeMessage(bytes: message) else {
      metrics.countRefusal(Refusal.Code.malformed.word)
      queue(.refusal(Refusal(code: .malformed, reason: "an invitation may only join")), to: peer)
      return
    }
    noteWork(of: .admissions)
    enrolments.removeAll { $0.peer == peer }
    enrolments.append(EnrolmentOrder(invitation: invitation, peer: peer, publicKey: join.publicKey))
    admissionSignal.raise()
  }

  // MARK: The machines

  func handle(_ event: CentreSession.Event, of node: NodeName) {
    var session =
      sessions[node] ?? CentreSession(node: node, settings: settings, feedEnd: feed.end)
    let effects = session.handle(event, at: MachineClock.monotonic(), wall: MachineClock.wall())
    sessions[node] = session.isIdle ? nil : session
    for effect in effects { perform(effect, of: node) }
  }

  private func perform(_ effect: CentreSession.Effect, of node: NodeName) {
    switch effect {
    case .send(let peer, let message): queue(message, to: Self.peer(peer))
    case .admit(let peer, let hello, let hasAnswered):
      noteWork(of: .admissions)
      // The latest hello counts; who sent another one was told.
      admissions.removeAll { $0.node == node }
      admissions.append(AdmissionOrder(node: node, peer: peer, hello: hello, hasAnswered: hasAnswered))
      admissionSignal.raise()
    case .apply(let peer, let batch, let session):
      Failpoint.batchReceived.pass()
      noteWork(of: .batches)
      batches.append(
        BatchOrder(node: node, peer: peer, session: session, batch: batch), lane: store.lane(of: batch.dataset))
      batchSignal.raise()
    case .loadFeed(let peer, let session, let since, let bytesMax, let partsMax):
      noteWork(of: .feeds)
      feeds.append(
        FeedOrder(node: node, peer: peer, session: session, since: since, bytesMax: bytesMax, partsMax: partsMax))
      feedSignal.raise()
    case .storeReport(let report):
      sighted(node, report: report)
    case .storeFeedAck(let cursor):
      sighted(node, cursor: cursor)
    case .sessionBegan(_, let session, let version):
      let now = MachineClock.wall()
      presences[node] = Presence(session: session, since: now, lastSeen: now, softwareVersion: version)
      sighted(node, version: version)
      logger.info("connected", metadata: ["node": "\(node)"])
    case .sessionEnded(let reason):
      presences[node] = nil
      sighted(node)
      logger.info("session ended: \(reason)", metadata: ["node": "\(node)"])
    case .countRefusal(let code):
      metrics.countRefusal(code.word)
      metrics.refused.note(.office(node), code.word, at: MachineClock.wall())
      if code == .duplicateSession { noteDuplicate(of: node) }
    }
  }

  private func sighted(
    _ node: NodeName, report: NodeReport? = nil, cursor: FeedCursor? = nil, version: String? = nil
  ) {
    let before = sightings[node]
    sightings[node] = NodeSighting(
      node: node, seen: MachineClock.wall(), report: report ?? before?.report,
      cursor: cursor ?? before?.cursor, version: version ?? before?.version)
  }

  /// Tells those whom it may concern that the feed has grown; the others hear of its end with the next tick.
  package func feedChanged() {
    guard let growth = feed.advance(in: store) else { return }
    for node in sessions.keys.filter(growth.concerns).sorted() { handle(.feedAdvanced(growth.end), of: node) }
    flush()
  }

  /// Ends the sessions of a node whose keys are about to be revoked: it is told before its key stops working.
  package func revoked(_ node: NodeName) async {
    handle(.revoked(Refusal(code: .revoked, reason: "this node's key was revoked")), of: node)
    await drain()
  }

  /// Definitions, profiles or rules have changed: each session is told what concerns it, and the feed what was
  /// taken out of quarantine for it.
  package func documentsChanged() {
    for node in sessions.keys.sorted() { documentsChanged(of: node) }
    flush()
    feedChanged()
  }

  func documentsChanged(of node: NodeName) {
    for event in feed.rulesChanged(of: node, in: store) { handle(event, of: node) }
  }

  func isLive(_ peer: PeerID, of node: NodeName) -> Bool {
    guard let presence = presences[node] else { return false }
    return sessions[node]?.isLive(Self.peer(peer), presence.session) ?? false
  }

  // MARK: What the workers take

  /// What shares the next transaction.
  func takeBatches(bytesMax: Int) -> [BatchOrder] { batches.take(bytesMax: bytesMax) }

  func takeFeed() -> FeedOrder? { feeds.isEmpty ? nil : feeds.removeFirst() }

  func takeAdmission() -> AdmissionOrder? { admissions.isEmpty ? nil : admissions.removeFirst() }

  func takeEnrolment() -> EnrolmentOrder? { enrolments.isEmpty ? nil : enrolments.removeFirst() }

  /// Whether anything waits for the worker or is being worked on.
  func isBusy(_ worker: HubWorker) -> Bool {
    if working.contains(worker) { return true }
    switch worker {
    case .batches: return !batches.isEmpty
    case .feeds: return !feeds.isEmpty
    case .admissions: return !admissions.isEmpty || !enrolments.isEmpty
    case .sends: return isSending || !outgoing.isEmpty
    }
  }

  func flushSightings() async {
    await flushNotices()
    let waiting = sightings.values.sorted { $0.node < $1.node }
    sightings = [:]
    if waiting.isEmpty { return }
    do { try await store.store(waiting, now: MachineClock.wall()) } catch {
      noteStoreFailure("reports", error)
      logger.error("reports of nodes could not be stored: \(error)")
    }
  }

  /// Ticks the machines four times a second and stores sightings every other second.
  private func keepTime() async {
    var turns = 0
    while !Task.isCancelled {
      do { try await Task.sleep(for: .milliseconds(250)) } catch { return }
      tick()
      flush()
      turns += 1
      if turns.isMultiple(of: 8) { await flushSightings() }
    }
  }

  private func tick() {
    let untold = feed.takeUntold()
    for node in sessions.keys.sorted() {
      if let untold { handle(untold, of: node) }
      handle(.ticked, of: node)
    }
  }

  /// For doctor: what the store could not do.
  func noteStoreFailure(_ work: String, _ error: any Error) {
    let words = (error as? StoreError)?.message ?? "\(type(of: error))"
    metrics.storeFailures.note(work, words, at: MachineClock.wall())
  }

  static func peer(_ id: PeerID) -> CentreSession.Peer { CentreSession.Peer(number: UInt64(id.number)) }
  static func peer(_ peer: CentreSession.Peer) -> PeerID { PeerID(UInt32(truncatingIfNeeded: peer.number)) }
}
