import Datasets
import Terminals
import Testing

@Suite struct TerminalTimeTests {
  @Test(arguments: [
    (2000, 1, 1, 0, 0), (2024, 7, 7, 3_600 + 44 * 60 + 19, 787_974_259),
    (2026, 10, 4, 7 * 3_600 + 30 * 60, 860_052_600),
  ])
  func `a terminal's clock counts months of 31 days`(year: Int, month: Int, day: Int, second: Int, number: Int) throws {
    let date = try #require(CalendarDate(year: year, month: month, day: day))
    #expect(TerminalTime.number(date, second: second) == number)
  }

  @Test func `a year that no terminal knows has no number`() throws {
    #expect(TerminalTime.number(try #require(CalendarDate(year: 1999, month: 12, day: 31)), second: 0) == nil)
  }
}
