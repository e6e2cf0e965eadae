/// Counts values in buckets whose width grows with the value, so that a percentile of any number of values is known to
/// within one part in 128, in memory that does not grow.
///
/// Up to 255 each value has a bucket of its own; above, every doubling is cut into 128.
package struct LatencyHistogram: Sendable {
  private static let precisionBits = 7
  private static let bucketCount = (65 - precisionBits) << precisionBits

  private var buckets = [UInt64](repeating: 0, count: Self.bucketCount)
  /// How many values were counted.
  package private(set) var count: UInt64 = 0
  /// The greatest of them, exactly; 0 before the first.
  package private(set) var maximum: UInt64 = 0

  package init() {}

  package mutating func record(_ value: UInt64) {
    buckets[Self.bucket(of: value)] += 1
    count += 1
    maximum = max(maximum, value)
  }

  /// The value that `share` of all values do not exceed: never below the true one, and at most one part in 128 above it.
  ///
  /// - Parameter share: 0 to 1; what lies outside counts as the nearer end.
  /// - Returns: nil before the first value.
  package func value(at share: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let rank = UInt64(max(1, (min(max(share, 0), 1) * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for (bucket, number) in buckets.enumerated() {
      seen += number
      if seen >= rank { return min(Self.greatest(in: bucket), maximum) }
    }
    return maximum
  }

  private static func bucket(of value: UInt64) -> Int {
    let significant = UInt64.bitWidth - value.leadingZeroBitCount
    let shift = max(0, significant - precisionBits - 1)
    return (shift << precisionBits) + Int(value >> UInt64(shift))
  }

  private static func greatest(in bucket: Int) -> UInt64 {
    let shift = max(0, (bucket >> precisionBits) - 1)
    let head = UInt64(bucket - (shift << precisionBits))
    // The last bucket's end is 2^64, which wraps to 0.
    return ((head + 1) << UInt64(shift)) &- 1
  }
}
