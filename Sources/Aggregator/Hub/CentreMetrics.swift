import CentreStorage
package import Datasets
import Synchronization

/// What the centre counts since its start, for `/metrics`. Callable from anywhere.
package final class CentreMetrics: Sendable {
  package struct Counts: Sendable {
    package var refusals: [String: UInt64] = [:]
    package var applied: [DatasetName: UInt64] = [:]
    package var duplicates: [DatasetName: UInt64] = [:]
    package var variants: [DatasetName: UInt64] = [:]
    package var quarantined: [DatasetName: UInt64] = [:]
    package var missing: [DatasetName: UInt64] = [:]
    package var batches: UInt64 = 0
  }

  private let counts = Mutex(Counts())

  package init() {}

  package var current: Counts { counts.withLock { $0 } }

  /// - Parameter reason: a word from a fixed set, never text of a peer.
  package func countRefusal(_ reason: String) {
    counts.withLock { $0.refusals[reason, default: 0] += 1 }
  }

  func count(_ ingest: IngestCounts, dataset: DatasetName) {
    counts.withLock { counts in
      counts.batches += 1
      counts.applied[dataset, default: 0] += UInt64(ingest.applied)
      counts.duplicates[dataset, default: 0] += UInt64(ingest.duplicates)
      counts.variants[dataset, default: 0] += UInt64(ingest.variants)
      counts.quarantined[dataset, default: 0] += UInt64(ingest.quarantined)
      counts.missing[dataset, default: 0] += ingest.missing
    }
  }
}
