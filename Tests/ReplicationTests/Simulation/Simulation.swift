import Datasets
import Replication
import Wire

/// A centre and a few nodes in one thread on virtual time: the machines of the daemons, stores in memory, and links,
/// disks and processes that fail. Everything follows from one seed.
final class Simulation {
  /// What a store might get wrong: each must be noticed, or this simulation proves nothing.
  enum Mistake: CaseIterable {
    /// The centre answers, and only then writes to its disk.
    case answersBeforeCommit
    /// The node ends overlays by the position in the ack, complete or not.
    case endsOverlaysByPosition
    /// The node forgets what was acknowledged at once, although the centre may be restored.
    case trimsAcknowledged
    /// The centre applies what it has already.
    case appliesTwice
  }

  /// What goes wrong, and for how long.
  struct Faults {
    var lasting: UInt64 = 90_000
    var cuts = 8
    var blackHoles = 3
    var nodeCrashes = 6
    var centreCrashes = 2
    /// The centre's disk goes back to an earlier day.
    var centreRestores = 0
    /// In thousandths: how often an order of a node's store fails.
    var storeFailures = 5
    var edits = 60
    var mistake: Mistake?
  }

  private struct Planned {
    let at: UInt64
    let order: Int
    let action: () -> Void
  }

  private(set) var now: UInt64 = 1000
  var random: SplitMix64
  private var planned: [Planned] = []
  private var plannedCount = 0
  private var linkCount: UInt64 = 0
  private(set) var isCalm = false
  let faults: Faults
  private(set) var nodes: [SimulatedNode] = []
  private(set) lazy var centre = SimulatedCentre(simulation: self)
  /// What must never happen, in words.
  var violations: [String] = []

  init(seed: UInt64, faults: Faults = Faults()) {
    random = SplitMix64(seed: seed)
    self.faults = faults
    for profile in World.profiles {
      nodes.append(SimulatedNode(profile: profile, simulation: self))
    }
  }

  var time: MonotonicTime { MonotonicTime(milliseconds: now) }

  func plan(after delay: UInt64, _ action: @escaping () -> Void) {
    plannedCount += 1
    let next = Planned(at: now + delay, order: plannedCount, action: action)
    var low = 0
    var high = planned.count
    // Latest first, so that the next one is taken from the end.
    while low < high {
      let middle = (low + high) / 2
      if (planned[middle].at, planned[middle].order) > (next.at, next.order) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    planned.insert(next, at: low)
  }

  func between(_ least: UInt64, _ most: UInt64) -> UInt64 {
    least + random.next(upperBound: most - least + 1)
  }
  func chance(_ thousandths: Int) -> Bool { random.below(1000) < thousandths }

  /// Whether something that goes wrong so often goes wrong now.
  func fails(_ thousandths: Int) -> Bool { !isCalm && chance(thousandths) }

  // MARK: Running

  /// Trouble first, then calm until everything agrees.
  /// - Returns: what kept it from agreeing, nil when it does.
  func run(calmLimit: UInt64 = 600_000) -> String? {
    for node in nodes { node.start() }
    planTicks()
    planTrouble()
    step(until: now + faults.lasting)
    isCalm = true
    for node in nodes { node.start() }
    let end = now + calmLimit
    var difference: String? = "not looked at"
    while now < end, difference != nil {
      step(until: now + 5000)
      difference = Convergence.difference(centre: centre, nodes: nodes)
    }
    return difference
  }

  private func step(until end: UInt64) {
    while let next = planned.last, next.at <= end, violations.isEmpty {
      planned.removeLast()
      now = max(now, next.at)
      next.action()
    }
    now = max(now, end)
  }

  private func planTicks() {
    plan(after: 500) { [unowned self] in
      centre.tick()
      planTicks()
    }
  }

  private func planTrouble() {
    func plan(_ count: Int, _ action: @escaping () -> Void) {
      for _ in 0..<count { self.plan(after: between(0, faults.lasting), action) }
    }
    plan(faults.edits) { [unowned self] in random.pick(nodes).editSomething() }
    plan(faults.cuts) { [unowned self] in random.pick(nodes).link?.cut() }
    plan(faults.blackHoles) { [unowned self] in random.pick(nodes).link?.swallow() }
    plan(faults.nodeCrashes) { [unowned self] in
      let node = random.pick(nodes)
      node.crash()
      self.plan(after: between(10, 5000)) { node.start() }
    }
    plan(faults.centreCrashes) { [unowned self] in
      cutAll()
      centre.restart(from: nil)
    }
    for _ in 0..<faults.centreRestores {
      let day = between(0, faults.lasting)
      var backup: SimulatedCentre.Disk?
      self.plan(after: day) { [unowned self] in backup = centre.disk }
      self.plan(after: between(day, faults.lasting + 1)) { [unowned self] in
        cutAll()
        centre.restart(from: backup)
      }
    }
  }

  private func cutAll() { for node in nodes { node.link?.cut() } }

  // MARK: Links

  /// Opens a link, or says why not, after a while.
  func connect(_ node: SimulatedNode, attempt: Int) {
    plan(after: between(5, 200)) { [unowned self] in
      guard node.attempt == attempt, node.isRunning else { return }
      if fails(100) { return node.handle(.linkClosed(reason: "no route")) }
      linkCount += 1
      node.link = SimulatedLink(number: linkCount, node: node, simulation: self)
      node.handle(.linkOpened)
    }
  }
}

/// A TCP connection: in order, and then not at all.
final class SimulatedLink {
  let peer: CentreSession.Peer
  private unowned let node: SimulatedNode
  private unowned let simulation: Simulation
  private var isOpen = true
  private var arrivals: (centre: UInt64, node: UInt64) = (0, 0)

  init(number: UInt64, node: SimulatedNode, simulation: Simulation) {
    peer = CentreSession.Peer(number: number)
    self.node = node
    self.simulation = simulation
  }

  func send(toCentre bytes: [UInt8]) {
    arrivals.centre = max(arrivals.centre, simulation.now + simulation.between(5, 80))
    simulation.plan(after: arrivals.centre - simulation.now) { [self] in
      if isOpen { simulation.centre.received(bytes, from: peer, of: node) }
    }
  }

  func send(toNode bytes: [UInt8]) {
    arrivals.node = max(arrivals.node, simulation.now + simulation.between(5, 80))
    simulation.plan(after: arrivals.node - simulation.now) { [self] in
      if isOpen, node.link === self { node.received(bytes) }
    }
  }

  /// Both ends learn of it; what was on its way is lost.
  func cut() {
    guard isOpen else { return }
    isOpen = false
    simulation.plan(after: simulation.between(0, 300)) { [self] in
      if node.link === self, node.isRunning { node.handle(.linkClosed(reason: "cut")) }
    }
    simulation.plan(after: simulation.between(0, 300)) { [self] in
      simulation.centre.unreachable(peer, of: node)
    }
  }

  /// Nothing arrives any more and nobody is told.
  func swallow() { isOpen = false }

  /// The node closed it; often the centre hears.
  func close() {
    isOpen = false
    if simulation.chance(700) {
      simulation.plan(after: simulation.between(5, 80)) { [self] in
        simulation.centre.unreachable(peer, of: node)
      }
    }
  }
}
