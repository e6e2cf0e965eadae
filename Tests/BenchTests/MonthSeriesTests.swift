import Datasets
import Testing
import simpul_bench

@Suite struct MonthSeriesTests {
  /// Readings of a process that is restarted every `life` days, by day and by days since its start.
  private func series(days: Int = 30, life: Int? = nil, _ value: (_ day: Int, _ age: Int) -> Double) -> MonthSeries {
    var series = MonthSeries(dayCount: days)
    for day in 1...days {
      let age = life.map { day % $0 } ?? day
      series.add(MonthSeries.Reading(day: day, age: age, value: value(day, age)))
    }
    return series
  }

  private func isClose(_ value: Double?, _ expected: Double) -> Bool {
    value.map { abs($0 - expected) < 1e-9 } ?? false
  }

  @Test func `the last third is held against the third before, and the first counts for nothing`() {
    let series = series { day, _ in day > 20 ? 30 : day > 10 ? 20 : 1_000 }
    #expect(isClose(series.ratio, 1.5))
    #expect(series.ratioAtSameAge == nil, "ages of one run never meet")
    #expect(isClose(series.increase(after: 20, through: 30), 10))
    #expect(series.increase(after: 20, through: 31) == nil)
  }

  @Test(arguments: [4, 5, 7]) func `what a process takes while it warms up is not growth over its restarts`(life: Int) {
    let series = series(life: life) { _, age in 50 + Double(min(age, 3)) * 10 }
    #expect(isClose(series.ratioAtSameAge, 1))
    #expect(isClose(self.series(life: life) { day, age in (day > 20 ? 2 : 1) * Double(50 + age) }.ratioAtSameAge, 2))
  }

  @Test(arguments: [3, 5, 7]) func `a leak shows, although every restart ends it`(life: Int) {
    #expect(isClose(series(life: life) { _, age in 40 + Double(age) * 2 }.growthPerDay, 2))
  }

  @Test func `a step, noise and what comes with the start are no leak`() {
    #expect(isClose(series(life: 7) { _, age in age == 0 ? 20 : 40 }.growthPerDay, 0))
    #expect(isClose(series { day, _ in day == 17 ? 43 : 40 }.growthPerDay, 0))
    #expect(isClose(series(life: 10) { _, age in age >= 8 ? 42 : 40 }.growthPerDay, 0))
  }

  @Test func `there is no growth where no process ran for two days`() {
    #expect(series(life: 2) { day, _ in Double(day) }.growthPerDay == nil)
    #expect(MonthSeries(dayCount: 30).ratio == nil && MonthSeries(dayCount: 30).ratioAtSameAge == nil)
  }
}
