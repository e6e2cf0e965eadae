import Datasets
import Replication
import Testing
import Wire

/// Drives the centre's machine of one node over virtual time.
struct CentreScript {
  static let epoch = Incarnation(generation: 9, random: 1)
  static let attendance = Fixture.dataset("attendance")
  static let one = CentreSession.Peer(number: 1)
  static let two = CentreSession.Peer(number: 2)
  static let three = CentreSession.Peer(number: 3)

  var machine: CentreSession
  var now = MonotonicTime(milliseconds: 1_000_000)
  let settings: CentreSession.Settings

  init(feedEnd: UInt64 = 0, _ configure: (inout CentreSession.Settings) -> Void = { _ in }) {
    var settings = CentreSession.Settings()
    configure(&settings)
    self.settings = settings
    machine = CentreSession(node: Fixture.node("kec-citta"), settings: settings, feedEnd: feedEnd)
  }

  @discardableResult
  mutating func handle(_ event: CentreSession.Event) -> [CentreSession.Effect] {
    machine.handle(event, at: now, wall: wall)
  }

  mutating func pass(_ duration: Duration) { now = now + duration }
  var wall: Timestamp { Timestamp(milliseconds: 1_760_000_000_000 + Int64(now.milliseconds)) }

  func hello(generation: UInt64 = 1, protocolMin: UInt64 = 1, protocolMax: UInt64 = 1) -> Hello {
    Hello(
      protocolMin: protocolMin, protocolMax: protocolMax, softwareVersion: "1",
      lineage: [Lineage(incarnation: Incarnation(generation: generation, random: 0), parent: nil, ends: [])],
      streams: [], cursor: nil, ruleVersion: 0, documents: [],
      clock: ClockReading(wall: Fixture.time(5), uptimeMilliseconds: 6), report: NodeReport(backlogChanges: 4)
    )
  }

  func admission(
    session: UInt64 = 70, generation: UInt64 = 1, position: UInt64 = 0, feed: Welcome.FeedStart = .resume
  ) -> CentreSession.Admission {
    CentreSession.Admission(
      welcome: Welcome(
        session: session, incarnation: Incarnation(generation: generation, random: 0), positions: [],
        epoch: Self.epoch, feed: feed, ruleVersion: 1, credit: Credit(bytes: 0, messages: 0),
        centreTime: Fixture.time(0), echo: ClockReading(wall: Fixture.time(0), uptimeMilliseconds: 0),
        documents: [], fleetKeys: [], silenceLimitMilliseconds: 0),
      feedPosition: position)
  }

  /// The welcome as the machine completes it.
  func welcome(_ admission: CentreSession.Admission) -> Welcome {
    var welcome = admission.welcome
    welcome.credit = Credit(bytes: settings.creditBytes, messages: settings.creditMessages)
    welcome.silenceLimitMilliseconds = settings.silenceLimit.wholeMilliseconds
    welcome.centreTime = wall
    welcome.echo = hello().clock
    return welcome
  }

  /// An admitted session whose first word of the feed has been said and acknowledged.
  mutating func establish(
    _ peer: CentreSession.Peer = one, session: UInt64 = 70, generation: UInt64 = 1, position: UInt64 = 0
  ) {
    handle(.received(peer, .hello(hello(generation: generation))))
    handle(.admitted(peer, admission(session: session, generation: generation, position: position)))
    handle(.feedLoaded(peer, session: session, page([], position)))
    handle(.received(peer, feedAck(position, session: session)))
    #expect(machine.isOnline)
  }

  func page(_ positions: [UInt64], _ end: UInt64, bytes: Int = 1) -> CentreSession.FeedPage {
    let part = bytes == 1 ? Self.part : Self.part(bytes: bytes)
    return CentreSession.FeedPage(
      parts: positions.map { CentreSession.FeedPage.Step(position: $0, part: part) }, end: end)
  }

  /// - Parameter parts: where each leaves the copy, and how many bytes it has.
  func page(_ parts: [(position: UInt64, bytes: Int)], _ end: UInt64) -> CentreSession.FeedPage {
    CentreSession.FeedPage(
      parts: parts.map { CentreSession.FeedPage.Step(position: $0.position, part: Self.part(bytes: $0.bytes)) },
      end: end)
  }

  /// One that compression does nothing for.
  private static func part(bytes: Int) -> Feed.Part {
    .records(
      Fixture.dataset("population"), CompressedBytes(rawCount: bytes, bytes: [UInt8](repeating: 0, count: bytes)))
  }

  static let part = Feed.Part.records(
    Fixture.dataset("population"), CompressedBytes(rawCount: 1, bytes: [1]))

  func feedAck(_ position: UInt64, session: UInt64 = 70, epoch: Incarnation = epoch) -> NodeMessage {
    .feedAck(FeedAck(session: session, cursor: FeedCursor(epoch: epoch, position: position)))
  }

  func feed(
    _ position: UInt64, _ part: Feed.Part = part, session: UInt64 = 70, to peer: CentreSession.Peer = one
  )
    -> CentreSession.Effect
  {
    .send(
      peer,
      .feed(Feed(session: session, cursor: FeedCursor(epoch: Self.epoch, position: position), part: part)))
  }

  static func load(
    _ since: UInt64, session: UInt64 = 70, peer: CentreSession.Peer = one, bytesMax: Int = 52_428
  ) -> CentreSession.Effect {
    .loadFeed(
      peer, session: session, since: since, bytesMax: bytesMax,
      partsMax: CentreSession.Settings().feedPartsMax)
  }

  func batch(_ last: UInt64, bytes: Int = 100, session: UInt64 = 70) -> Batch {
    Batch(
      session: session, dataset: Self.attendance, incarnation: Incarnation(generation: 1, random: 0),
      first: Fixture.sequence(last), last: Fixture.sequence(last), head: Fixture.hash(1),
      entries: CompressedBytes(rawCount: bytes, bytes: [UInt8](repeating: 0, count: bytes)))
  }

  func ack(
    _ applied: UInt64, visibleAt: UInt64 = 0, credit: Credit = Credit(bytes: 0, messages: 0),
    session: UInt64 = 70
  ) -> Ack {
    Ack(
      session: session, dataset: Self.attendance, incarnation: Incarnation(generation: 1, random: 0),
      applied: StreamMark(sequence: Fixture.sequence(applied), head: Fixture.hash(1)), quarantined: [],
      visibleAt: FeedCursor(epoch: Self.epoch, position: visibleAt), backedUp: nil, credit: credit)
  }

  func ping(session: UInt64 = 70) -> NodeMessage {
    .ping(
      Ping(
        session: session, clock: ClockReading(wall: Fixture.time(1), uptimeMilliseconds: 2),
        report: NodeReport()))
  }

  static func refusals(_ effects: [CentreSession.Effect]) -> [(peer: CentreSession.Peer, code: Refusal.Code)] {
    effects.compactMap { effect in
      if case .send(let peer, .refusal(let refusal)) = effect { (peer, refusal.code) } else { nil }
    }
  }

  static func ends(_ effects: [CentreSession.Effect]) -> Int {
    effects.count { if case .sessionEnded = $0 { true } else { false } }
  }
}
