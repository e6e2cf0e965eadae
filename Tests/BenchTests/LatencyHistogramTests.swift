import Datasets
import Testing
import simpul_bench

@Suite struct LatencyHistogramTests {
  private static let shares = [0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1]

  @Test(arguments: [0, 8, 20, 44, 57])
  func `a percentile is never below the true one, and at most one part in 128 above it`(bits: UInt64) throws {
    var random = SplitMix64(seed: 7312 + bits)
    // Spread over the orders of magnitude, so that buckets of many widths are met.
    let values = (0..<5000).map { _ in random.next() >> (bits + random.next() % (64 - bits)) }
    var histogram = LatencyHistogram()
    for value in values { histogram.record(value) }
    let sorted = values.sorted()
    for share in Self.shares {
      let exact = sorted[max(0, Int((share * 5000).rounded(.up)) - 1)]
      let told = try #require(histogram.value(at: share))
      #expect(told >= exact, "\(share)")
      #expect(told - exact <= exact / 128, "\(share): \(told) for \(exact)")
    }
    #expect(histogram.maximum == sorted.last)
    #expect(histogram.value(at: 1) == sorted.last)
    #expect(histogram.count == 5000)
  }

  @Test func `small values are told as they are`() {
    var histogram = LatencyHistogram()
    for value in UInt64(1)...100 { histogram.record(value) }
    #expect(Self.shares.map { histogram.value(at: $0) } == [1, 1, 10, 50, 90, 99, 100, 100])
  }

  @Test func `the greatest value has a place`() {
    var histogram = LatencyHistogram()
    histogram.record(.max)
    histogram.record(.max - 1)
    histogram.record(0)
    #expect(histogram.value(at: 0) == 0)
    #expect(histogram.value(at: 1) == .max)
    #expect(histogram.maximum == .max)
  }

  @Test func `there is no percentile of nothing`() {
    #expect(LatencyHistogram().value(at: 0.5) == nil)
  }
}
