/// Tells the story of one seed and says how it ended.
package struct Simulation: Sendable {
  /// How a story ended.
  package struct Verdict: Sendable {
    package let scenario: Scenario
    /// What must never happen and did, or what kept everybody from agreeing; empty when all is well.
    package let failures: [String]
    package let trace: Trace
    /// Virtual milliseconds.
    package let lasted: UInt64
    package let steps: UInt64

    package var isGood: Bool { failures.isEmpty }
  }

  package let scenario: Scenario
  private let keepsLines: Bool

  /// - Parameter keepsLines: whether the verdict's trace can be read.
  package init(_ scenario: Scenario, keepsLines: Bool = false) {
    self.scenario = scenario
    self.keepsLines = keepsLines
  }

  /// - Throws: when the simulation itself cannot be set up.
  package func run() async throws -> Verdict {
    let world = try World(scenario, keepsLines: keepsLines)
    defer { world.remove() }
    let difference = await world.run()
    return Verdict(
      scenario: scenario, failures: world.violations + (difference.map { ["no agreement: \($0)"] } ?? []),
      trace: world.trace, lasted: world.now, steps: world.stepCount)
  }
}
