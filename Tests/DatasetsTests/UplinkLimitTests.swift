import Datasets
import Testing

@Suite struct UplinkLimitTests {
  private static let limit = UplinkLimit(
    bitsPerSecond: 4_000_000,
    hours: [
      .init(
        days: [.monday, .tuesday, .wednesday, .thursday], start: 7 * 60 + 30, end: 16 * 60, bitsPerSecond: 1_000_000),
      .init(days: [.friday], start: 7 * 60 + 30, end: 16 * 60 + 30, bitsPerSecond: 500_000),
      .init(days: [.sunday], start: 0, end: 1440, bitsPerSecond: 8_000_000),
    ])

  @Test(arguments: [
    // 2026-11-23 was a Monday; Soppeng is 8 hours east of UTC.
    ("2026-11-23T07:29:59+08:00", 4_000_000), ("2026-11-23T07:30:00+08:00", 1_000_000),
    ("2026-11-23T15:59:59+08:00", 1_000_000), ("2026-11-23T16:00:00+08:00", 4_000_000),
    ("2026-11-22T23:30:00Z", 1_000_000), ("2026-11-27T16:15:00+08:00", 500_000),
    ("2026-11-26T16:15:00+08:00", 4_000_000), ("2026-11-28T12:00:00+08:00", 4_000_000),
    ("2026-11-29T00:00:00+08:00", 8_000_000), ("2026-11-29T23:59:59+08:00", 8_000_000),
    ("1969-12-29T08:00:00+08:00", 1_000_000),
  ])
  func `a limit of some hours holds in them, by the time of the regency`(instant: String, bitsPerSecond: Int) throws {
    let instant = try #require(ZonedInstant(instant, defaultOffsetMinutes: nil))
    #expect(Self.limit.bitsPerSecond(at: instant.timestamp) == bitsPerSecond)
  }

  @Test func `without hours the one limit holds always, and none is none`() throws {
    let instant = try #require(ZonedInstant("2026-11-23T09:00:00+08:00", defaultOffsetMinutes: nil)).timestamp
    #expect(UplinkLimit(bitsPerSecond: 5).bitsPerSecond(at: instant) == 5)
    #expect(UplinkLimit().bitsPerSecond(at: instant) == nil)
    let onlyByDay = UplinkLimit(hours: [.init(days: [.monday], start: 0, end: 600, bitsPerSecond: 7)])
    #expect(onlyByDay.bitsPerSecond(at: instant) == 7)
    #expect(onlyByDay.bitsPerSecond(at: instant.advanced(byMilliseconds: 3_600_000)) == nil)
  }
}
