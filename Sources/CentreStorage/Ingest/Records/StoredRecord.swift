import Datasets
import Replication
import Storage
import Wire

/// A record as the writer holds it while it changes.
struct StoredRecord {
  /// Nil before its first change is stored.
  var row: Int64?
  let id: RecordID
  var scope: RegionCode?
  var isHidden: Bool
  /// Whether it ever left a scope.
  var hasMoved: Bool
  var conflictCount: Int
  var state: RecordState

  static func new(_ id: RecordID) -> StoredRecord {
    StoredRecord(
      row: nil, id: id, scope: nil, isHidden: false, hasMoved: false, conflictCount: 0, state: .empty)
  }
}

/// What became of a change.
enum ChangeDisposition: Int64 {
  case applied = 0
  /// Everything in it had been seen and replaced already.
  case replaced = 1
}
