import Simulation
import Testing

/// The simulator is tested itself: what it is there to find, made on purpose, is found.
@Suite struct MistakeTests {
  /// Within so many seeds.
  private static let seedsMax: UInt64 = 12
  /// Where to begin with those that need several things to meet: a process that dies while its hello is on a slow line,
  /// and one that comes again on a fast line.
  private static let firstSeeds: [Mistake: UInt64] = [.believesEveryHello: 31]

  @Test(arguments: Mistake.allCases)
  func `a mistake made on purpose is noticed`(mistake: Mistake) async throws {
    var noticedBy: UInt64?
    let first = Self.firstSeeds[mistake] ?? 1
    for seed in first..<first + Self.seedsMax where noticedBy == nil {
      guard try await !Simulation(Scenario(seed: seed, mistake: mistake)).run().isGood else { continue }
      // A story that ends badly without the mistake notices nothing.
      if try await Simulation(Scenario(seed: seed)).run().isGood { noticedBy = seed }
    }
    #expect(noticedBy != nil)
  }
}
