import Wire

/// How much disk the store may take and how long it keeps what was acknowledged.
package struct NodeStoreLimits: Sendable, Equatable {
  /// Bytes that the store may use (`buffer.quota`); free pages in the file do not count.
  package var quotaBytes: UInt64
  /// Bytes of the disk that stay free for everything else.
  package var reserveBytes: UInt64
  /// How long acknowledged entries are kept, so that a restored centre gets back what it lost.
  package var retainAcknowledged: Duration
  /// Rows of the copy that one transaction sweeps, and own edits whose overlays it ends: a step has to be over
  /// long before the watchdog asks.
  package var copyStep: Int
  /// Incarnations that one hello names; more are told in steps. At least 2.
  package var helloParentsMax: Int
  /// Newest incarnations that are kept whatever hello needs: a centre that was set back may know none but older ones.
  package var incarnationsKept: Int

  package init(
    quotaBytes: UInt64 = 2_000_000_000, reserveBytes: UInt64 = 256 << 20,
    retainAcknowledged: Duration = .seconds(7 * 86_400), copyStep: Int = 5_000,
    helloParentsMax: Int = 4_096, incarnationsKept: Int = 512
  ) {
    self.quotaBytes = quotaBytes
    self.reserveBytes = reserveBytes
    self.retainAcknowledged = retainAcknowledged
    self.copyStep = max(1, copyStep)
    self.helloParentsMax = min(max(2, helloParentsMax), Limits.parentsMax)
    self.incarnationsKept = max(1, incarnationsKept)
  }
}

extension Duration {
  /// Whole milliseconds, held at the ends of the range.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000_000_000
  }
}
