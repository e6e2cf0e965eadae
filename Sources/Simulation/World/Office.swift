import Datasets
import NodeStorage
import Replication
import Sessions
import Synchronization
import Wire

/// An agent: the real machine and store on a simulated disk, in a process that dies.
final class Office {
  let profile: NodeProfile
  /// A second machine with a copy of an office's disk: what people do there is promised to nobody, because the copy is
  /// thrown away.
  let isTwin: Bool
  unowned let world: World
  let disk: SimulatedDisk
  let chance: Chance
  /// Public, as enrolled.
  private(set) var key: String
  private let number: Int
  private var keyVersion = 1
  /// Until when nobody reaches it.
  var partedUntil: UInt64 = 0
  /// Until when its lines double messages.
  var doublingUntil: UInt64 = 0
  /// How long the network holds up its next hello, in milliseconds; its process dies as soon as that is sent. Nil where it
  /// lives on.
  var diesGreeting: UInt64?
  private(set) var line: Line?
  /// Nil while the process does not run.
  private(set) var store: NodeStore?
  private(set) var work: StoreWork?
  var machine: NodeSession?
  /// Counts processes: what a dead one had planned does not happen.
  private(set) var life = 0
  private(set) var hasLeft = false
  /// Whether the centre has ever welcomed it.
  var wasWelcomed = false
  /// Counts openings of lines, so that one that comes too late is not taken.
  private var attempt = 0
  var orders: [StoreOrder] = []
  var queue = StoreQueue()
  var measure = StoreWork.LinkMeasure()
  var isWorking = false
  private var nextTick: UInt64 = .max
  /// What the next opening draws in place of the seed's next bits: a machine that goes on from a snapshot opens nothing
  /// anew, so it has the incarnation that it had.
  private var nextRandom: UInt64?
  /// Counts starts of the machine.
  private var boot = 1
  private var bootedAt: UInt64 = 0
  /// How far the wall clock is off, and how many milliseconds it gains in a second.
  private var wallOffset: (milliseconds: Int64, gain: Int64) = (0, 0)
  /// What the store's environment reads; set before every step of this office.
  private let clock: Mutexed<ClockReading>
  /// `fleet.keys` in the data directory.
  private let fleetKeys = Mutexed<[FleetKey]>([])

  var name: NodeName { profile.node }

  /// Between two turns of housekeeping.
  private static let trimMilliseconds: UInt64 = 5000

  init(_ profile: NodeProfile, number: Int, world: World) throws {
    self.profile = profile
    isTwin = false
    self.world = world
    disk = try SimulatedDisk()
    if world.scenario.mistake == .officeAnswersBeforeSync { disk.ignoreSyncs() }
    chance = Chance(seed: world.scenario.seed, "office \(number)")
    self.number = number
    key = Self.key(number, 1)
    clock = Mutexed(ClockReading(wall: World.beginning, uptimeMilliseconds: 0))
  }

  /// A second machine with a copy of an office's disk, key and all.
  init(twinOf office: Office) throws {
    profile = office.profile
    isTwin = true
    world = office.world
    disk = try SimulatedDisk()
    disk.replace(with: office.disk.contents)
    chance = Chance(seed: world.scenario.seed, "twin of office \(office.number)")
    number = office.number
    key = office.key
    keyVersion = office.keyVersion
    boot = office.boot + 1_000_000
    bootedAt = world.now
    clock = Mutexed(ClockReading(wall: World.beginning, uptimeMilliseconds: 0))
    fleetKeys.set(office.fleetKeys.get())
  }

  func remove() {
    try? store?.close()
    disk.remove()
    // Each holds the other.
    line = nil
  }

  /// 40 characters, as Z85 has for a key.
  private static func key(_ number: Int, _ version: Int) -> String {
    let text = "office\(number)key\(version)"
    return text + String(repeating: "-", count: max(0, 40 - text.utf8.count))
  }

  // MARK: Clocks

  func reading() -> ClockReading {
    let off = wallOffset.milliseconds + Int64(world.now) / 1000 * wallOffset.gain
    let reading = ClockReading(
      wall: World.beginning.advanced(byMilliseconds: Int64(world.now) + off),
      uptimeMilliseconds: world.now - bootedAt + 1)
    clock.set(reading)
    return reading
  }

  /// Somebody sets the wall clock, or it begins to go wrong.
  func setClock(_ chance: Chance) {
    switch chance.below(4) {
    case 0: wallOffset.milliseconds = -World.beginning.milliseconds
    case 1: wallOffset.milliseconds = Int64(chance.between(0, 4)) * 31_536_000_000 - 63_072_000_000
    case 2: wallOffset.milliseconds = Int64(chance.between(0, 1_200_000)) - 600_000
    default: wallOffset.gain = Int64(chance.between(0, 40)) - 20
    }
  }

  private var time: MonotonicTime { MonotonicTime(milliseconds: world.now - bootedAt + 1) }

  // MARK: Process

  /// Happens only while this process lives.
  func planned(after delay: UInt64, _ action: @escaping Timeline.Action) {
    let life = life
    world.plan(after: delay) { [unowned self] in if self.life == life { await action() } }
  }

