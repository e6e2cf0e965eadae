package import Datasets
import Synchronization

/// What the answer to one request shows of identifiers unmasked; it leaves once the audit log has it.
package final class Looks: Sendable {
  /// At records of one dataset.
  package struct Look: Sendable, Equatable {
    /// Nil for a dataset that nobody has defined.
    package let dataset: DatasetName?
    package let count: UInt64
    /// In the order of the answer; events have none.
    package let records: [RecordID]
  }

  private struct Tally {
    var records: [RecordID] = []
    var known: Set<RecordID> = []
    var others: UInt64 = 0
  }

  private let tallies = Mutex<[DatasetName?: Tally]>([:])

  package init() {}

  /// - Parameter record: counted once however often it is shown; nil counts every time.
  func add(_ dataset: DatasetName?, _ record: RecordID?) {
    tallies.withLock { tallies in
      guard let record else {
        tallies[dataset, default: Tally()].others += 1
        return
      }
      guard tallies[dataset, default: Tally()].known.insert(record).inserted else { return }
      tallies[dataset]?.records.append(record)
    }
  }

  /// Everything so far, by dataset; forgotten afterwards.
  package func take() -> [Look] {
    let taken = tallies.withLock { tallies in
      defer { tallies = [:] }
      return tallies
    }
    return taken.sorted { ($0.key?.text ?? "") < ($1.key?.text ?? "") }.map { dataset, tally in
      Look(dataset: dataset, count: UInt64(tally.records.count) + tally.others, records: tally.records)
    }
  }
}
