/// One measure of one daemon, or of its store, over the days of a month.
///
/// The last third of the days is held against the third before it: days 21 to 30 against days 11 to 20 of thirty.
package struct MonthSeries: Sendable {
  package struct Reading: Sendable {
    /// Counted from 1.
    package var day: Int
    /// How many days the process had run when it was read: 0 on the day of its start.
    package var age: Int
    package var value: Double

    package init(day: Int, age: Int, value: Double) {
      self.day = day
      self.age = age
      self.value = value
    }
  }

  /// In the month.
  package let dayCount: Int
  package private(set) var readings: [Reading] = []

  /// - Parameter dayCount: a multiple of three.
  package init(dayCount: Int) { self.dayCount = dayCount }

  package mutating func add(_ reading: Reading) { readings.append(reading) }

  /// The mean of the last third of the days over the mean of the third before; nil where one has no reading.
  package var ratio: Double? {
    guard let last = Self.mean(lastThird.map(\.value)), let before = Self.mean(middleThird.map(\.value)), before > 0
    else { return nil }
    return last / before
  }

  /// The same of a process that was restarted meanwhile, which is a new series: only readings of processes that had run
  /// as many days are held against each other, and each of these ages counts once. Nil where no age is in both.
  package var ratioAtSameAge: Double? {
    let last = Dictionary(grouping: lastThird, by: \.age)
    let before = Dictionary(grouping: middleThird, by: \.age)
    let pairs = last.keys.sorted().compactMap { age -> (last: Double, before: Double)? in
      guard let mean = Self.mean(last[age]?.map(\.value) ?? []),
        let earlier = Self.mean(before[age]?.map(\.value) ?? [])
      else { return nil }
      return (mean, earlier)
    }
    let earlier = pairs.reduce(0) { $0 + $1.before }
    return earlier > 0 ? pairs.reduce(0) { $0 + $1.last } / earlier : nil
  }

  /// How much the value grows in a day while a process runs: the median over all pairs of days of one run (Theil–Sen), so
  /// that neither a restart nor a step counts as growth, and a leak that each restart hides does.
  ///
  /// The day of the start is left out: a process that warms up does not leak. Nil before there is a pair.
  package var growthPerDay: Double? {
    var slopes: [Double] = []
    for (index, early) in readings.enumerated() where early.age > 0 {
      for late in readings[(index + 1)...] where late.day - late.age == early.day - early.age {
        slopes.append((late.value - early.value) / Double(late.day - early.day))
      }
    }
    guard !slopes.isEmpty else { return nil }
    slopes.sort()
    let middle = slopes.count / 2
    return slopes.count.isMultiple(of: 2) ? (slopes[middle - 1] + slopes[middle]) / 2 : slopes[middle]
  }

  /// What was added from the end of one day to the end of another; nil where one was not read.
  package func increase(after first: Int, through last: Int) -> Double? {
    guard let start = readings.first(where: { $0.day == first }), let end = readings.first(where: { $0.day == last })
    else { return nil }
    return end.value - start.value
  }

  private var third: Int { dayCount / 3 }
  private var lastThird: [Reading] { readings.filter { $0.day > 2 * third } }
  private var middleThird: [Reading] { readings.filter { $0.day > third && $0.day <= 2 * third } }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
