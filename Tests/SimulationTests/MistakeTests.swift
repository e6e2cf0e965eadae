import Simulation
import Testing

/// The simulator is tested itself: what it is there to find, made on purpose, is found.
@Suite struct MistakeTests {
  /// Within so many seeds.
  private static let seedsMax: UInt64 = 12

  @Test(arguments: Mistake.allCases)
  func `a mistake made on purpose is noticed`(mistake: Mistake) async throws {
    var noticedBy: UInt64?
    for seed in 1...Self.seedsMax where noticedBy == nil {
      guard try await !Simulation(Scenario(seed: seed, mistake: mistake)).run().isGood else { continue }
      // A story that ends badly without the mistake notices nothing.
      if try await Simulation(Scenario(seed: seed)).run().isGood { noticedBy = seed }
    }
    #expect(noticedBy != nil)
  }
}
