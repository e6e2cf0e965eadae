package import Datasets
package import Wire

/// One stream, for status, `streams` and doctor.
package struct StreamStatus: Sendable, Equatable {
  package let dataset: DatasetName
  package let kind: DatasetDefinition.Kind
  package let lane: DatasetDefinition.Lane
  package let last: Datasets.Sequence
  package let sealed: Datasets.Sequence
  package let acknowledged: Datasets.Sequence
  package let earliestKept: Datasets.Sequence
  package let backedUp: Datasets.Sequence?
  /// Not acknowledged yet.
  package let backlogChanges: UInt64
  package let backlogBytes: UInt64
  /// Recording time of the oldest of them.
  package let oldestUnacknowledged: Timestamp?

  package var next: Datasets.Sequence { last.next }
}

/// Something dropped on purpose, or lost: what stands in the ledger.
package struct LedgerEntry: Sendable, Equatable {
  package let dataset: DatasetName
  package let first: Datasets.Sequence
  package let last: Datasets.Sequence
  package let recordCount: UInt64
  package let reason: LossReason
  package let at: Timestamp
}

/// An entry that could not be applied ("ditahan"), with what it said.
package struct HeldBackEntry: Sendable, Equatable {
  package let dataset: DatasetName
  package let sequence: Datasets.Sequence
  package let code: String
  /// In Indonesian.
  package let reason: String
  package let at: Timestamp
  package let record: RecordID?
  /// The change, when it is one and can be decoded.
  package let change: Change?
}

/// A value from a file for a field that this office had changed itself since the last import.
package struct HeldValue: Sendable, Equatable {
  package let number: Int64
  package let dataset: DatasetName
  package let record: RecordID
  package let field: FieldName
  package let value: Value
  package let source: String
  package let at: Timestamp
}

/// A state of a record that the centre, restored from a backup, did not know: kept for a person.
package struct RecoveredRecord: Sendable {
  package let number: Int64
  package let dataset: DatasetName
  package let record: RecordID
  package let state: RecordState
  package let at: Timestamp
}

/// The store's numbers.
package struct NodeStoreStatus: Sendable, Equatable {
  package var incarnation: Incarnation
  package var usedBytes: UInt64 = 0
  /// Of them, about how many hold other nodes' events and samples: the quota does not count those.
  package var copyBytes: UInt64 = 0
  package var quotaBytes: UInt64 = 0
  package var diskFreeBytes: UInt64 = 0
  package var backlogChanges: UInt64 = 0
  package var backlogBytes: UInt64 = 0
  package var oldestUnacknowledged: Timestamp?
  package var heldBack = 0
  package var heldValues = 0
  package var recovered = 0
  package var conflictsOpen = 0
  /// Entries and records whose bytes did not match their checksum, ever.
  package var damaged = 0
  /// When that was last found; nil when it never was.
  package var damagedAt: Timestamp?
  package var cursor: FeedCursor?
  package var ruleVersion: UInt64 = 0
  package var isResetting = false
  /// When the quota last made the store drop something before its time; nil when it never did.
  package var pressureAt: Timestamp?
  /// Acknowledged entries that went before their time, ever.
  package var trimmedUnderPressure: UInt64 = 0
  /// Samples that were never sent, ever; also in the ledger.
  package var thinned: UInt64 = 0
}
