import Datasets
import Replication
import Wire

/// An aggregator: a machine per node, a store in memory that works off orders one after the other.
final class SimulatedCentre {
  private enum Order {
    case admit(CentreSession.Peer, Hello, SimulatedNode)
    case apply(CentreSession.Peer, Batch, session: UInt64, SimulatedNode)
    case loadFeed(CentreSession.Peer, session: UInt64, since: UInt64, SimulatedNode)
  }

  private unowned let simulation: Simulation
  private(set) var disk: Disk
  private var machines: [NodeName: CentreSession] = [:]
  private var orders: [Order] = []
  private var isWorking = false
  private var life = 0
  private var sessionCount: UInt64 = 0

  init(simulation: Simulation) {
    self.simulation = simulation
    disk = Disk()
    disk.open(random: simulation.random.next())
  }

  // MARK: Process

  /// Dies and comes back: with its disk, or with an earlier one.
  func restart(from backup: Disk?) {
    life += 1
    machines = [:]
    orders = []
    isWorking = false
    if let backup { disk = backup }
    disk.open(random: simulation.random.next())
  }

  func tick() { for node in simulation.nodes where machines[node.name] != nil { handle(.ticked, node) } }

  func received(_ bytes: [UInt8], from peer: CentreSession.Peer, of node: SimulatedNode) {
    do { handle(.received(peer, try NodeMessage(bytes: bytes)), node) } catch {
      simulation.violations.append("\(node.name) sent what is no message: \(error)")
    }
  }

  func unreachable(_ peer: CentreSession.Peer, of node: SimulatedNode) {
    if machines[node.name] != nil { handle(.unreachable(peer), node) }
  }

  private func handle(_ event: CentreSession.Event, _ node: SimulatedNode) {
    var machine =
      machines[node.name]
      ?? CentreSession(node: node.name, settings: CentreSession.Settings(), feedEnd: disk.position)
    let effects = machine.handle(
      event, at: simulation.time, wall: Timestamp(milliseconds: Int64(simulation.now)))
    machines[node.name] = machine.isIdle ? nil : machine
    for effect in effects { perform(effect, node) }
  }

  private func perform(_ effect: CentreSession.Effect, _ node: SimulatedNode) {
    switch effect {
    case .send(let peer, let message):
      if let link = node.link, link.peer == peer { link.send(toNode: message.bytes) }
      if case .refusal(let refusal) = message, [.overCredit, .brokenChain, .malformed].contains(refusal.code) {
        simulation.violations.append("\(node.name) is refused: \(refusal.reason)")
      }
    case .admit(let peer, let hello): order(.admit(peer, hello, node))
    case .apply(let peer, let batch, let session): order(.apply(peer, batch, session: session, node))
    case .loadFeed(let peer, let session, let since, _):
      order(.loadFeed(peer, session: session, since: since, node))
    case .storeReport, .storeFeedAck, .sessionBegan, .sessionEnded, .countRefusal: break
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
    planned(after: simulation.between(1, 20)) { [unowned self] in
      let (event, node) = commit(orders.removeFirst())
      planned(after: simulation.between(0, 5)) { [unowned self] in
        isWorking = false
        handle(event, node)
        for other in simulation.nodes where machines[other.name] != nil {
          handle(.feedAdvanced(disk.position), other)
        }
        work()
      }
    }
  }

  private func apply(_ batch: Batch, of node: SimulatedNode) -> CentreSession.BatchAnswer {
    switch simulation.faults.mistake {
    case .answersBeforeCommit:
      var later = disk
      let answer = later.apply(batch, of: node.profile)
      planned(after: simulation.between(0, 400)) { [unowned self] in _ = disk.apply(batch, of: node.profile) }
      return answer
    case .appliesTwice:
      disk.forgetLastApplied(node.name, batch.dataset)
      return disk.apply(batch, of: node.profile)
    default:
      return disk.apply(batch, of: node.profile)
    }
  }

  private func planned(after delay: UInt64, _ action: @escaping () -> Void) {
    let life = life
    simulation.plan(after: delay) { [unowned self] in if self.life == life { action() } }
  }

  private func commit(_ order: Order) -> (CentreSession.Event, SimulatedNode) {
    switch order {
    case .admit(let peer, let hello, let node):
      sessionCount += 1
      return (.admitted(peer, disk.admission(of: node.name, hello, session: sessionCount)), node)
    case .apply(let peer, let batch, let session, let node):
      let answer = apply(batch, of: node)
      return (.batchAnswered(peer, session: session, bytes: batch.entries.bytes.count, answer), node)
    case .loadFeed(let peer, let session, let since, let node):
      let page = disk.page(since: since, for: node.profile, countMax: 1 + simulation.random.below(4))
      return (.feedLoaded(peer, session: session, page), node)
    }
  }
}
