import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// SIGKILL of either side and cuts of the line at random moments, while offices work.
///
/// `SIMPUL_PROCESS_SEED` repeats a run's order of faults, `SIMPUL_PROCESS_ROUNDS` makes it longer.
@Suite(.serialized) struct KillTests {
  private enum Fault: CaseIterable {
    case centreKilled, agentKilled, lineSilent, lineRefused, bothKilled
  }

  @Test func `every acknowledged record is at the centre once, whatever is killed or cut`() async throws {
    let environment = ProcessInfo.processInfo.environment
    var random = Dice(seed: environment["SIMPUL_PROCESS_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...999_999))
    let rounds = environment["SIMPUL_PROCESS_ROUNDS"].flatMap { Int($0) } ?? 12
    let seed = "SIMPUL_PROCESS_SEED=\(random.seed)"
    try await RealFleet.run { fleet in
      let office = try await fleet.open("setda")
      let district = try await fleet.open("kec-lalabata")
      // Read what the two record, and are never struck themselves.
      let personnel = try await fleet.open("bkpsdm")
      let registry = try await fleet.open("disdukcapil")
      let punches = PunchProducer(office.daemon, device: "T1")
      let steady = PunchProducer(personnel.daemon, device: "T3")
      let files = FileProducer(fleet, district, device: "T2")
      let clerk = Clerk(district.daemon)
      try await withThrowingTaskGroup(of: Void.self) { producers in
        producers.addTask { while !Task.isCancelled { try await punches.send(200) } }
        producers.addTask { while !Task.isCancelled { try await steady.send(20) } }
        producers.addTask { while !Task.isCancelled { try await files.export(100) } }
        producers.addTask { while !Task.isCancelled { try await clerk.work() } }
        for round in 0..<rounds {
          try await work(punches, by: random.next(within: 1...2000))
          let faults = Fault.allCases
          let fault = round < faults.count ? faults[round] : faults[random.next(within: 0...faults.count - 1)]
          let victim = random.next(within: 0...1) == 0 ? office : district
          try await strike(fault, fleet, victim) {
            try await work(steady, by: random.next(within: 1...400))
          }
        }
        producers.cancelAll()
        do { try await producers.waitForAll() } catch is CancellationError {}
      }
      do {
        try await fleet.agree([office, district, personnel], on: ["attendance"])
        try await fleet.agree([district, registry], on: ["population"])
      } catch { throw TestFailure("\(error) (\(seed))") }
      let acknowledged = await [punches.acknowledged, steady.acknowledged, files.acknowledged]
      try await fleet.prove(
        acknowledged: acknowledged, offered: await punches.offered + steady.offered + files.offered, seed)
      #expect(acknowledged.reduce(0) { $0 + $1.count } > 1000)
      try await fleet.prove(clerk, seed)
    }
  }

  private func strike(
    _ fault: Fault, _ fleet: RealFleet, _ victim: RealFleet.Office, _ meanwhile: () async throws -> Void
  ) async throws {
    switch fault {
    case .centreKilled:
      try await fleet.kill("centre")
      try await meanwhile()
      try await fleet.startCentre()
    case .agentKilled:
      try await fleet.kill(victim.name.text)
      try await meanwhile()
      try await fleet.start(victim)
    case .bothKilled:
      try await fleet.kill("centre")
      try await fleet.kill(victim.name.text)
      try await fleet.startCentre()
      try await fleet.start(victim)
    case .lineSilent, .lineRefused:
      await victim.relay.cut(fault == .lineSilent ? .silent : .refused)
      try await meanwhile()
      try await victim.relay.heal()
    }
  }

  // MARK: Until

  private func work(_ punches: PunchProducer, by count: Int) async throws {
    let before = await punches.acknowledged.count
    try await eventually("\(count) more punches are acknowledged") {
      await punches.acknowledged.count >= before + count
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers.
struct Dice {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  mutating func next(within range: ClosedRange<Int>) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return range.lowerBound + Int(z % UInt64(range.count))
  }
}
