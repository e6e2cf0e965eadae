import Datasets
import Wire

/// A node's side of the session: connects, greets, sends batches, takes acks and the feed, and comes back.
///
/// Sans-IO: no sockets, clock or randomness; DESIGN.md has the transition table.
package struct NodeSession: Sendable {
  enum State {
    case idle
    case waiting(until: MonotonicTime)
    case connecting(deadline: MonotonicTime)
    case greeting(Greeting)
    case established(Established)
    case stopped
  }

  /// Link open: hello being prepared or sent, welcome awaited or being stored.
  struct Greeting {
    var deadline: MonotonicTime
    var isHelloSent = false
    var welcome: Welcome?
    /// What the centre said after the welcome while that is being stored: its feed begins at once.
    var early: [CentreMessage] = []
  }

  /// What only a session has.
  struct Established {
    let session: UInt64
    let ruleVersion: UInt64
    let rightsVersion: UInt64
    let silenceLimit: Duration
    let heartbeat: Duration
    let began: MonotonicTime
    var outbox: Outbox
    var lastReceived: MonotonicTime
    var lastPing: MonotonicTime
    /// The feed message that is being applied; the next follows only once it is on disk, so that a failure of the store
    /// cannot leave a hole behind the copy's position.
    var applying: FeedCursor?
    var feeds: [Feed] = []
  }

  let settings: Settings
  var state: State = .idle
  private var backOff: BackOff
  private var endpoint = 0
  /// Streams that were appended to while no session stood.
  private var appendedStreams: [StreamStanding] = []
  private var uplinkBitsPerSecond: Int?
  /// The centre knew none of the parents that a hello named, back to the last that a welcome had: it may have been set
  /// back to before that welcome.
  private var needsAllParents = false

  /// - Parameter seed: for the jitter of reconnecting; two nodes should not have the same.
  package init(settings: Settings, seed: UInt64) {
    self.settings = settings
    uplinkBitsPerSecond = settings.uplinkBitsPerSecond
    backOff = BackOff(least: settings.reconnectLeast, most: settings.reconnectMost, seed: seed)
  }

  package var isEstablished: Bool {
    if case .established = state { true } else { false }
  }

  /// When a session that ended is tried anew; nil in every other state.
  package var nextAttempt: MonotonicTime? {
    if case .waiting(let until) = state { until } else { nil }
  }

  /// The next moment at which `ticked` is needed.
  package func nextDeadline(after now: MonotonicTime) -> MonotonicTime {
    switch state {
    case .idle, .stopped: now + settings.heartbeat
    case .waiting(let until): until
    case .connecting(let deadline): deadline
    case .greeting(let greeting): greeting.deadline
    case .established(let session):
      min(
        session.lastPing + session.heartbeat, session.lastReceived + session.silenceLimit,
        session.outbox.opens(after: now) ?? .init(milliseconds: .max))
    }
  }

  package mutating func handle(_ event: Event, at now: MonotonicTime) -> [Effect] {
    if case .stopped = state { return [] }
    switch event {
    case .started: return started(at: now)
    case .linkOpened: return linkOpened(at: now)
    case .linkClosed(let reason): return fail(reason, isLinkLoss: true, at: now)
    case .helloPrepared(let hello): return helloPrepared(hello)
    case .received(let message): return received(message, at: now)
    case .malformed(let reason): return fail("the centre sent what is no message: \(reason)", at: now)
    case .welcomeStored(let streams): return welcomeStored(streams, at: now)
    case .appended(let dataset, let lane, let last): return appended(dataset, lane, last, at: now)
    case .batchLoaded(let batch): return batchLoaded(batch, at: now)
    case .batchEmpty(let dataset): return batchEmpty(dataset, at: now)
    case .uplinkCapped(let bitsPerSecond): return uplinkCapped(bitsPerSecond, at: now)
    case .feedApplied(let cursor): return feedApplied(cursor)
    case .storeFailed(let reason): return fail("the store failed: \(reason)", at: now)
    case .ticked: return ticked(at: now)
    case .stopped: return stop()
    }
  }

  // MARK: Connecting

  private mutating func started(at now: MonotonicTime) -> [Effect] {
    guard case .idle = state else { return [] }
    return connect(at: now)
  }

  private mutating func connect(at now: MonotonicTime) -> [Effect] {
    state = .connecting(deadline: now + settings.greetingLimit)
    return [.openLink(endpoint: endpoint), .report(.connecting(endpoint: endpoint))]
  }

  private mutating func linkOpened(at now: MonotonicTime) -> [Effect] {
    guard case .connecting = state else { return [] }
    state = .greeting(Greeting(deadline: now + settings.greetingLimit))
    return [.prepareHello(hasAllParents: needsAllParents), .report(.greeting)]
  }

  /// Ends what there is and comes back later, at the next endpoint unless a session stood.
  ///
  /// The waits grow until a session has ended by the link alone or has stood for a while: a session that is refused or
  /// whose store fails right after the welcome, over and over, must not come back every second.
  mutating func fail(
    _ reason: String, refusal: Refusal? = nil, isLinkLoss: Bool = false, at now: MonotonicTime
  ) -> [Effect] {
    switch state {
    case .idle, .waiting, .stopped: return []
    case .connecting, .greeting: endpoint = (endpoint + 1) % max(1, settings.endpointCount)
    case .established(let session):
      if isLinkLoss || now.duration(since: session.began) >= session.silenceLimit { backOff.succeeded() }
    }
    let isFinal = refusal.map { [.revoked, .fenced, .protocolVersion].contains($0.code) } ?? false
    let wait = isFinal ? backOff.longest() : backOff.next()
    state = .waiting(until: now + wait)
    return [.closeLink, .report(refusal.map { .refused($0) } ?? .waiting(reason: reason))]
  }

  /// Ends a sound session to greet anew.
  mutating func greetAnew(_ reason: String, session: UInt64, at now: MonotonicTime) -> [Effect] {
    backOff.succeeded()
    state = .waiting(until: now + backOff.next())
    return [.send(.goodbye(session: session)), .closeLink, .report(.waiting(reason: reason))]
  }

  private mutating func stop() -> [Effect] {
    defer { state = .stopped }
    guard case .established(let session) = state else { return [.closeLink, .report(.stopped)] }
    return [.send(.goodbye(session: session.session)), .closeLink, .report(.stopped)]
  }

  private mutating func ticked(at now: MonotonicTime) -> [Effect] {
    switch state {
    case .idle, .stopped: return []
    case .waiting(let until): return now >= until ? connect(at: now) : []
    case .connecting(let deadline):
      return now >= deadline ? fail("the centre does not answer", at: now) : []
    case .greeting(let greeting):
      return now >= greeting.deadline ? fail("the centre does not welcome this node", at: now) : []
    case .established(let session): return ticked(session, at: now)
    }
  }

  // MARK: Greeting

  private mutating func helloPrepared(_ hello: Hello) -> [Effect] {
    guard case .greeting(var greeting) = state, !greeting.isHelloSent else { return [] }
    greeting.isHelloSent = true
    state = .greeting(greeting)
    return [.send(.hello(hello))]
  }

  private mutating func received(_ message: CentreMessage, at now: MonotonicTime) -> [Effect] {
    switch (state, message) {
    case (.greeting, .refusal(let refusal)), (.established, .refusal(let refusal)):
      if refusal.code == .unknownIncarnation { needsAllParents = true }
      return fail("refused: \(refusal.reason)", refusal: refusal, at: now)
    case (.greeting(var greeting), .welcome(let welcome)) where greeting.welcome == nil:
      needsAllParents = false
      greeting.welcome = welcome
      greeting.deadline = now + settings.greetingLimit
      state = .greeting(greeting)
      return clock(welcome.centreTime, echo: welcome.echo, at: now) + [.storeWelcome(welcome)]
    case (.greeting(let greeting), .probe(let number)) where greeting.isHelloSent && greeting.welcome == nil:
      // The hello shows something out of the ordinary: the centre asks whether its sender still lives.
      return [.sendPing(session: number)]
    case (.greeting(var greeting), _) where greeting.welcome != nil:
      guard greeting.early.count < settings.feedsWaitingMax else {
        return fail("the centre sends more than its window", at: now)
      }
      greeting.early.append(message)
      state = .greeting(greeting)
      return []
    case (.established(var session), _):
      session.lastReceived = now
      state = .established(session)
      return establishedReceived(message, at: now)
    default:
      return []
    }
  }

  private mutating func welcomeStored(_ streams: [StreamStanding], at now: MonotonicTime) -> [Effect] {
    guard case .greeting(let greeting) = state, let welcome = greeting.welcome else { return [] }
    var outbox = Outbox(
      settings: settings, credit: welcome.credit, uplinkBitsPerSecond: uplinkBitsPerSecond, at: now)
    for stream in streams {
      let position = welcome.positions.first { $0.dataset == stream.dataset }?.applied.sequence ?? .none
      // Entries that the centre has but whose ack never came go again: only the ack says what was quarantined and
      // where the feed shows the rest.
      outbox.begin(stream, from: min(position, stream.answered))
    }
    // What was appended since the store looked is known here already.
    for stream in appendedStreams { outbox.appended(stream.dataset, lane: stream.lane, last: stream.last) }
    appendedStreams = []
    let silence = silenceLimit(welcome)
    state = .established(
      Established(
        session: welcome.session, ruleVersion: welcome.ruleVersion,
        rightsVersion: welcome.rightsVersion, silenceLimit: silence,
        heartbeat: min(settings.heartbeat, silence / 3), began: now, outbox: outbox, lastReceived: now,
        lastPing: now))
    var effects: [Effect] = [.report(.established)]
    effects += pump(at: now)
    for message in greeting.early where isEstablished { effects += establishedReceived(message, at: now) }
    return effects
  }

  /// The centre's limit, within reason; the node's own where the centre says none.
  private func silenceLimit(_ welcome: Welcome) -> Duration {
    guard welcome.silenceLimitMilliseconds > 0 else { return settings.silenceLimit }
    return .milliseconds(Int64(min(max(welcome.silenceLimitMilliseconds, 1000), 3_600_000)))
  }

  private mutating func appended(
    _ dataset: DatasetName, _ lane: DatasetDefinition.Lane, _ last: Datasets.Sequence, at now: MonotonicTime
  ) -> [Effect] {
    guard case .established(var session) = state else {
      note(dataset, lane, last)
      return []
    }
    session.outbox.appended(dataset, lane: lane, last: last)
    state = .established(session)
    return pump(at: now)
  }

  private mutating func uplinkCapped(_ bitsPerSecond: Int?, at now: MonotonicTime) -> [Effect] {
    uplinkBitsPerSecond = bitsPerSecond
    guard case .established(var session) = state else { return [] }
    session.outbox.setUplink(bitsPerSecond: bitsPerSecond, at: now)
    state = .established(session)
    return pump(at: now)
  }

  /// Entries appended while no session stands belong to the next one, also when its welcome was stored before them.
  private mutating func note(
    _ dataset: DatasetName, _ lane: DatasetDefinition.Lane, _ last: Datasets.Sequence
  ) {
    appendedStreams.removeAll { $0.dataset == dataset }
    appendedStreams.append(StreamStanding(dataset: dataset, lane: lane, last: last, answered: .none))
  }
}
