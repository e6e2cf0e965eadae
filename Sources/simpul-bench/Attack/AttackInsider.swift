import Compression
import Datasets
import Machine
import Replication
import Transport
import Wire

/// Somebody with the key of an enrolled office that may read nothing of others, who keeps to none of the protocol's rules.
actor AttackInsider {
  /// In a second.
  static let forgedRate = 200
  static let oversizedRate = 2
  /// Beyond what the centre reads as one message.
  private static let oversizedBytes = Limits.messageBytesMax + (1 << 20)
  private static let answerLimit = Duration.seconds(20)
  /// How long the centre is listened to after a welcome: whatever it would send beyond the rights comes at once.
  private static let listening = Duration.seconds(2)

  private let access: LoadAgent.Access
  private let link: NodeLink
  private let incarnation = Incarnation(generation: 1, random: MachineFacts.random64())
  private var session: UInt64 = 0
  /// What the centre's feed gave it: events of others, and pages of records.
  private(set) var fed: UInt64 = 0
  /// What the centre refused of it.
  private(set) var refused = 0

  init(_ access: LoadAgent.Access, thread: SocketThread) {
    self.access = access
    link = NodeLink(thread: thread)
  }

  // MARK: Reading

  /// Greets with claims about its copy that are not true, one after the other, and takes in what the centre then sends.
  func claim() async throws {
    let claims: [(FeedCursor?, UInt64)] = [
      (nil, 0), (FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: 0), 1),
      (FeedCursor(epoch: Incarnation(generation: .max, random: .max), position: .max), .max),
    ]
    for (cursor, ruleVersion) in claims {
      try await connect()
      try await greet(cursor, ruleVersion)
      let end = ContinuousClock.now + Self.listening
      _ = try await hear(until: end) { _ in false }
      // The next claim finds nobody's session in its way.
      _ = try await link.send([NodeMessage.goodbye(session: session).bytes])
    }
  }

  private func connect() async throws {
    var options = TransportOptions()
    options.messageBytesMax = Self.oversizedBytes
    try await link.open(
      endpoint: access.endpoint, serverKey: access.serverKey, keys: access.keys, options: options)
    let deadline = ContinuousClock.now + Self.answerLimit
    while ContinuousClock.now < deadline {
      if await link.receive().contains(.connected) { return }
    }
    throw BenchFailure(description: "the centre does not let an enrolled office in")
  }

  private func greet(_ cursor: FeedCursor?, _ ruleVersion: UInt64) async throws {
    _ = try await link.send([hello(cursor, ruleVersion)])
    let isWelcome = try await hear(until: .now + Self.answerLimit) { message in
      guard case .welcome(let welcome) = message else { return false }
      session = welcome.session
      return true
    }
    guard isWelcome else { throw BenchFailure(description: "the centre does not welcome an enrolled office") }
  }

  private func hello(_ cursor: FeedCursor?, _ ruleVersion: UInt64) -> [UInt8] {
    NodeMessage.hello(
      Hello(
        softwareVersion: "bench", lineage: [Lineage(incarnation: incarnation, parent: nil, ends: [])], streams: [],
        cursor: cursor, ruleVersion: ruleVersion, documents: [], clock: MachineClock.reading(), report: NodeReport())
    ).bytes
  }

  /// Takes in what comes until a message is the one that is waited for, or the time is over.
  ///
  /// - Returns: whether that message came.
  private func hear(
    until end: ContinuousClock.Instant, _ isAwaited: (CentreMessage) -> Bool
  ) async throws -> Bool {
    while ContinuousClock.now < end {
      let events = await within(end)
      if events.isEmpty { return false }
      var isFound = false
      for case .received(let bytes) in events {
        let message = try CentreMessage(bytes: bytes)
        note(message)
        if case .probe(let number) = message {
          let ping = Ping(session: number, clock: MachineClock.reading(), report: NodeReport())
          _ = try await link.send([NodeMessage.ping(ping).bytes])
        }
        if isAwaited(message) { isFound = true }
      }
      if isFound { return true }
    }
    return false
  }

  /// The link's next events; none when the time is over before.
  private func within(_ end: ContinuousClock.Instant) async -> [LinkEvent] {
    let link = link
    return await withTaskGroup(of: [LinkEvent].self) { group in
      group.addTask { await link.receive() }
      group.addTask {
        try? await Task.sleep(until: end, clock: .continuous)
        return []
      }
      defer { group.cancelAll() }
      return await group.next() ?? []
    }
  }

  private func note(_ message: CentreMessage) {
    switch message {
    case .feed(let feed): fed += feed.part.othersCount
    case .refusal: refused += 1
    default: break
    }
  }

  // MARK: Forging

  /// Sends what no agent sends, until a moment.
  ///
  /// - Returns: how many messages the link took.
  func forge(until end: ContinuousClock.Instant) async throws -> Int {
    try await connect()
    try await greet(nil, 0)
    let forgeries = try forgeries()
    let listening = Task { try await hear(until: end) { _ in false } }
    var taken = 0
    _ = try await AttackPace(perSecond: Self.forgedRate).run(until: end) { number in
      taken += try await link.send([forgeries[number % forgeries.count]])
    }
    _ = try await listening.value
    return taken
  }

  /// Sends messages that are too large, each on a connection of its own, until a moment.
  ///
  /// - Returns: how many were sent.
  func overflow(until end: ContinuousClock.Instant) async throws -> Int {
    let message = [UInt8](repeating: 0x5A, count: Self.oversizedBytes)
    return try await AttackPace(perSecond: Self.oversizedRate).run(until: end) { _ in
      try await connect()
      _ = try await link.send([message])
    }
  }

  func close() async { await link.close() }

  /// Messages that cannot be read, of sessions that are somebody else's, out of their place in the chain, and with lies
  /// about their size.
  private func forgeries() throws -> [[UInt8]] {
    guard let attendance = DatasetName("attendance") else { return [] }
    let noise = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 7) }
    let packed = try Zstandard.compress(noise)
    func batch(session: UInt64, first: UInt64, rawCount: Int) -> [UInt8] {
      NodeMessage.batch(
        Batch(
          session: session, dataset: attendance, incarnation: incarnation,
          first: Datasets.Sequence(first) ?? .none.next,
          last: Datasets.Sequence(first) ?? .none.next, head: StreamMark.start.head,
          entries: CompressedBytes(rawCount: rawCount, bytes: packed))
      ).bytes
    }
    let hello = hello(nil, 0)
    return [
      [], noise, Array(hello.prefix(hello.count / 2)), hello + [0],
      batch(session: session, first: 1, rawCount: noise.count),
      batch(session: session &+ 1, first: 1, rawCount: noise.count),
      batch(session: session, first: 1_000_000, rawCount: noise.count),
      batch(session: session, first: 1, rawCount: Limits.batchBytesMax),
    ]
  }
}