  func starts() async {
    guard store == nil else { return }
    let chance = chance
    let clock = clock
    let fleetKeys = fleetKeys
    let disk = disk
    var opened: NodeStore?
    let random = nextRandom ?? chance.bits()
    nextRandom = nil
    do {
      let store = try await NodeStore.open(
        path: disk.root + "agent.sqlite", node: name,
        random: world.scenario.mistake == .remintsIncarnation ? 7 : random,
        boot: BootIdentity(id: "boot \(boot)", startedAt: World.beginning.advanced(byMilliseconds: Int64(bootedAt))),
        now: reading(), limits: world.scenario.bounds.store, freeBytes: { disk.freeBytes })
      opened = store
      let catalogue = Catalogue()
      _ = try await catalogue.install(from: store, fleetKeys: fleetKeys.get())
      self.store = store
      work = StoreWork(
        store: store, catalogue: catalogue, softwareVersion: "0",
        surroundings: StoreWork.Surroundings(
          clock: { clock.get() }, random: { chance.bits() }, freeBytes: { disk.freeBytes },
          storeFleetKeys: { fleetKeys.set($0) }),
        logger: world.logger)
      machine = NodeSession(settings: world.scenario.bounds.session, seed: chance.bits())
      world.note("\(name) opens as \(store.incarnation)")
      handle(.started)
      planTrims()
    } catch {
      store = opened
      if !disk.isPowerOff { world.note("\(name) does not open", error, of: disk) }
      dies(disk.isPowerOff ? .powerLost : .killed)
    }
  }

  /// The power goes at the so-manieth call of the file system; at once where none comes.
  func losesPower(afterCalls calls: Int) {
    guard calls > 0 else { return dies(.powerLost) }
    disk.cutPower(afterCalls: calls)
  }

  /// Takes a new key; the old one counts no more.
  func takesNewKey() {
    keyVersion += 1
    key = Self.key(number, keyVersion)
  }

  /// - Parameters:
  ///   - contents: what the disk holds when the machine starts again, if it is another one.
  ///   - random: what its store draws when it opens; nil for the seed's next.
  func dies(_ end: World.End, goesOnWith contents: [String: [UInt8]]? = nil, drawing random: UInt64? = nil) {
    world.note("\(name) dies: \(end)")
    ends()
    switch end {
    case .killed: disk.restartProcess()
    case .powerLost:
      chance.withGenerator { disk.restart(&$0) }
      boot += 1
      bootedAt = world.now
    }
    if let contents { disk.replace(with: contents) }
    nextRandom = random
    planned(after: chance.between(100, 5000)) { [unowned self] in await starts() }
  }

  private func diesNow(heldUpFor lateness: UInt64) {
    diesGreeting = nil
    line?.close(heldUpFor: lateness)
    line = nil
    // The machine is in the middle of something.
    planned(after: 0) { [unowned self] in dies(.killed) }
  }

  /// The machine is taken away for good.
  func leaves() {
    ends()
    hasLeft = true
  }

  private func ends() {
    life += 1
    attempt += 1
    machine = nil
    orders = []
    queue = StoreQueue()
    measure = StoreWork.LinkMeasure()
    isWorking = false
    nextTick = .max
    line?.close()
    line = nil
    // First, or closing would bring the log into the file as a clean end does.
    disk.cutPower()
    try? store?.close()
    store = nil
    work = nil
  }

  /// What the store threw: the end of this machine where the power is off, else for the caller to tell.
  ///
  /// - Returns: whether the machine still runs.
  func survives(_ error: any Error) -> Bool {
    if disk.isPowerOff {
      dies(.powerLost)
      return false
    }
    world.note("\(name) store", error, of: disk)
    return true
  }

  // MARK: The machine

  func handle(_ event: NodeSession.Event) {
    guard var machine else { return }
    let effects = machine.handle(event, at: time)
    self.machine = machine
    for effect in effects { perform(effect) }
    planTick()
  }

  private func perform(_ effect: NodeSession.Effect) {
    if let order = StoreOrder(effect) { return self.order(order) }
    switch effect {
    case .openLink:
      attempt += 1
      world.connect(self, attempt: attempt)
    case .closeLink:
      attempt += 1
      line?.close()
      line = nil
    case .send(let message):
      line?.send(toCentre: message.bytes)
      if case .hello = message, let lateness = diesGreeting { diesNow(heldUpFor: lateness) }
    case .report(let phase): world.note("\(name) \(phase)")
    default: break
    }
  }

  /// What the agent's housekeeping does now and then.
  private func planTrims() {
    planned(after: Self.trimMilliseconds) { [unowned self] in
      guard let store else { return }
      do {
        _ = reading()
        while try await store.trim(now: clock.get()) {}
        planTrims()
      } catch {
        if survives(error) { planTrims() }
      }
    }
  }

  private func planTick() {
    guard let machine, world.scenario.mistake != .neverTicks else { return }
    let deadline = machine.nextDeadline(after: time).milliseconds
    let at = max(deadline &+ bootedAt &- 1, world.now + 1)
    guard at < nextTick || nextTick <= world.now, at < .max / 4 else { return }
    nextTick = at
    planned(after: at - world.now) { [unowned self] in
      guard nextTick == at else { return }
      nextTick = .max
      handle(.ticked)
    }
  }

  func appended(_ dataset: DatasetName, lane: DatasetDefinition.Lane, last: Datasets.Sequence) {
    if world.scenario.mistake == .sleepsOverRecords { return }
    planned(after: chance.between(0, 60)) { [unowned self] in handle(.appended(dataset, lane: lane, last: last)) }
  }

  // MARK: The line

  func isConnecting(_ attempt: Int) -> Bool { machine != nil && self.attempt == attempt && line == nil }

  func lineOpened(_ line: Line) {
    self.line = line
    handle(.linkOpened)
  }

  func lineClosed(_ reason: String) {
    line?.close()
    line = nil
    handle(.linkClosed(reason: reason))
  }

  func received(_ bytes: [UInt8]) {
    do { handle(.received(try CentreMessage(bytes: bytes))) } catch {
      world.violated("the centre sent \(name) what is no message: \(error)")
    }
  }
}
