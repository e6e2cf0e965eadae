import CentreStorage
import Datasets
import Replication
import Sessions
import Settings
import Wire

/// An aggregator: the real machines and store on a simulated disk, in a process that dies.
final class Centre {
  /// Who works for it, side by side.
  enum Worker: CaseIterable {
    case batches
    case feeds
    case admissions
    case requeues
  }

  unowned let world: World
  let disk: SimulatedDisk
  let chance: Chance
  private let fleetKeySecret: [UInt8]
  /// Nil while the process does not run.
  private(set) var store: CentreStore?
  var machines: [NodeName: CentreSession] = [:]
  var lines: [UInt64: Line] = [:]
  /// Public keys that may come in.
  var authorised: [String: String] = [:]
  /// Until the disk goes back to a time when they counted.
  var revokedKeys: Set<String> = []
  private(set) var feed = FeedProgress(end: 0)
  var batches = BatchLanes()
  var feeds: [FeedOrder] = []
  var admissions: [AdmissionOrder] = []
  var awaited = AwaitedContexts()
  var wantsRequeue = false
  var busy: Set<Worker> = []
  private var sightings: [NodeName: NodeSighting] = [:]
  var mistakeMemory = CentreMistakeMemory()
  /// Offices that were told so since their last invitation.
  var fenced: Set<NodeName> = []
  /// How often an office was unknown since it was last welcomed, in the calm: once for its hello, once for a batch of its
  /// older incarnations.
  var unknown: [NodeName: Int] = [:]
  private static let unknownMax = 2
  private var life = 0
  private var turns = 0

  init(_ world: World, disk: SimulatedDisk) {
    self.world = world
    self.disk = disk
    if world.scenario.mistake == .centreAnswersBeforeSync { disk.ignoreSyncs() }
    chance = Chance(seed: world.scenario.seed, "centre")
    fleetKeySecret = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
  }

  func remove() {
    try? store?.close()
    disk.remove()
  }

  var wall: Timestamp { World.beginning.advanced(byMilliseconds: Int64(world.now)) }
  private var time: MonotonicTime { MonotonicTime(milliseconds: world.now + 1) }

  // MARK: Process

  /// The first start: every office is invited and joins.
  func begins() async {
    await starts()
    guard let store else { return world.violated("the centre does not begin") }
    do {
      for office in world.offices {
        let letters = office.key.uppercased()
        let invitation = try await store.invite(
          office.name, publicKey: letters, expires: wall.advanced(byMilliseconds: 60_000), now: wall)
        _ = try await store.enrol(invitation, publicKey: office.key, now: wall)
      }
      authorised = try await store.authorisedKeys(now: wall)
    } catch {
      world.violated("the centre does not begin: \(error)")
    }
  }

  func starts() async {
    guard store == nil else { return }
    do {
      let random = chance.bits()
      let store = try CentreStore.open(
        path: disk.root + "aggregator.sqlite", fleetKeySecret: fleetKeySecret,
        random: world.scenario.mistake == .reusesEpoch ? 7 : random, now: wall)
      self.store = store
      try await install(store)
      feed = FeedProgress(end: try await store.feedEnd())
      authorised = try await store.authorisedKeys(now: wall)
      try await store.requeueDecided(now: wall)
      awaited.formUnion(try await store.datasetsHeld(.unknownContext))
      wantsRequeue = !awaited.isEmpty
      world.note("the centre opens as \(store.epoch)")
      turn(.requeues)
    } catch {
      world.note("the centre does not open", error, of: disk)
      dies(disk.isPowerOff ? .powerLost : .killed)
    }
  }

  private func install(_ store: CentreStore) async throws {
    try await store.install(
      definitions: world.files.definitions.map(\.definition),
      texts: world.files.definitions.map { Document(name: $0.definition.name.text, text: $0.text) },
      profiles: world.files.profiles.map(\.profile),
      profileTexts: Dictionary(
        world.files.profiles.map { ($0.profile.node, $0.text) }, uniquingKeysWith: { first, _ in first }),
      now: wall)
    _ = try await store.rederive(now: wall)
  }

