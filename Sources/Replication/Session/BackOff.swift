import Datasets

/// How long to wait before the next try: doubling from the least to the most, each drawn from its upper half, so that
/// 38 nodes cut off together do not come back together.
package struct BackOff: Sendable {
  package let least: Duration
  package let most: Duration
  private var failures: UInt64 = 0
  private var random: SplitMix64

  package init(least: Duration, most: Duration, seed: UInt64) {
    self.least = least
    self.most = most
    random = SplitMix64(seed: seed)
  }

  /// The wait after one more failure.
  package mutating func next() -> Duration {
    let limit = max(1, most.wholeMilliseconds)
    let doubled = max(1, least.wholeMilliseconds) << min(failures, 20)
    failures += 1
    let whole = min(limit, doubled)
    return .milliseconds(Int64(whole / 2 + random.next(upperBound: whole / 2 + 1)))
  }

  /// The longest wait, for refusals that only a person can end.
  package mutating func longest() -> Duration {
    failures = max(failures, 20)
    return next()
  }

  package mutating func succeeded() { failures = 0 }
}
