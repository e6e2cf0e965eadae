import Testing

@testable import Replication

/// What a link is found to carry.
@Suite struct LinkRateTests {
  /// A link of one queue: bytes leave it at `rate`, an answer comes a round trip after the last of them.
  private struct Line {
    /// Bytes per millisecond.
    let rate: Double
    let roundTrip: Double
    /// How long, every 1.7 s, nothing is handed over at the far end, and then all at once: a lost packet holds back what
    /// came behind it, a commit what waits for it.
    var pause: Double = 0
    var link = LinkRate()
    var free: Double = 0
    var flights: [(bytes: Int, departure: LinkRate.Departure, answer: Double)] = []

    /// Sends as much as may be in flight for `seconds`; returns the longest time that a message took.
    mutating func run(seconds: Double, from start: Double) -> Double {
      var longest = 0.0
      for time in stride(from: start, to: start + seconds * 1000, by: 1) {
        let now = MonotonicTime(milliseconds: UInt64(time))
        while let first = flights.first, first.answer <= time {
          link.answered(first.bytes, since: first.departure, at: now)
          flights.removeFirst()
        }
        while flights.reduce(0, { $0 + $1.bytes }) + link.frameBytesMax <= link.inFlightBytesMax || flights.isEmpty {
          let bytes = link.frameBytesMax
          free = max(free, time) + Double(bytes) / rate
          longest = max(longest, free - time)
          flights.append((bytes, link.departure(isLast: false, at: now), answer(toArrivalAt: free + roundTrip / 2)))
        }
      }
      return longest
    }

    private func answer(toArrivalAt time: Double) -> Double {
      let phase = time.truncatingRemainder(dividingBy: 1700)
      return max(time, time - phase + pause) + roundTrip / 2
    }
  }

  @Test(arguments: [2.0, 10, 100])
  func `what waits on a link grows to half a second and no further, without being told its rate`(megabits: Double) {
    var line = Line(rate: megabits * 125, roundTrip: 20)
    line.link.measured(roundTripMilliseconds: 20)
    _ = line.run(seconds: 5, from: 10_000)
    let longest = line.run(seconds: 10, from: 15_000)
    // A slow link carries two frames of 64 KiB in half a second.
    #expect(longest > 250 && longest < 800, "a message waited \(longest) ms on \(megabits) Mbit/s")
    // The line is never empty: what it carries in a round trip is always on its way.
    #expect(Double(line.link.inFlightBytesMax) >= line.rate * line.roundTrip)
  }

  @Test func `a link that becomes slow is found out`() {
    var line = Line(rate: 1250, roundTrip: 20)
    line.link.measured(roundTripMilliseconds: 20)
    _ = line.run(seconds: 5, from: 10_000)
    var slow = Line(rate: 125, roundTrip: 20, link: line.link, free: line.free, flights: line.flights)
    _ = slow.run(seconds: 25, from: 15_000)
    let longest = slow.run(seconds: 10, from: 40_000)
    #expect(longest < 1500, "a message waited \(longest) ms")
  }

  @Test(arguments: [(2.0, 20.0, 200.0), (4, 20, 400), (10, 20, 400), (4, 230, 0), (4, 230, 200), (4, 230, 400)])
  func `answers that come together are not taken for a fast line, and do not leave it empty`(
    megabits: Double, roundTrip: Double, pause: Double
  ) {
    var line = Line(rate: megabits * 125, roundTrip: roundTrip, pause: pause)
    line.link.measured(roundTripMilliseconds: UInt64(roundTrip))
    _ = line.run(seconds: 10, from: 10_000)
    let right = max(131_072, line.rate * (roundTrip + 500))
    var (least, most) = (Double.infinity, 0.0)
    for start in stride(from: 20_001.0, to: 40_000, by: 51) {
      _ = line.run(seconds: 0.05, from: start)
      let bound = Double(line.link.inFlightBytesMax)
      (least, most) = (min(least, bound), max(most, bound))
    }
    #expect(most < right * 1.1, "\(Int(most)) bytes may be in flight where \(Int(right)) are right")
    #expect(least > line.rate * roundTrip * 1.5, "\(Int(least)) bytes do not keep the line busy")
  }

  @Test func `an answer when nothing more was to send says nothing of a slow link`() {
    var link = LinkRate()
    let before = link
    let lonely = link.departure(isLast: true, at: MonotonicTime(milliseconds: 1000))
    link.answered(100, since: lonely, at: MonotonicTime(milliseconds: 2000))
    #expect(link.frameBytesMax == before.frameBytesMax)
    #expect(link.inFlightBytesMax == before.inFlightBytesMax)
    let full = link.departure(isLast: false, at: MonotonicTime(milliseconds: 3000))
    link.answered(1_000_000, since: full, at: MonotonicTime(milliseconds: 4000))
    #expect(link.frameBytesMax == 250_000)
    let late = link.departure(isLast: true, at: MonotonicTime(milliseconds: 5000))
    link.answered(10, since: late, at: MonotonicTime(milliseconds: 9000))
    #expect(link.frameBytesMax == 250_000)
  }

  @Test func `time that stands still and numbers without measure trap nothing`() {
    var link = LinkRate()
    let departure = link.departure(isLast: false, at: MonotonicTime(milliseconds: 5))
    link.answered(.max, since: departure, at: MonotonicTime(milliseconds: 5))
    link.answered(.max, since: departure, at: MonotonicTime(milliseconds: 6))
    link.measured(roundTripMilliseconds: .max)
    #expect(link.inFlightBytesMax > 0)
    #expect(link.frameBytesMax > 0)
  }
}
