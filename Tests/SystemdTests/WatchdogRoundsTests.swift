import Testing

@testable import Systemd

@Suite struct WatchdogRoundsTests {
  private func rounds() -> WatchdogRounds {
    WatchdogRounds(names: ["store", "transport"], deadline: .seconds(7))
  }

  @Test func `a round feeds when its last check comes back advancing`() {
    var rounds = rounds()
    #expect(rounds.roundBegan() == [0, 1])
    #expect(rounds.checkFinished(1, .advancing) == nil)
    #expect(rounds.checkFinished(0, .advancing) == .feed)
  }

  @Test func `a part that stands still withholds the feed at once, by name`() {
    var rounds = rounds()
    _ = rounds.roundBegan()
    _ = rounds.checkFinished(0, .advancing)
    let verdict = rounds.checkFinished(1, .stalled("no turn for 40 s"))
    #expect(verdict == .withhold([WatchdogComplaint(check: "transport", reason: "no turn for 40 s")]))
  }

  @Test func `a check that does not come back withholds the feed at the deadline`() {
    var rounds = rounds()
    _ = rounds.roundBegan()
    _ = rounds.checkFinished(0, .advancing)
    let verdict = rounds.deadlinePassed(rounds.number)
    #expect(
      verdict
        == .withhold([WatchdogComplaint(check: "transport", reason: "did not answer within 7.0 seconds")]))
  }

  @Test func `a check that is still out is not asked a second time`() {
    var rounds = rounds()
    _ = rounds.roundBegan()
    _ = rounds.checkFinished(0, .advancing)
    _ = rounds.deadlinePassed(1)
    #expect(rounds.roundBegan() == [0])
    #expect(rounds.checkFinished(0, .advancing) == nil)
    #expect(rounds.checkFinished(1, .advancing) == .feed)
    #expect(rounds.roundBegan() == [0, 1])
  }

  @Test func `an answer between rounds counts for none`() {
    var rounds = rounds()
    _ = rounds.roundBegan()
    _ = rounds.checkFinished(0, .advancing)
    _ = rounds.deadlinePassed(1)
    #expect(rounds.checkFinished(1, .advancing) == nil)
    #expect(rounds.roundBegan() == [0, 1])
    #expect(rounds.checkFinished(1, .advancing) == nil)
  }

  @Test func `the deadline of an earlier round changes nothing`() {
    var rounds = rounds()
    _ = rounds.roundBegan()
    _ = rounds.checkFinished(0, .advancing)
    _ = rounds.checkFinished(1, .advancing)
    _ = rounds.roundBegan()
    #expect(rounds.deadlinePassed(1) == nil)
    #expect(rounds.deadlinePassed(2) != nil)
    #expect(rounds.deadlinePassed(2) == nil)
  }
}
