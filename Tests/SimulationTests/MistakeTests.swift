import Simulation
import Testing

/// The simulator is tested itself: what it is there to find, made on purpose, is found.
@Suite struct MistakeTests {
  /// The first seed, from 1 on, that notices each (`script/simulate --seed 1 --count 450 --mistakes`). What a seed means
  /// changes with the simulator; then it is looked for again.
  private static let seeds: [Mistake: UInt64] = [
    .centreAnswersBeforeSync: 1, .officeAnswersBeforeSync: 1, .acknowledgesUnapplied: 1, .trimsBeforeAck: 1,
    .passesOverFeedPart: 4, .forgetsRetraction: 13, .dropsOverlayAtAck: 13, .dropsOnHighWater: 3, .reordersLine: 12,
    .runsAheadWithCursor: 3, .neverRequeues: 211, .believesEveryHello: 3, .keepsOldFiles: 27, .sleepsOverFeed: 2,
    .sleepsOverRecords: 7, .neverTicks: 2, .neverSettles: 12, .withholdsVerdicts: 7, .keepsNewestSibling: 13,
    .remintsIncarnation: 2, .savesOverUnseen: 20, .ignoresRevocation: 7, .acknowledgesTooFar: 2, .skipsChainCheck: 3,
    .appliesTwice: 2, .reusesEpoch: 16, .ordersByClock: 13, .stampsAtCentre: 1,
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
