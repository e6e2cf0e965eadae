import CentreStorage
import Datasets
import Synchronization

/// What the centre counts since its start, for `/metrics`. Callable from anywhere.
package final class CentreMetrics: Sendable {
  package struct Counts: Sendable {
    package var refusals: [String: UInt64] = [:]
    /// By dataset; `CentreMetrics.other` stands for all that are not in the catalogue.
    package var applied: [String: UInt64] = [:]
    package var duplicates: [String: UInt64] = [:]
    package var variants: [String: UInt64] = [:]
    package var quarantined: [String: UInt64] = [:]
    package var missing: [String: UInt64] = [:]
    package var batches: UInt64 = 0
  }

  /// Who it was, as far as that is known.
  package let refused = RefusalLog()
  package let storeFailures = StoreFailureLog()
  private let counts = Mutex(Counts())

  package init() {}

  package var current: Counts { counts.withLock { $0 } }

  /// - Parameter reason: a word from a fixed set, never text of a peer.
  package func countRefusal(_ reason: String) {
    counts.withLock { $0.refusals[reason, default: 0] += 1 }
  }

  /// The label of datasets that the centre does not know.
  package static let other = "other"

  /// - Parameter dataset: nil for one that is not in the catalogue, whose name is a peer's to choose.
  func count(_ ingest: IngestCounts, dataset: DatasetName?) {
    let dataset = dataset?.text ?? Self.other
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