  /// The watcher of the fleet's files has found others.
  func looksAtFiles() async {
    guard let store else { return }
    do {
      try await install(store)
      if world.scenario.mistake != .keepsOldFiles {
        for node in machines.keys.sorted() {
          for event in feed.rulesChanged(of: node, in: store) { handle(event, of: node) }
        }
      }
      feedChanged(store)
    } catch {
      _ = survives(error)
    }
  }

  func losesPower(afterCalls calls: Int) {
    guard calls > 0 else { return dies(.powerLost) }
    disk.cutPower(afterCalls: calls)
  }

  /// - Parameter contents: what the disk holds when the machine starts again, if it is another one.
  func dies(_ end: World.End, goesOnWith contents: [String: [UInt8]]? = nil) {
    world.note("the centre dies: \(end)")
    life += 1
    machines = [:]
    for line in lines.values.sorted(by: { $0.peer.number < $1.peer.number }) { line.cut() }
    lines = [:]
    authorised = [:]
    batches = BatchLanes()
    feeds = []
    admissions = []
    awaited = AwaitedContexts()
    wantsRequeue = false
    busy = []
    sightings = [:]
    disk.cutPower()
    try? store?.close()
    store = nil
    switch end {
    case .killed: disk.restartProcess()
    case .powerLost: chance.withGenerator { disk.restart(&$0) }
    }
    if let contents {
      disk.replace(with: contents)
      revokedKeys = []
      mistakeMemory = CentreMistakeMemory()
    }
    planned(after: chance.between(100, 8000)) { [unowned self] in await starts() }
  }

  func planned(after delay: UInt64, _ action: @escaping Timeline.Action) {
    let life = life
    world.plan(after: delay) { [unowned self] in if self.life == life { await action() } }
  }

  /// - Returns: whether the machine still runs.
  func survives(_ error: any Error) -> Bool {
    if disk.isPowerOff {
      dies(.powerLost)
      return false
    }
    world.note("the centre's store", error, of: disk)
    return true
  }

  // MARK: Lines

  func knows(key: String) -> Bool { store != nil && authorised[key] != nil }

  func received(_ bytes: [UInt8], on line: Line, of office: Office) async {
    guard store != nil, authorised[line.key] != nil else { return }
    if revokedKeys.contains(line.key) { world.violated("\(office.name) comes in with a revoked key") }
    lines[line.peer.number] = line
    do { handle(.received(line.peer, try NodeMessage(bytes: bytes)), of: office.name) } catch {
      world.violated("\(office.name) sent what is no message: \(error)")
    }
  }

  func unreachable(_ line: Line, of office: Office) {
    lines[line.peer.number] = nil
    if machines[office.name] != nil { handle(.unreachable(line.peer), of: office.name) }
  }

  // MARK: The machines

  func refreshAuthorised(_ store: CentreStore) async throws {
    let keys = try await store.authorisedKeys(now: wall)
    authorised = world.scenario.mistake == .ignoresRevocation ? authorised.merging(keys) { $1 } : keys
  }

  func handle(_ event: CentreSession.Event, of node: NodeName) {
    guard store != nil else { return }
    var machine =
      machines[node] ?? CentreSession(node: node, settings: world.scenario.bounds.centre, feedEnd: feed.end)
    let effects = machine.handle(event, at: time, wall: wall)
    machines[node] = machine.isIdle ? nil : machine
    for effect in effects { perform(effect, of: node) }
  }

