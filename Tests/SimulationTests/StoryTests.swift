import Simulation
import Testing

/// A few seeds; `script/simulate` tells more.
@Suite struct StoryTests {
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `whatever happens, everybody agrees in the end and nothing that was promised is lost`(seed: UInt64) async throws
  {
    let verdict = try await Simulation(Scenario(seed: seed)).run()
    #expect(verdict.failures == [], "\(verdict.scenario.words)")
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func `a seed is always the same story`(seed: UInt64) async throws {
    let first = try await Simulation(Scenario(seed: seed)).run()
    let second = try await Simulation(Scenario(seed: seed)).run()
    #expect(first.trace.hash == second.trace.hash)
  }
}
