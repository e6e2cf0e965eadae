package import Datasets
import Synchronization

/// What of the centre's store failed last, for doctor. Callable from anywhere.
package final class StoreFailureLog: Sendable {
  package struct Failure: Sendable, Equatable {
    /// Which work, in a fixed set of words.
    package let work: String
    package let words: String
    package let at: Timestamp
  }

  private let last = Mutex<Failure?>(nil)

  package init() {}

  /// - Parameter words: never anything of a record.
  package func note(_ work: String, _ words: String, at now: Timestamp) {
    last.withLock { $0 = Failure(work: work, words: words, at: now) }
  }

  package var newest: Failure? { last.withLock { $0 } }
}
