package import Datasets
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
  /// Parts of records and occurrences of datasets that this node does not have (yet).
  package var skipped = 0
  /// Whether more is to be swept, or more overlays end, than one step does: `settleCopy` goes on.
  package var hasMore = false
  /// Whether a snapshot is complete with this step.
  package var hasSwept = false
  /// Records of the copy that the snapshot did not explain, kept as `recovered`.
  package var shelved = 0
  /// The newest entries of streams that have new ones: own events and samples that the centre has lost, recorded anew.
  package var appended: [DatasetName: Datasets.Sequence] = [:]

  init(cursor: FeedCursor) { self.cursor = cursor }
}

/// What one step of bringing the copy in order did, after the feed has said that it is complete.
package struct CopySettling: Sendable, Equatable {
  /// Whether there is more to do; call again soon then.
  package var hasMore = false
  package var hasSwept = false
  package var shelved = 0
  /// As `FeedOutcome.appended`.
  package var appended: [DatasetName: Datasets.Sequence] = [:]
}
