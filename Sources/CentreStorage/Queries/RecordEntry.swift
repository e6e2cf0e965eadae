package import Datasets
package import Replication
package import Wire

/// A record as the centre holds it.
package struct RecordEntry: Sendable, Equatable {
  package let dataset: DatasetName
  package let id: RecordID
  package let shown: ShownRecord
  package let state: RecordState
  package let version: RecordVersion
  package let scope: RegionCode?
  /// Feed position of its last change.
  package let position: UInt64
}

extension RecordEntry {
  /// The part that a reader's feed may carry; nil when it may not read this record.
  package func visible(to reader: FeedScope) -> RecordEntry? {
    guard reader.read.includes(scope: scope) else { return nil }
    guard let fields = reader.read.fields(scope: scope) else { return self }
    let state = reader.visible(state, fields: fields)
    return RecordEntry(
      dataset: dataset, id: id, shown: ShownRecord(state, definition: reader.definition), state: state,
      version: RecordVersion(of: state, record: id, definition: reader.definition), scope: scope, position: position)
  }
}

/// One change in a record's history.
package struct HistoryEntry: Sendable, Equatable {
  package enum Fate: Sendable, Equatable {
    case applied
    /// Everything in it had been replaced by changes that saw it when it came.
    case replaced
    /// Held in quarantine under this id.
    case held(Int64)
  }

  package let dot: Dot
  package let seal: Seal
  package let change: Change
  package let received: Timestamp
  package let fate: Fate
  /// The feed's position when it was taken in.
  package let position: UInt64
}

/// One event or sample.
package struct OccurrenceEntry: Sendable, Equatable {
  /// In the definition's order, without what is missing.
  package let values: [FieldValue]
  package let node: NodeName
  package let sequence: Datasets.Sequence
  package let effective: Timestamp
  package let isSuspect: Bool

  package struct FieldValue: Sendable, Equatable {
    package let name: FieldName
    package let value: Value
  }
}

/// A part of a longer list, and where the next begins.
package struct Page<Element: Sendable, Cursor: Sendable>: Sendable {
  package let elements: [Element]
  /// Nil at the end.
  package let next: Cursor?
}
