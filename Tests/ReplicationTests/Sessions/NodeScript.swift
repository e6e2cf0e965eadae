import Datasets
import Replication
import Testing
import Wire

/// Drives a node's machine over virtual time, with short words for what is said to it.
struct NodeScript {
  static let attendance = Fixture.dataset("attendance")
  static let incident = Fixture.dataset("incident")
  static let epoch = Incarnation(generation: 1, random: 1)

  var machine: NodeSession
  var now = MonotonicTime(milliseconds: 1_000_000)

  init(seed: UInt64 = 1, _ configure: (inout NodeSession.Settings) -> Void = { _ in }) {
    var settings = NodeSession.Settings()
    configure(&settings)
    machine = NodeSession(settings: settings, seed: seed)
  }

  @discardableResult
  mutating func handle(_ event: NodeSession.Event) -> [NodeSession.Effect] { machine.handle(event, at: now) }

  mutating func pass(_ duration: Duration) { now = now + duration }

  /// Ticks at the machine's own deadlines until `limit` has passed or something happens.
  mutating func tick(within limit: Duration) -> [NodeSession.Effect] {
    let end = now + limit
    while now < end {
      now = min(end, max(machine.nextDeadline(after: now), MonotonicTime(milliseconds: now.milliseconds + 1)))
      // As the daemon does: a deadline that is not there any more once it has come is never met.
      guard now >= machine.nextDeadline(after: now) else { continue }
      let effects = handle(.ticked)
      if !effects.isEmpty { return effects }
    }
    return []
  }

  var hello: Hello {
    Hello(
      softwareVersion: "1", lineage: [], streams: [], cursor: nil, ruleVersion: 0, documents: [],
      clock: ClockReading(wall: Fixture.time(0), uptimeMilliseconds: now.milliseconds), report: NodeReport())
  }

  func welcome(
    session: UInt64 = 7, applied: UInt64 = 0, credit: Credit = Credit(bytes: 1 << 20, messages: 64),
    ruleVersion: UInt64 = 1, silence: UInt64 = 30_000
  ) -> Welcome {
    Welcome(
      session: session, incarnation: Incarnation(generation: 1, random: 1),
      positions: [Welcome.Position(dataset: Self.attendance, applied: mark(applied))], epoch: Self.epoch,
      feed: .resume, ruleVersion: ruleVersion, credit: credit, centreTime: Fixture.time(0),
      echo: ClockReading(wall: Fixture.time(0), uptimeMilliseconds: now.milliseconds), documents: [],
      fleetKeys: [], silenceLimitMilliseconds: silence)
  }

  func mark(_ sequence: UInt64) -> StreamMark {
    StreamMark(sequence: Fixture.sequence(sequence), head: Fixture.hash(UInt8(truncatingIfNeeded: sequence)))
  }

  func standing(
    _ last: UInt64, answered: UInt64 = 0, dataset: DatasetName = attendance,
    lane: DatasetDefinition.Lane = .event
  ) -> NodeSession.StreamStanding {
    NodeSession.StreamStanding(
      dataset: dataset, lane: lane, last: Fixture.sequence(last), answered: Fixture.sequence(answered)
    )
  }

  func loaded(
    _ first: UInt64, _ last: UInt64, bytes: Int = 100, raw: Int? = nil, dataset: DatasetName = attendance
  ) -> NodeSession.LoadedBatch {
    NodeSession.LoadedBatch(
      dataset: dataset, incarnation: Incarnation(generation: 1, random: 1), first: Fixture.sequence(first),
      last: Fixture.sequence(last), head: Fixture.hash(UInt8(truncatingIfNeeded: last)),
      entries: CompressedBytes(rawCount: raw ?? bytes, bytes: [UInt8](repeating: 0, count: bytes)))
  }

  func ack(
    _ applied: UInt64, session: UInt64 = 7, credit: Credit = Credit(bytes: 1 << 20, messages: 64),
    dataset: DatasetName = attendance
  ) -> Ack {
    Ack(
      session: session, dataset: dataset, incarnation: Incarnation(generation: 1, random: 1),
      applied: mark(applied),
      quarantined: [], visibleAt: FeedCursor(epoch: Self.epoch, position: 1), backedUp: nil, credit: credit)
  }

  func feed(_ position: UInt64, session: UInt64 = 7) -> Feed {
    Feed(session: session, cursor: FeedCursor(epoch: Self.epoch, position: position), part: .nothing)
  }

  /// From nothing to an established session; what follows the report is returned.
  mutating func establish(
    _ standings: [NodeSession.StreamStanding] = [], welcome: Welcome? = nil
  ) -> [NodeSession.Effect] {
    if case .waiting = phase { _ = tick(within: .seconds(120)) } else { handle(.started) }
    handle(.linkOpened)
    handle(.helloPrepared(hello))
    handle(.received(.welcome(welcome ?? self.welcome())))
    let effects = handle(.welcomeStored(streams: standings))
    #expect(effects.first == .report(.established))
    return Array(effects.dropFirst())
  }

  private enum Phase { case idle, waiting, other }

  private var phase: Phase {
    var probe = machine
    return probe.handle(.started, at: now).isEmpty ? .waiting : .idle
  }

  /// What a loaded batch makes the machine do.
  mutating func load(_ batch: NodeSession.LoadedBatch) -> [NodeSession.Effect] { handle(.batchLoaded(batch)) }

  /// The load that an effect list asks for; its size is that of a link of which nothing is known yet.
  static func load(
    _ after: UInt64, dataset: DatasetName = attendance, bytesMax: Int = 52_428
  ) -> NodeSession.Effect {
    .loadBatch(dataset, after: Fixture.sequence(after), bytesMax: bytesMax)
  }

  func message(_ batch: NodeSession.LoadedBatch, session: UInt64 = 7) -> NodeSession.Effect {
    .send(
      .batch(
        Batch(
          session: session, dataset: batch.dataset, incarnation: batch.incarnation, first: batch.first,
          last: batch.last, head: batch.head, entries: batch.entries)))
  }
}

extension [NodeSession.Effect] {
  var isClosing: Bool { contains(.closeLink) }
  var isOpening: Bool {
    contains { if case .openLink = $0 { true } else { false } }
  }
}
