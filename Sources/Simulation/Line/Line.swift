import Datasets
import Replication

/// One TCP connection: in order, and then not at all. What it had on its way may arrive after its end.
final class Line {
  let peer: CentreSession.Peer
  /// The key that opened it.
  let key: String
  private let office: Office
  private unowned let world: World
  private let chance: Chance
  /// Whether the office has it open.
  private var isOpen = true
  /// Whether anything gets through.
  private var isThrough = true
  private var arrivals: (centre: UInt64, office: UInt64) = (0, 0)
  /// How much later what is on its way to the centre comes, once the line is closed, in milliseconds.
  private var lateness: UInt64 = 0
  /// The slowest that a message takes, in milliseconds.
  private let delayMost: UInt64

  init(number: UInt64, office: Office, key: String, world: World, chance: Chance) {
    peer = CentreSession.Peer(number: number)
    self.office = office
    self.key = key
    self.world = world
    self.chance = chance
    delayMost = chance.happens(100) ? 3000 : 80
  }

  /// Some messages come twice, for a while. Loss and another order within a connection are mistakes (`Mistake`): TCP does
  /// neither, and the protocol counts on it.
  private var copies: Int { world.now < office.doublingUntil && chance.happens(100) ? 2 : 1 }

  func send(toCentre bytes: [UInt8]) { for _ in 0..<copies { carry(toCentre: bytes) } }

  private func carry(toCentre bytes: [UInt8]) {
    if world.makes(.reordersLine, chance, 30) { arrivals.centre = 0 }
    arrivals.centre = max(arrivals.centre, world.now + chance.between(5, delayMost))
    world.plan(after: arrivals.centre - world.now) { [self] in
      if lateness == 0 { return await arrives(bytes) }
      world.plan(after: lateness) { [self] in await arrives(bytes) }
    }
  }

  /// What the office had sent before it closed may still arrive.
  private func arrives(_ bytes: [UInt8]) async {
    if isThrough { await world.centre.received(bytes, on: self, of: office) }
  }

  func send(toOffice bytes: [UInt8]) { for _ in 0..<copies { carry(toOffice: bytes) } }

  private func carry(toOffice bytes: [UInt8]) {
    if world.makes(.dropsOnHighWater, chance, 30) { return }
    if world.makes(.reordersLine, chance, 30) { arrivals.office = 0 }
    arrivals.office = max(arrivals.office, world.now + chance.between(5, delayMost))
    world.plan(after: arrivals.office - world.now) { [self] in
      if isOpen, isThrough, office.line === self { office.received(bytes) }
    }
  }

  /// Both ends learn of it, each in its time.
  func cut() {
    guard isThrough else { return }
    isThrough = false
    world.plan(after: chance.between(0, 300)) { [self] in
      if isOpen, office.line === self { office.lineClosed("cut") }
    }
    world.plan(after: chance.between(0, 300)) { [self] in world.centre.unreachable(self, of: office) }
  }

  /// Nothing arrives any more and nobody is told.
  func swallow() { isThrough = false }

  /// The office closed it, or died; often the centre hears.
  ///
  /// - Parameter lateness: how long the network holds up what the office had sent, in milliseconds.
  func close(heldUpFor lateness: UInt64 = 0) {
    isOpen = false
    self.lateness = lateness
    let hears = isThrough && chance.happens(700)
    let most = delayMost + 20
    world.plan(after: lateness > 0 ? most + lateness : chance.between(5, most)) { [self] in
      isThrough = false
      if hears { world.centre.unreachable(self, of: office) }
    }
  }
}