  private func perform(_ effect: CentreSession.Effect, of node: NodeName) {
    switch effect {
    case .send(let peer, let message):
      if case .refusal(let refusal) = message { refused(node, refusal) }
      lines[peer.number]?.send(toOffice: message.bytes)
    case .admit(let peer, let hello, let hasAnswered):
      admissions.removeAll { $0.node == node }
      admissions.append(
        AdmissionOrder(
          node: node, peer: peer, hello: hello,
          hasAnswered: hasAnswered || world.scenario.mistake == .believesEveryHello))
      turn(.admissions)
    case .apply(let peer, let batch, let session):
      guard let store else { return }
      batches.append(
        BatchOrder(node: node, peer: peer, session: session, batch: batch), lane: store.lane(of: batch.dataset))
      if batches.count > world.offices.count * world.scenario.bounds.batchesWaitingMax {
        world.violated("\(batches.count) batches wait for the centre's store, which grows without bound")
      }
      turn(.batches)
    case .loadFeed(let peer, let session, let since, let bytesMax, let partsMax):
      feeds.append(
        FeedOrder(node: node, peer: peer, session: session, since: since, bytesMax: bytesMax, partsMax: partsMax))
      turn(.feeds)
    case .storeReport(let report): sighted(node, report: report)
    case .storeFeedAck(let cursor): sighted(node, cursor: cursor)
    case .sessionBegan(_, let session, _): world.note("session \(session) of \(node)")
    case .sessionEnded(let reason): world.note("session of \(node) ended: \(reason)")
    case .countRefusal: break
    }
  }

  /// An honest office never gives a reason for these.
  private func refused(_ node: NodeName, _ refusal: Refusal) {
    world.note("\(node) is refused: \(refusal.code.word)")
    // Its admin decides, and the office is told so. A disk that is unknown names at its next hello all that it keeps; it
    // is a case for its admin only when that does not help.
    if refusal.code == .unknownIncarnation, world.isCalm { unknown[node, default: 0] += 1 }
    let isUnknown = unknown[node, default: 0] > Self.unknownMax
    if refusal.code == .fenced || isUnknown { fenced.insert(node) }
    if isUnknown, !world.scenario.mayForgetDisks { world.violated("\(node) stays unknown: \(refusal.reason)") }
    if [.overCredit, .brokenChain, .malformed, .fenced].contains(refusal.code), !world.scenario.mayRefuse(refusal.code)
    {
      world.violated("\(node) is refused: \(refusal.code.word), \(refusal.reason)")
    }
  }

  private func sighted(_ node: NodeName, report: NodeReport? = nil, cursor: FeedCursor? = nil) {
    let before = sightings[node]
    sightings[node] = NodeSighting(
      node: node, seen: wall, report: report ?? before?.report, cursor: cursor ?? before?.cursor)
  }

  func feedChanged(_ store: CentreStore) {
    guard let growth = feed.advance(in: store) else { return }
    if world.scenario.mistake == .sleepsOverFeed { return }
    for node in machines.keys.filter(growth.concerns).sorted() { handle(.feedAdvanced(growth.end), of: node) }
  }

  /// Four times a second.
  func ticks() async {
    guard let store else { return }
    let untold = world.scenario.mistake == .sleepsOverFeed ? nil : feed.takeUntold()
    for node in machines.keys.sorted() {
      if let untold { handle(untold, of: node) }
      handle(.ticked, of: node)
    }
    turns += 1
    do {
      if turns.isMultiple(of: 8), !sightings.isEmpty {
        let waiting = sightings.values.sorted { $0.node < $1.node }
        sightings = [:]
        try await store.store(waiting, now: wall)
      }
      if turns.isMultiple(of: 40) {
        try await refreshAuthorised(store)
        if world.scenario.mistake != .neverRequeues {
          try await store.requeueDue(now: wall)
          try await quarantineChanged(store)
        }
      }
    } catch {
      _ = survives(error)
    }
  }

  func quarantineChanged(_ store: CentreStore) async throws {
    try await store.requeueDecided(now: wall)
    awaited.formUnion(try await store.datasetsHeld(.unknownContext))
    feedChanged(store)
  }
}
