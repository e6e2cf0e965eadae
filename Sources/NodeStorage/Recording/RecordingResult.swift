package import Datasets

/// What became of rows of events or samples.
package struct RecordingResult: Sendable, Equatable {
  /// Rows that are on the disk now: new ones, and those that were there with the same content.
  package var accepted = 0
  /// Of them, how many were there.
  package var duplicates = 0
  /// New entries whose natural key was there with other content.
  package var variants = 0
  package var rejected: [RejectedRow] = []
  /// The entries that were appended; nil when none was.
  package var first: Datasets.Sequence?
  package var last: Datasets.Sequence?

  package init() {}

  mutating func appended(_ sequence: Datasets.Sequence) {
    if first == nil { first = sequence }
    last = sequence
  }
}
