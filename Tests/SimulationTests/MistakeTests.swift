import Simulation
import Testing

/// The simulator is tested itself: what it is there to find, made on purpose, is found.
@Suite struct MistakeTests {
  /// The first seed, from 1 on, that notices each (`script/simulate --seed 1 --count 100 --mistakes`). What a seed means
  /// changes with the simulator; then it is looked for again.
  private static let seeds: [Mistake: UInt64] = [
    .centreAnswersBeforeSync: 1, .officeAnswersBeforeSync: 1, .acknowledgesUnapplied: 1, .trimsBeforeAck: 1,
    .passesOverFeedPart: 1, .forgetsRetraction: 7, .dropsOverlayAtAck: 61, .dropsOnHighWater: 6, .reordersLine: 7,
    .runsAheadWithCursor: 1, .neverRequeues: 100, .believesEveryHello: 42, .keepsOldFiles: 12, .sleepsOverFeed: 1,
    .sleepsOverRecords: 2, .neverTicks: 1, .neverSettles: 19, .withholdsVerdicts: 8, .keepsNewestSibling: 5,
    .remintsIncarnation: 12, .savesOverUnseen: 14, .ignoresRevocation: 8, .acknowledgesTooFar: 1,
  ]

  @Test(arguments: Mistake.allCases)
  func `a mistake made on purpose is noticed`(mistake: Mistake) async throws {
    let seed = try #require(Self.seeds[mistake])
    let verdict = try await Simulation(Scenario(seed: seed, mistake: mistake)).run()
    #expect(!verdict.isGood)
    // A story that ends badly without the mistake notices nothing.
    #expect(try await Simulation(Scenario(seed: seed)).run().isGood)
  }
}
