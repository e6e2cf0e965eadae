import Datasets
import Machine
import Replication
import Transport
import Wire

/// One office of a load: the session machine of the agent over a real link, with a stream in memory instead of a store.
///
/// It handles the machine's effects as `Replicator` does; what the store would be asked is answered at once.
actor LoadAgent {
  /// Where and as whom it connects.
  struct Access: Sendable {
    let endpoint: String
    let serverKey: CurvePublicKey
    let keys: CurveKeyPair
  }

  private enum LinkOrder: Sendable {
    case open
    case close
    case send([UInt8])
  }

  let name: NodeName
  private let access: Access
  private let ledger: LoadLedger
  private let link: NodeLink
  private var session: NodeSession
  private var stream: LoadStream
  private var events: LoadEvents
  private var cursor: FeedCursor?
  private var ruleVersion: UInt64 = 0
  private var documents: [String: UInt64] = [:]
  private var isEstablished = false
  /// When it began to call the centre, until a session stands.
  private var callingSince: ContinuousClock.Instant?
  private let linkOrders: AsyncStream<LinkOrder>
  private let linkOrder: AsyncStream<LinkOrder>.Continuation

  init(
    _ name: NodeName, access: Access, definition: DatasetDefinition, thread: SocketThread, ledger: LoadLedger
  ) {
    self.name = name
    self.access = access
    self.ledger = ledger
    link = NodeLink(thread: thread)
    session = NodeSession(settings: NodeSession.Settings(), seed: MachineFacts.random64())
    stream = LoadStream(definition, incarnation: Incarnation(generation: 1, random: MachineFacts.random64()))
    events = LoadEvents(office: name, names: definition.fields.map(\.name))
    (linkOrders, linkOrder) = AsyncStream.makeStream()
  }

  /// Runs until cancelled; then says goodbye.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.receive() }
      group.addTask { await self.workLink() }
      group.addTask { await self.keepTime() }
      callingSince = .now
      handle(.started)
    }
    for effect in session.handle(.stopped, at: MachineClock.monotonic()) {
      switch effect {
      case .send(let message): _ = try? await link.send([message.bytes])
      case .closeLink: await link.close()
      default: break
      }
    }
  }

  /// Entries that the centre has acknowledged.
  var acknowledged: UInt64 { stream.acked.sequence.value }

  // MARK: Recording

  /// Records events and says so to the session.
  func record(_ count: Int) {
    prepare(count)
    announce()
  }

  /// Records events that the session does not know of yet.
  func prepare(_ count: Int) {
    let now = ContinuousClock.now
    for _ in 0..<count { stream.append(events.next(at: MachineClock.reading()), at: now) }
    ledger.note { $0.recorded += UInt64(count) }
  }

  /// Lets the session send what `prepare` recorded.
  func announce() { handle(.appended(stream.dataset, lane: stream.lane, last: stream.last)) }

  // MARK: The machine

  private func handle(_ event: NodeSession.Event) {
    var events = [event]
    while !events.isEmpty {
      for effect in session.handle(events.removeFirst(), at: MachineClock.monotonic()) { events += perform(effect) }
    }
  }

  /// - Returns: what the store answers.
  private func perform(_ effect: NodeSession.Effect) -> [NodeSession.Event] {
    switch effect {
    case .openLink: linkOrder.yield(.open)
    case .closeLink: linkOrder.yield(.close)
    case .send(let message): linkOrder.yield(.send(message.bytes))
    case .report(let phase): note(phase)
    case .sendPing(let session):
      let ping = Ping(session: session, clock: MachineClock.reading(), report: nodeReport)
      linkOrder.yield(.send(NodeMessage.ping(ping).bytes))
    case .prepareHello: return [.helloPrepared(hello)]
    case .storeWelcome(let welcome): return store(welcome)
    case .loadBatch(let dataset, let after, let bytesMax): return load(dataset, after: after, bytesMax: bytesMax)
    case .storeAck(let ack, _): settle(ack)
    case .applyFeed(let feed):
      cursor = feed.cursor
      let others = feed.part.othersCount
      if others > 0 { ledger.note { $0.fed += others } }
      return [.feedApplied(feed.cursor)]
    case .storeDocuments(let documents): store(documents.documents)
    case .recordClock: break
    }
    return []
  }

  private func note(_ phase: NodeSession.Phase) {
    let wasEstablished = isEstablished
    isEstablished = phase == .established
    let change = (isEstablished ? 1 : 0) - (wasEstablished ? 1 : 0)
    var arrival: Duration?
    var setback: String?
    switch phase {
    case .established:
      arrival = callingSince.map { ContinuousClock.now - $0 }
      callingSince = nil
    case .waiting(let reason): setback = reason
    case .refused(let refusal): setback = "refused: \(refusal.code.word)"
    case .connecting, .greeting, .stopped: break
    }
    if wasEstablished, !isEstablished { callingSince = .now }
    ledger.note { figures in
      figures.established += change
      if let arrival { figures.arrival.record(arrival.microseconds) }
      if let setback { figures.setbacks[setback, default: 0] += 1 }
    }
  }

  // MARK: What the store would answer

  private var nodeReport: NodeReport {
    NodeReport(backlogChanges: stream.waiting, backlogBytes: stream.waitingBytes, diskFreeBytes: 1 << 30)
  }

  private var hello: Hello {
    Hello(
      softwareVersion: "bench", lineage: [Lineage(incarnation: stream.incarnation, parent: nil, ends: [])],
      streams: [stream.helloStream], cursor: cursor, ruleVersion: cursor == nil ? 0 : ruleVersion,
      documents: documents.map { DocumentHash(name: $0.key, hash: $0.value) }, clock: MachineClock.reading(),
      report: nodeReport)
  }

  private func store(_ welcome: Welcome) -> [NodeSession.Event] {
    store(welcome.documents)
    ruleVersion = welcome.ruleVersion
    if case .reset = welcome.feed { cursor = nil }
    let position = welcome.positions.first { $0.dataset == stream.dataset }?.applied.sequence ?? .none
    if position < stream.acked.sequence {
      ledger.note { $0.problems["the centre has lost what it acknowledged", default: 0] += 1 }
    }
    return [.welcomeStored(streams: [stream.standing])]
  }

  private func store(_ documents: [Document]) {
    for document in documents {
      self.documents[document.name] = document.text.isEmpty ? nil : EntryChecksum.of(Array(document.text.utf8))
    }
  }

  private func load(_ dataset: DatasetName, after: Datasets.Sequence, bytesMax: Int) -> [NodeSession.Event] {
    do {
      let batch = try stream.load(after: after, bytesMax: bytesMax)
      return [batch.map { .batchLoaded($0) } ?? .batchEmpty(dataset)]
    } catch {
      ledger.note { $0.problems["\(error)", default: 0] += 1 }
      return [.storeFailed(reason: "\(error)")]
    }
  }

  private func settle(_ ack: Ack) {
    let settled = stream.apply(ack)
    let now = ContinuousClock.now
    ledger.note { figures in
      figures.acknowledged += UInt64(settled.recorded.count)
      for recorded in settled.recorded { figures.latency.record((now - recorded).microseconds) }
      if let problem = settled.problem { figures.problems[problem, default: 0] += 1 }
    }
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
      do { handle(.received(try CentreMessage(bytes: bytes))) } catch { handle(.malformed(reason: "\(error)")) }
    case .writable: linkOrder.yield(.send([]))
    case .disconnected: handle(.linkClosed(reason: "the link was lost"))
    case .handshakeFailed(let failure): handle(.linkClosed(reason: "the handshake failed: \(failure)"))
    case .connectFailed: handle(.linkClosed(reason: "the centre was not reached"))
    }
  }

  /// Sends in order; what the socket does not take waits for `.writable`, which comes as an empty order.
  private func workLink() async {
    var waiting: [[UInt8]] = []
    for await order in linkOrders {
      do {
        switch order {
        case .open:
          waiting = []
          try await link.open(endpoint: access.endpoint, serverKey: access.serverKey, keys: access.keys)
        case .close:
          waiting = []
          await link.close()
        case .send(let message):
          if !message.isEmpty { waiting.append(message) }
          let accepted = try await link.send(waiting)
          waiting.removeFirst(min(accepted, waiting.count))
        }
      } catch {
        waiting = []
        handle(.linkClosed(reason: "\(error)"))
      }
    }
  }

  /// Ticks when the machine's deadline has come; handled events may move it, hence the naps.
  private func keepTime() async {
    while !Task.isCancelled {
      let now = MachineClock.monotonic()
      let wait = session.nextDeadline(after: now).duration(since: now)
      do { try await Task.sleep(for: min(max(wait, .milliseconds(10)), .milliseconds(500))) } catch { return }
      let later = MachineClock.monotonic()
      if later >= session.nextDeadline(after: later) { handle(.ticked) }
    }
  }
}
