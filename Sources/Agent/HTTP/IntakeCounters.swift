import Datasets
import Synchronization

/// How many rows the agent took and refused since it started, over HTTP and from the spool, for metrics.
final class IntakeCounters: Sendable {
  struct Counts: Sendable, Equatable {
    var accepted: UInt64 = 0
    var duplicates: UInt64 = 0
    var rejected: UInt64 = 0

    mutating func add(_ other: Counts) {
      accepted += other.accepted
      duplicates += other.duplicates
      rejected += other.rejected
    }
  }

  /// One for all listeners of the process, as a process has one `/metrics`.
  static let process = IntakeCounters()

  private let counts = Mutex<[DatasetName: Counts]>([:])

  /// Sorted by dataset.
  var all: [(dataset: DatasetName, counts: Counts)] {
    counts.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.dataset < $1.dataset }
  }

  func add(_ tally: IntakeTally, to dataset: DatasetName) {
    add(
      accepted: tally.accepted, duplicates: tally.duplicates, rejected: tally.rejectedTotal, to: dataset)
  }

  func add(accepted: Int, duplicates: Int, rejected: Int, to dataset: DatasetName) {
    counts.withLock { counts in
      counts[dataset, default: Counts()].accepted += UInt64(accepted)
      counts[dataset, default: Counts()].duplicates += UInt64(duplicates)
      counts[dataset, default: Counts()].rejected += UInt64(rejected)
    }
  }
}
