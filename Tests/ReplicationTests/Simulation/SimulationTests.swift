import Testing

/// Trouble from a seed, then calm: everything recorded is at the centre exactly once, and the copies agree.
@Suite struct SimulationTests {
  private func expectAgreement(_ seed: UInt64, _ faults: Simulation.Faults = Simulation.Faults()) {
    let simulation = Simulation(seed: seed, faults: faults)
    let difference = simulation.run()
    #expect(simulation.violations.isEmpty, "seed \(seed)")
    #expect(difference == nil, "seed \(seed)")
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `without trouble everything arrives`(seed: UInt64) {
    expectAgreement(
      seed, Simulation.Faults(cuts: 0, blackHoles: 0, nodeCrashes: 0, centreCrashes: 0, storeFailures: 0))
  }

  @Test(arguments: Simulation.Mistake.allCases)
  func `a deliberate mistake is noticed`(mistake: Simulation.Mistake) {
    let noticed = (0..<40 as Range<UInt64>).contains { seed in
      let simulation = Simulation(seed: 9000 + seed, faults: Simulation.Faults(centreRestores: mistake == .trimsAcknowledged ? 1 : 0, mistake: mistake))
      return simulation.run(calmLimit: 120_000) != nil || !simulation.violations.isEmpty
    }
    #expect(noticed)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `cut links, crashes and failing disks lose and double nothing`(seed: UInt64) {
    expectAgreement(1000 + seed)
  }

  @Test(arguments: 0..<80 as Range<UInt64>)
  func `a centre that is restored gets back what it lost`(seed: UInt64) {
    expectAgreement(5000 + seed, Simulation.Faults(centreRestores: 2))
  }
}
