import Datasets
import Testing
import Wire

@testable import Agent

@Suite struct CentreClockTests {
  private func reading(_ wall: Int64, _ uptime: UInt64) -> ClockReading {
    ClockReading(wall: Timestamp(milliseconds: wall), uptimeMilliseconds: uptime)
  }

  @Test func `until the centre was measured its clock is this machine's`() {
    #expect(CentreClock().now(at: reading(5_000, 10)) == Timestamp(milliseconds: 5_000))
  }

  @Test func `a measurement goes on by the time since boot, wherever the wall clock is set meanwhile`() {
    let clock = CentreClock()
    clock.measured(offsetMilliseconds: 7_000, at: reading(5_000, 10))
    #expect(clock.now(at: reading(5_100, 110)) == Timestamp(milliseconds: 12_100))
    #expect(clock.now(at: reading(1_000_000, 210)) == Timestamp(milliseconds: 12_200))
    clock.measured(offsetMilliseconds: -1_000, at: reading(20_000, 300))
    #expect(clock.now(at: reading(0, 400)) == Timestamp(milliseconds: 19_100))
  }
}
