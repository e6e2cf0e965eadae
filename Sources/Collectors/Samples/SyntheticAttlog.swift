package import Datasets

/// Punches of nobody: a seeded log of one terminal, weekdays in and out, with some lateness, missing and
/// doubled punches.
///
/// The same seed and settings give the same bytes.
package struct SyntheticAttlog: ByteSource {
  private let layout: AttlogParser.Layout
  private let pins: [String]
  private var random: SplitMix64
  private var day: CalendarDate
  private var daysLeft: Int

  /// - Parameters:
  ///   - layout: what a USB stick gets (PIN padded to 9, device id) or the body of a push.
  ///   - pins: 1 to 32 characters each, without blanks.
  ///   - days: calendar days from `firstDay`; Saturdays and Sundays have no punches.
  package init(
    layout: AttlogParser.Layout = .export, seed: UInt64, pins: [String], firstDay: CalendarDate, days: Int
  ) {
    self.layout = layout
    self.pins = pins
    random = SplitMix64(seed: seed)
    day = firstDay
    daysLeft = max(0, days)
  }

  /// Writes `DIRECTORY/DEVICE_attlog.dat` and returns its path.
  package static func write(
    device: String, seed: UInt64, pins: [String], firstDay: CalendarDate, days: Int,
    toDirectory directory: String
  ) throws -> String {
    var log = SyntheticAttlog(seed: seed, pins: pins, firstDay: firstDay, days: days)
    let path = "\(directory)/\(device)_attlog.dat"
    try log.write(to: path)
    return path
  }

  /// The punches of the next working day, in the order of time; nil after the last.
  package mutating func next() -> [UInt8]? {
    while daysLeft > 0 {
      defer {
        day = CalendarDate(daysSinceEpoch: day.daysSinceEpoch + 1)
        daysLeft -= 1
      }
      // 1970-01-01 was a Thursday.
      let weekday = (day.daysSinceEpoch % 7 + 10) % 7  // 0 = Monday
      if weekday > 4 || pins.isEmpty { continue }
      return punches(isFriday: weekday == 4)
    }
    return nil
  }

  private mutating func punches(isFriday: Bool) -> [UInt8] {
    var punches: [(second: Int, pin: String, status: Int)] = []
    for pin in pins {
      if random.chance(4) { continue }  // Absent.
      // Most come in the half hour before 07:30, a fifth late.
      let arrival = 27_000 + (random.chance(20) ? random.number(60...5_400) : -random.number(0...1_800))
      punches.append((arrival, pin, 0))
      // Finger laid on twice.
      if random.chance(3) { punches.append((arrival + random.number(1...4), pin, 0)) }
      let leaving =
        (isFriday ? 59_400 : 57_600)
        + (random.chance(8) ? -random.number(60...3_600) : random.number(0...2_400))
      if !random.chance(3) { punches.append((leaving, pin, 1)) }
    }
    var output: [UInt8] = []
    for (second, pin, status) in punches.sorted(by: { ($0.second, $0.pin) < ($1.second, $1.pin) }) {
      let clock = [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
      let time = "\(day) \(clock.joined(separator: ":"))"
      let padded = String(repeating: " ", count: max(0, 9 - pin.utf8.count)) + pin
      switch layout {
      case .export: output += "\(padded)\t\(time)\t1\t\(status)\t1\t0\r\n".utf8
      case .push: output += "\(pin)\t\(time)\t\(status)\t1\t0\t0\t0\n".utf8
      }
    }
    return output
  }
}
