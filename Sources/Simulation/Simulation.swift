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
  private let disksPath: String?

  /// - Parameters:
  ///   - keepsLines: whether the verdict's trace can be read.
  ///   - disksPath: a directory into which the files of every disk are written at the end, as sqlite3(1) reads them.
  package init(_ scenario: Scenario, keepsLines: Bool = false, keepsDisksAt disksPath: String? = nil) {
    self.scenario = scenario
    self.keepsLines = keepsLines
    self.disksPath = disksPath
  }

  /// - Throws: when the simulation itself cannot be set up.
  package func run() async throws -> Verdict {
    let world = try World(scenario, keepsLines: keepsLines)
    defer { world.remove() }
    let difference = await world.run()
    if let disksPath { try world.keepDisks(at: disksPath) }
    return Verdict(
      scenario: scenario, failures: world.violations + (difference.map { ["no agreement: \($0)"] } ?? []),
      trace: world.trace, lasted: world.now, steps: world.stepCount)
  }
}
