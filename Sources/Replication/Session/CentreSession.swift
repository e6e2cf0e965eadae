package import Datasets
import Wire

/// The centre's side of one node's sessions: greets, takes batches within credit, acks, and feeds.
///
/// Sans-IO; one machine per node name, which the transport took from the key of every message.
package struct CentreSession: Sendable {
  struct Live {
    let peer: Peer
    let session: UInt64
    let incarnation: Incarnation
    let epoch: Incarnation
    var lastReceived: MonotonicTime
    var appliedBytes: UInt64 = 0
    var appliedMessages: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var receivedMessages: UInt64 = 0
    var pump: FeedPump
    /// What the node has of the centre's documents, by name, as hashes of their texts.
    var documents: [String: UInt64] = [:]
    var ruleVersion: UInt64
    var rightsVersion: UInt64

    /// Notes what is sent; an empty text withdraws.
    mutating func sent(_ document: Document) {
      documents[document.name] = document.text.isEmpty ? nil : CentreSession.hash(document)
    }
  }

  private static func hash(_ document: Document) -> UInt64 { EntryChecksum.of(Array(document.text.utf8)) }

  package let node: NodeName
  let settings: Settings
  /// The centre's wall clock at the event being handled.
  var wall = Timestamp(milliseconds: 0)
  var live: Live?
  var greeting: Greeting?
  private(set) var feedEnd: UInt64

  /// - Parameter feedEnd: the feed's newest position.
  package init(node: NodeName, settings: Settings, feedEnd: UInt64) {
    self.node = node
    self.settings = settings
    self.feedEnd = feedEnd
  }

  package var isOnline: Bool { live != nil }

  /// Whether `session` is the present one and speaks through `peer`.
  package func isLive(_ peer: Peer, _ session: UInt64) -> Bool { isCurrent(peer, session) }

  /// Whether anything is left to keep this machine for.
  package var isIdle: Bool { live == nil && greeting == nil }

  /// - Parameter wall: the centre's wall clock now; nodes measure their offset against it.
  package mutating func handle(_ event: Event, at now: MonotonicTime, wall: Timestamp) -> [Effect] {
    self.wall = wall
    switch event {
    case .received(let peer, let message): return received(message, from: peer, at: now)
    case .malformed(let peer, let reason):
      return refuse(peer, Refusal(code: .malformed, reason: reason))
    case .admitted(let peer, let admission): return admitted(peer, admission, at: now)
    case .doubted(let peer): return doubted(peer, at: now)
    case .notAdmitted(let peer, let refusal):
      // Late word of a hello that a later one has replaced: its sender was told then.
      guard greeting?.peer == peer else { return [] }
      return refuse(peer, refusal)
    case .batchAnswered(let peer, let session, let bytes, let answer):
      return batchAnswered(peer, session, bytes, answer, at: now)
    case .feedLoaded(let peer, let session, let page): return feedLoaded(peer, session, page, at: now)
    case .feedAdvanced(let end, let concerns): return feedAdvanced(end, concerns, at: now)
    case .documentsChanged(let documents, let ruleVersion, let rightsVersion):
      return documentsChanged(documents, ruleVersion, rightsVersion)
    case .unreachable(let peer): return unreachable(peer)
    case .revoked(let refusal): return revoked(refusal)
    case .ticked: return ticked(at: now)
    }
  }

  // MARK: Messages

  private mutating func received(_ message: NodeMessage, from peer: Peer, at now: MonotonicTime) -> [Effect] {
    var settled: [Effect] = []
    if live?.peer == peer {
      live?.lastReceived = now
      if case .goodbye = message {} else { settled = settleProbe() }
    }
    return settled + handled(message, from: peer, at: now)
  }

  private mutating func handled(_ message: NodeMessage, from peer: Peer, at now: MonotonicTime) -> [Effect] {
    switch message {
    case .hello(let hello): return greeted(hello, from: peer, at: now)
    case .join: return refuse(peer, Refusal(code: .malformed, reason: "an enrolled node does not join again"))
    case .batch(let batch): return batchReceived(batch, from: peer)
    case .feedAck(let ack):
      guard isCurrent(peer, ack.session), ack.cursor.epoch == live?.epoch,
        live?.pump.acknowledged(ack.cursor.position, at: now) == true
      else { return [] }
      return [.storeFeedAck(ack.cursor)] + pumpFeed(at: now)
    case .ping(let ping):
      if let greeting, greeting.peer == peer, case .asked(number: ping.session, until: _) = greeting.stage {
        return lookUp(greeting, hasAnswered: true)
      }
      guard let live, isCurrent(peer, ping.session) else {
        return [.send(peer, .refusal(Refusal(code: .superseded, reason: "this session has ended")))]
      }
      let pong = Pong(session: live.session, echo: ping.clock, centreTime: wall)
      return [.send(peer, .pong(pong)), .storeReport(ping.report)]
    case .goodbye(let session):
      return isCurrent(peer, session) ? end("the node said goodbye") : []
    }
  }

  private func isCurrent(_ peer: Peer, _ session: UInt64) -> Bool {
    live.map { $0.peer == peer && $0.session == session } ?? false
  }

  private mutating func batchReceived(_ batch: Batch, from peer: Peer) -> [Effect] {
    guard isCurrent(peer, batch.session) else { return [] }
    guard let current = live else { return [] }
    let bytes = current.receivedBytes + UInt64(batch.entries.bytes.count)
    let messages = current.receivedMessages + 1
    // One batch may pass the byte limit, because the node cannot know its size before it is compressed.
    guard current.receivedBytes < current.appliedBytes + settings.creditBytes,
      messages <= current.appliedMessages + settings.creditMessages
    else { return refuse(peer, Refusal(code: .overCredit, reason: "more was sent than the credit allows")) }
    live?.receivedBytes = bytes
    live?.receivedMessages = messages
    return [.apply(peer, batch, session: current.session)]
  }

  private mutating func batchAnswered(
    _ peer: Peer, _ session: UInt64, _ bytes: Int, _ answer: BatchAnswer, at now: MonotonicTime
  ) -> [Effect] {
    guard isCurrent(peer, session), var current = live else { return [] }
    switch answer {
    case .refused(let refusal): return refuse(peer, refusal)
    case .answered(var ack):
      current.appliedBytes += UInt64(max(0, bytes))
      current.appliedMessages += 1
      ack.credit = Credit(
        bytes: current.appliedBytes + settings.creditBytes,
        messages: current.appliedMessages + settings.creditMessages)
      current.pump.mustReach(ack.visibleAt.position)
      current.pump.mayHold(through: ack.visibleAt.position)
      live = current
      feedEnd = max(feedEnd, ack.visibleAt.position)
      return [.send(peer, .ack(ack))] + pumpFeed(at: now)
    }
  }

  /// Sends what differs from what the node has, withdrawn documents as empty texts.
  private mutating func documentsChanged(
    _ documents: [Document], _ ruleVersion: UInt64, _ rightsVersion: UInt64
  ) -> [Effect] {
    guard var current = live else { return [] }
    var changed = documents.filter { current.documents[$0.name] != Self.hash($0) }
    let names = Set(documents.map(\.name))
    for name in current.documents.keys.sorted() where !names.contains(name) {
      changed.append(Document(name: name, text: ""))
    }
    guard !changed.isEmpty || ruleVersion != current.ruleVersion || rightsVersion != current.rightsVersion else {
      return []
    }
    for document in changed { current.sent(document) }
    current.ruleVersion = ruleVersion
    current.rightsVersion = rightsVersion
    live = current
    let message = Documents(
      session: current.session, documents: changed, ruleVersion: ruleVersion, rightsVersion: rightsVersion)
    return [.send(current.peer, .documents(message))]
  }

  // MARK: Feed

  private mutating func feedLoaded(
    _ peer: Peer, _ session: UInt64, _ page: FeedPage, at now: MonotonicTime
  ) -> [Effect] {
    guard isCurrent(peer, session), var current = live else { return [] }
    let steps = current.pump.loaded(page, feedEnd: feedEnd, at: now)
    live = current
    let messages = steps.map { step in
      Effect.send(
        peer,
        .feed(
          Feed(
            session: session, cursor: FeedCursor(epoch: current.epoch, position: step.position),
            part: step.part)))
    }
    return messages + pumpFeed(at: now)
  }

  private mutating func feedAdvanced(_ end: UInt64, _ concerns: Bool, at now: MonotonicTime) -> [Effect] {
    feedEnd = max(feedEnd, end)
    if concerns { live?.pump.mayHold(through: end) }
    return pumpFeed(at: now)
  }

  mutating func pumpFeed(at now: MonotonicTime) -> [Effect] {
    guard var current = live, let next = current.pump.next(end: feedEnd, at: now) else { return [] }
    live = current
    return [
      .loadFeed(
        current.peer, session: current.session, since: next.since, bytesMax: next.bytesMax,
        partsMax: settings.feedPartsMax)
    ]
  }

  // MARK: Ends

  mutating func refuse(_ peer: Peer, _ refusal: Refusal) -> [Effect] {
    if greeting?.peer == peer { greeting = nil }
    let effects: [Effect] = [.send(peer, .refusal(refusal)), .countRefusal(refusal.code)]
    return live?.peer == peer ? effects + end(refusal.reason) : effects
  }

  private mutating func revoked(_ refusal: Refusal) -> [Effect] {
    var effects: [Effect] = []
    if let peer = greeting?.peer, peer != live?.peer { effects += refuse(peer, refusal) }
    greeting = nil
    if let peer = live?.peer { effects += refuse(peer, refusal) }
    return effects
  }

  /// Ends the live session; a greeting that waited for its probe may go on.
  private mutating func end(_ reason: String) -> [Effect] {
    live = nil
    var effects: [Effect] = [.sessionEnded(reason: reason)]
    if let waiting = greeting, waiting.isProbingLive { effects += lookUp(waiting) }
    return effects
  }

  private mutating func unreachable(_ peer: Peer) -> [Effect] {
    if greeting?.peer == peer { greeting = nil }
    return live?.peer == peer ? end("the connection is gone") : []
  }

  private mutating func ticked(at now: MonotonicTime) -> [Effect] {
    // The word of a process that is gone. A living sender has given up before, and comes again.
    if case .asked(_, let until)? = greeting?.stage, now >= until { greeting = nil }
    guard let current = live else { return [] }
    if case .probingLive(let until)? = greeting?.stage, now >= until {
      return end("silent when probed for a second session")
    }
    if now.duration(since: current.lastReceived) >= settings.silenceLimit {
      return end("nothing heard for \(settings.silenceLimit)")
    }
    if let since = current.pump.waitsSince, now.duration(since: since) >= settings.standstillLimit {
      return end("the feed was not acknowledged for \(settings.standstillLimit)")
    }
    return pumpFeed(at: now)
  }
}
