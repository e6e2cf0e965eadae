import Datasets
import Replication
import Synchronization

/// What one import remembers of its rows, from the first to the last.
///
/// An object, because it grows with the rows and goes with the run from batch to batch: a value that two hold is copied
/// whole at its next change. A batch that fails has its rows in it although the store has not: the import ends with it.
final class ImportedRows: Sendable {
  private struct State {
    /// How often a row of the same content came, by its first id.
    var repetitions: [RecordID: Int32] = [:]
    var named = NamedRows()
  }

  private let state = Mutex(State())

  /// How often a row of this content came before; this one counts from now on.
  ///
  /// - Parameter first: the id that the first of them has.
  func repetition(of first: RecordID) -> Int {
    state.withLock { state in
      let count = state.repetitions[first, default: 0]
      state.repetitions[first] = count + 1
      return Int(count)
    }
  }

  /// As `NamedRows.line(contradicting:of:)`.
  func line(contradicting values: [(name: FieldName, value: Value)], of record: RecordID) -> Int? {
    state.withLock { $0.named.line(contradicting: values, of: record) }
  }

  /// As `NamedRows.add(_:of:line:)`.
  func add(_ values: [(name: FieldName, value: Value)], of record: RecordID, line: Int) {
    state.withLock { $0.named.add(values, of: record, line: line) }
  }
}
