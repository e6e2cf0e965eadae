package import Datasets

/// Why an edit was not taken. Nothing was changed.
package enum EditRefusal: Error, Sendable, Equatable {
  /// This office itself changed these fields (or deleted the record) after the version was handed out: HTTP 412.
  case stale(fields: [FieldName])
  /// The editor saw only a deleted record or another name of one: HTTP 410 until it is restored.
  case gone
  /// The version belongs to another record or to a state that this node never showed: HTTP 412.
  case foreignVersion
  /// A monotone field goes back only by a change that says it is a correction.
  case stepBack(field: FieldName)
  /// A record that nobody here knows.
  case unknownRecord
}
