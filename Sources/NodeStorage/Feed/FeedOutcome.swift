package import Wire

/// What one step of the feed did.
package struct FeedOutcome: Sendable, Equatable {
  /// Where the copy stands now, on the disk: what a feed ack says.
  package var cursor: FeedCursor
  /// False for a step below where the copy stands already.
  package var isApplied = true
  package var states = 0
  package var retractions = 0
  package var occurrences = 0
  /// Entries of other nodes that could not be decoded or lack their key; counted, not kept.
  package var undecodable = 0
  /// Whether a snapshot is complete with this step.
  package var hasSwept = false
  /// Records of the copy that the snapshot did not explain, kept as `recovered`.
  package var shelved = 0

  init(cursor: FeedCursor) { self.cursor = cursor }
}
