import Datasets
import Foundation
import Replication
import Testing

/// Trouble from a seed, then calm: everything recorded is at the centre exactly once, and the copies agree.
@Suite struct SimulationTests {
  private func expectAgreement(_ seed: UInt64, _ faults: Simulation.Faults = Simulation.Faults()) {
    let simulation = Simulation(seed: seed, faults: faults)
    let difference = simulation.run()
    #expect(simulation.violations.isEmpty, "seed \(seed)")
    #expect(difference == nil, "seed \(seed)")
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `without trouble everything arrives`(seed: UInt64) {
    expectAgreement(
      seed, Simulation.Faults(cuts: 0, blackHoles: 0, nodeCrashes: 0, centreCrashes: 0, storeFailures: 0))
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func `cut links, crashes and failing disks lose and double nothing`(seed: UInt64) {
    expectAgreement(1000 + seed)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `a very bad minute ends well too`(seed: UInt64) {
    expectAgreement(
      3000 + seed,
      Simulation.Faults(
        lasting: 40_000, cuts: 25, blackHoles: 6, nodeCrashes: 15, centreCrashes: 6, storeFailures: 40,
        edits: 120))
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `a centre that is restored gets back what it lost`(seed: UInt64) {
    expectAgreement(5000 + seed, Simulation.Faults(centreRestores: 2))
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `a seed always gives the same story`(seed: UInt64) {
    let stories = (0..<2).map { _ in
      let simulation = Simulation(seed: 7000 + seed)
      _ = simulation.run()
      return (simulation.now, simulation.random.next(), simulation.centre.disk.position)
    }
    #expect(stories[0] == stories[1])
  }

  @Test(arguments: Simulation.Mistake.allCases)
  func `a deliberate mistake is noticed`(mistake: Simulation.Mistake) {
    let noticed = (0..<40 as Range<UInt64>).contains { seed in
      let restores = mistake == .trimsAcknowledged ? 1 : 0
      let simulation = Simulation(
        seed: 9000 + seed, faults: Simulation.Faults(centreRestores: restores, mistake: mistake))
      return simulation.run(calmLimit: 120_000) != nil || !simulation.violations.isEmpty
    }
    #expect(noticed)
  }

  /// `SIMPUL_SIMULATE_SEED` and `SIMPUL_SIMULATE_COUNT` ask for more than the fixed ones.
  private static let asked: Range<UInt64> = {
    let environment = ProcessInfo.processInfo.environment
    guard let seed = environment["SIMPUL_SIMULATE_SEED"].flatMap(UInt64.init) else { return 0..<0 }
    let count = environment["SIMPUL_SIMULATE_COUNT"].flatMap(UInt64.init) ?? 1
    return seed..<seed + min(count, 1_000_000)
  }()

  @Test(.enabled(if: !asked.isEmpty), arguments: asked)
  func `the seeds that were asked for agree`(seed: UInt64) {
    expectAgreement(seed, Simulation.Faults(centreRestores: Int(seed % 3)))
  }
}
