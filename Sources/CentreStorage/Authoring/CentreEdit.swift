package import Datasets
package import Replication

/// What the centre itself wrote.
package struct CentreEdit: Sendable, Equatable {
  package let dot: Dot
  /// Where the feed shows it.
  package let position: UInt64
  /// Of the record afterwards.
  package let version: RecordVersion
}

/// Why the centre's own edit was not taken. Nothing was changed.
package enum CentreEditError: Error, Sendable, Equatable {
  case refused(EditRefusal)
  /// Siblings came since the version that the resolution looked at: HTTP 409.
  case siblingsSince(field: FieldName)
  /// A value does not fit the dataset.
  case rejected(QuarantineReason)
}
