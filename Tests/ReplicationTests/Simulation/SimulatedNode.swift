import Datasets
import Replication
import Wire

/// An agent: the machine, a store in memory that works off orders one after the other, and a process that dies.
final class SimulatedNode {
  private enum Order {
    case prepareHello
    case storeWelcome(Welcome)
    case loadBatch(DatasetName, after: Datasets.Sequence)
    case storeAck(Ack)
    case applyFeed(Feed)
    case sendPing(session: UInt64)
  }

  let profile: NodeProfile
  private unowned let simulation: Simulation
  var disk: NodeDisk
  var link: SimulatedLink?
  /// Counts openings of links, so that a connection that comes too late is not taken.
  private(set) var attempt = 0
  private var machine: NodeSession?
  /// Counts processes: what a dead one had planned does not happen.
  private var life = 0
  private var orders: [Order] = []
  private var isWorking = false
  private var nextTick: UInt64 = .max

  var name: NodeName { profile.node }
  var isRunning: Bool { machine != nil }

  init(profile: NodeProfile, simulation: Simulation) {
    self.profile = profile
    self.simulation = simulation
    disk = NodeDisk(profile: profile, mistake: simulation.faults.mistake)
  }

  // MARK: Process

  func start() {
    guard machine == nil else { return }
    life += 1
    disk.open(random: simulation.random.next())
    machine = NodeSession(settings: NodeSession.Settings(), seed: simulation.random.next())
    handle(.started)
  }

  /// SIGKILL: what is not on disk is lost.
  func crash() {
    guard machine != nil else { return }
    machine = nil
    orders = []
    isWorking = false
    nextTick = .max
    attempt += 1
    link?.cut()
    link = nil
  }

  func handle(_ event: NodeSession.Event) {
    guard var machine else { return }
    let effects = machine.handle(event, at: simulation.time)
    self.machine = machine
    for effect in effects { perform(effect) }
    planTick()
  }

  func received(_ bytes: [UInt8]) {
    do { handle(.received(try CentreMessage(bytes: bytes))) } catch {
      simulation.violations.append("the centre sent what is no message: \(error)")
    }
  }

  private func planTick() {
    guard let machine else { return }
    let deadline = max(machine.nextDeadline(after: simulation.time).milliseconds, simulation.now + 1)
    guard deadline < nextTick || nextTick <= simulation.now else { return }
    nextTick = deadline
    planned(after: deadline - simulation.now) { [unowned self] in
      guard nextTick == deadline else { return }
      nextTick = .max
      handle(.ticked)
    }
  }

  /// Happens only while this process lives.
  private func planned(after delay: UInt64, _ action: @escaping () -> Void) {
    let life = life
    simulation.plan(after: delay) { [unowned self] in if self.life == life, isRunning { action() } }
  }

  private func perform(_ effect: NodeSession.Effect) {
    switch effect {
    case .openLink:
      attempt += 1
      simulation.connect(self, attempt: attempt)
    case .closeLink:
      attempt += 1
      link?.close()
      link = nil
    case .send(let message): link?.send(toCentre: message.bytes)
    case .prepareHello: order(.prepareHello)
    case .storeWelcome(let welcome): order(.storeWelcome(welcome))
    case .loadBatch(let dataset, let after, _): order(.loadBatch(dataset, after: after))
    case .storeAck(let ack, _): order(.storeAck(ack))
    case .applyFeed(let feed): order(.applyFeed(feed))
    case .sendPing(let session): order(.sendPing(session: session))
    case .storeDocuments, .recordClock, .report: break
    }
  }

  // MARK: Store

  private func order(_ order: Order) {
    orders.append(order)
    work()
  }

  private func work() {
    guard !isWorking, !orders.isEmpty else { return }
    isWorking = true
    planned(after: simulation.between(1, 30)) { [unowned self] in
      let event = commit(orders.removeFirst())
      // On disk, and the process may die before anybody hears of it.
      planned(after: simulation.between(0, 5)) { [unowned self] in
        isWorking = false
        if let event { handle(event) }
        work()
      }
    }
  }

  private func commit(_ order: Order) -> NodeSession.Event? {
    if simulation.fails(simulation.faults.storeFailures) { return .storeFailed(reason: "disk") }
    defer { check() }
    switch order {
    case .prepareHello: return .helloPrepared(disk.hello(at: simulation.now))
    case .storeWelcome(let welcome):
      disk.store(welcome)
      return .welcomeStored(streams: disk.standings)
    case .loadBatch(let dataset, let after):
      let batch = disk.batch(dataset, after: after, countMax: 1 + simulation.random.below(4))
      return batch.map { .batchLoaded($0) } ?? .batchEmpty(dataset)
    case .storeAck(let ack):
      disk.store(ack)
      return nil
    case .applyFeed(let feed):
      do { try disk.apply(feed) } catch {
        simulation.violations.append("\(name) cannot apply a feed: \(error)")
      }
      return .feedApplied(feed.cursor)
    case .sendPing(let session):
      let clock = ClockReading(wall: Timestamp(milliseconds: 0), uptimeMilliseconds: simulation.now)
      link?.send(toCentre: NodeMessage.ping(Ping(session: session, clock: clock, report: NodeReport())).bytes)
      return nil
    }
  }

  private func check() {
    guard simulation.faults.centreRestores == 0 else { return }
    if let lost = disk.vanishedEdit {
      simulation.violations.append("\(name): the office's own edit vanished: \(lost)")
    }
    for definition in World.definitions {
      let applied = simulation.centre.disk.applied(name, definition.name).sequence
      if disk.acknowledged(definition.name) > applied {
        simulation.violations.append("\(name): acknowledged beyond \(applied) of \(definition.name)")
      }
    }
  }

  // MARK: Edits

  /// Somebody at the office does something to some record, through the editor and the judge of the daemon.
  func editSomething() {
    guard isRunning else { return }
    let definition = simulation.random.pick(World.definitions)
    let key = RecordKey(dataset: definition.name, record: simulation.random.pick(World.records))
    guard let change = makeChange(key, definition) else { return }
    let time = Timestamp(milliseconds: Int64(simulation.now) + Int64(simulation.random.below(4000)) - 2000)
    guard disk.append(change, to: key, time: time, isSuspect: simulation.chance(100)) else { return }
    let last = disk.last(definition.name)
    planned(after: simulation.between(0, 60)) { [unowned self] in
      handle(.appended(definition.name, lane: definition.lane, last: last))
    }
    check()
  }

  private func makeChange(_ key: RecordKey, _ definition: DatasetDefinition) -> Change? {
    let copy = disk.copies[key] ?? CopyRecord()
    let editor = RecordEditor(
      definition: definition, node: name, record: key.record, state: copy.state, own: copy.own)
    let village = Value.text(simulation.random.pick(World.villages))
    if copy.state.isEmpty {
      return try? editor.create([(Fixture.nama, .text("A")), (Fixture.wilayah, village)], source: nil)
    }
    let number = String(simulation.random.below(100))
    let version = RecordVersion(of: copy.state, record: key.record, definition: definition)
    switch simulation.random.below(10) {
    case 0: return try? editor.setLifecycle(.deleted, version: version)
    case 1: return try? editor.setLifecycle(.present, version: version)
    case 2: return try? editor.save([(Fixture.wilayah, village)], version: version)
    case 3: return try? editor.save([(Fixture.hobi, .list(of: [number]))], version: nil)
    case 4: return try? editor.resolve(Fixture.nama, value: .text(number), version: version, reason: nil)
    default:
      return try? editor.save(
        [(Fixture.alamat, .text(number)), (Fixture.nama, .text(number))], version: version)
    }
  }
}
