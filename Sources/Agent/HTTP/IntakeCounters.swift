import Datasets
import Synchronization

/// How many rows the agent's HTTP took and refused since it started, for metrics.
final class IntakeCounters: Sendable {
  struct Counts: Sendable, Equatable {
    var accepted: UInt64 = 0
    var duplicates: UInt64 = 0
    var rejected: UInt64 = 0
  }

  /// One for all listeners of the process, as a process has one `/metrics`.
  static let process = IntakeCounters()

  private let counts = Mutex<[DatasetName: Counts]>([:])

  /// Sorted by dataset.
  var all: [(dataset: DatasetName, counts: Counts)] {
    counts.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.dataset < $1.dataset }
  }

  func add(_ tally: IntakeTally, to dataset: DatasetName) {
    counts.withLock { counts in
      counts[dataset, default: Counts()].accepted += UInt64(tally.accepted)
      counts[dataset, default: Counts()].duplicates += UInt64(tally.duplicates)
      counts[dataset, default: Counts()].rejected += UInt64(tally.rejectedTotal)
    }
  }
}
