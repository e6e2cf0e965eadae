package import CentreStorage
package import Datasets
package import Logging
import Machine
package import Replication
import Synchronization
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

  struct BatchOrder: Sendable {
    let node: NodeName
    let peer: CentreSession.Peer
    let session: UInt64
    let batch: Batch
  }

  struct FeedOrder: Sendable {
    let node: NodeName
    let peer: CentreSession.Peer
    let session: UInt64
    let since: UInt64
    let bytesMax: Int
  }

  struct AdmissionOrder: Sendable {
    let node: NodeName
    let peer: CentreSession.Peer
    let hello: Hello
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
  private var feedEnd: UInt64

  // What waits for the workers; bounded by the credit and windows of the sessions.
  private var batches: [BatchOrder] = []
  private var feeds: [FeedOrder] = []
  private var admissions: [AdmissionOrder] = []
  private var enrolments: [EnrolmentOrder] = []
  private var sightings: [NodeName: NodeSighting] = [:]
  private var outgoing: [(PeerID, [UInt8])] = []
  /// What a peer's socket did not take; tried again when the link says so.
  private var heldBack: [PeerID: [[UInt8]]] = [:]
  let batchSignal = Signal()
  let feedSignal = Signal()
  let admissionSignal = Signal()
  let sendSignal = Signal()

  package init(
    store: CentreStore, link: CentreLink, settings: CentreSession.Settings, feedEnd: UInt64,
    metrics: CentreMetrics, logger: Logger
  ) {
    self.store = store
    self.link = link
    self.settings = settings
    self.feedEnd = feedEnd
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
    case .writable: releaseHeldBack()
    case .refused(_, let name, let reason):
      metrics.countRefusal(reason.rawValue)
      logger.warning("a connection was refused: \(reason.rawValue)", metadata: ["node": "\(name)"])
    case .handshakeFailed(let failure, let address):
      metrics.countRefusal("handshake")
      logger.warning("a handshake failed: \(failure)", metadata: ["address": "\(address)"])
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
      let refusal = Refusal(code: .malformed, reason: "an invitation may only join")
      outgoing.append((peer, CentreMessage.refusal(refusal).bytes))
      return
    }
    enrolments.append(EnrolmentOrder(invitation: invitation, peer: peer, publicKey: join.publicKey))
    admissionSignal.raise()
  }

  // MARK: The machines

  func handle(_ event: CentreSession.Event, of node: NodeName) {
    var session =
      sessions[node] ?? CentreSession(node: node, settings: settings, feedEnd: feedEnd)
    let effects = session.handle(event, at: MachineClock.monotonic(), wall: MachineClock.wall())
    sessions[node] = session.isIdle ? nil : session
    for effect in effects { perform(effect, of: node) }
  }

  private func perform(_ effect: CentreSession.Effect, of node: NodeName) {
    switch effect {
    case .send(let peer, let message): outgoing.append((Self.peer(peer), message.bytes))
    case .admit(let peer, let hello):
      admissions.append(AdmissionOrder(node: node, peer: peer, hello: hello))
      admissionSignal.raise()
    case .apply(let peer, let batch, let session):
      batches.append(BatchOrder(node: node, peer: peer, session: session, batch: batch))
      batchSignal.raise()
    case .loadFeed(let peer, let session, let since, let bytesMax):
      feeds.append(FeedOrder(node: node, peer: peer, session: session, since: since, bytesMax: bytesMax))
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
    case .countRefusal(let code): metrics.countRefusal(code.word)
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

  /// Tells every session that the feed has grown.
  package func feedAdvanced(to end: UInt64) {
    guard end > feedEnd else { return }
    feedEnd = end
    for node in sessions.keys.sorted() { handle(.feedAdvanced(end), of: node) }
    flush()
  }

  /// Ends the sessions of a node whose keys are about to be revoked: it is told before its key stops working.
  package func revoked(_ node: NodeName) async {
    handle(.revoked(Refusal(code: .revoked, reason: "this node's key was revoked")), of: node)
    let messages = takeOutgoing()
    _ = await link.send(messages)
  }

  /// Definitions, profiles or rules have changed: each session is told what concerns it.
  package func documentsChanged() {
    for node in sessions.keys.sorted() {
      handle(.documentsChanged(store.documents(of: node), ruleVersion: store.ruleVersion(of: node)), of: node)
    }
    flush()
  }

  // MARK: Sending

  func flush() {
    if !outgoing.isEmpty { sendSignal.raise() }
  }

  private func takeOutgoing() -> [(PeerID, [UInt8])] {
    defer { outgoing = [] }
    return outgoing
  }

  private func workSends() async {
    while await sendSignal.wait() {
      // What already waits for a peer goes first.
      var messages: [(PeerID, [UInt8])] = []
      for (peer, message) in takeOutgoing() {
        if heldBack[peer] != nil { heldBack[peer]?.append(message) } else { messages.append((peer, message)) }
      }
      if messages.isEmpty { continue }
      let results = await link.send(messages)
      for ((peer, message), result) in zip(messages, results) { sent(message, to: peer, result) }
    }
  }

  private func sent(_ message: [UInt8], to peer: PeerID, _ result: SendResult) {
    switch result {
    case .sent: break
    case .full: heldBack[peer, default: []].append(message)
    case .unreachable, .tooLarge:
      heldBack[peer] = nil
      if result == .tooLarge { logger.error("a message was too large to send", metadata: ["peer": "\(peer)"]) }
      for (node, presence) in presences where sessions[node]?.isLive(Self.peer(peer), presence.session) ?? false {
        handle(.unreachable(Self.peer(peer)), of: node)
      }
    }
  }

  private func releaseHeldBack() {
    for peer in heldBack.keys.sorted() {
      for message in heldBack[peer] ?? [] { outgoing.append((peer, message)) }
    }
    heldBack = [:]
  }

  // MARK: What the workers take

  func takeBatches() -> [BatchOrder] {
    defer { batches = [] }
    return batches
  }

  func takeFeed() -> FeedOrder? { feeds.isEmpty ? nil : feeds.removeFirst() }

  func takeAdmissions() -> ([AdmissionOrder], [EnrolmentOrder]) {
    defer {
      admissions = []
      enrolments = []
    }
    return (admissions, enrolments)
  }

  func answer(_ peer: PeerID, _ message: CentreMessage) {
    outgoing.append((peer, message.bytes))
    flush()
  }

  func flushSightings() async {
    let waiting = sightings.values.sorted { $0.node < $1.node }
    sightings = [:]
    if waiting.isEmpty { return }
    do { try await store.store(waiting, now: MachineClock.wall()) } catch {
      logger.error("reports of nodes could not be stored: \(error)")
    }
  }

  /// Ticks the machines four times a second and stores sightings every other second.
  private func keepTime() async {
    var turns = 0
    while !Task.isCancelled {
      do { try await Task.sleep(for: .milliseconds(250)) } catch { return }
      for node in sessions.keys.sorted() { handle(.ticked, of: node) }
      flush()
      turns += 1
      if turns.isMultiple(of: 8) { await flushSightings() }
    }
  }

  static func peer(_ id: PeerID) -> CentreSession.Peer { CentreSession.Peer(number: UInt64(id.number)) }
  static func peer(_ peer: CentreSession.Peer) -> PeerID { PeerID(UInt32(truncatingIfNeeded: peer.number)) }
}
