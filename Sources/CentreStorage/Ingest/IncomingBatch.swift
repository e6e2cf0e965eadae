package import Datasets
package import Storage
package import Wire

/// A batch as a session hands it on, with the name that its sender's key gives.
package struct IncomingBatch: Sendable {
  package let node: NodeName
  package let batch: Batch

  package init(node: NodeName, batch: Batch) {
    self.node = node
    self.batch = batch
  }
}

/// What became of a batch's entries.
package struct IngestCounts: Sendable, Equatable {
  /// New occurrences, and changes that made a difference.
  package var applied = 0
  /// Occurrences whose content was known, from this or another node.
  package var duplicates = 0
  /// Occurrences whose natural key was taken by another content.
  package var variants = 0
  /// Changes that later ones had replaced already.
  package var replaced = 0
  package var quarantined = 0
  /// Records that gaps stand for.
  package var missing: UInt64 = 0

  package init() {}
}

/// What the centre answers to a batch.
package enum BatchOutcome: Sendable {
  /// On disk, now or before. Credit and backed-up sequence of the ack are for the session to fill in.
  case ack(Ack, IngestCounts)
  /// It begins after a hole: the ack says where to go back to.
  case position(Ack)
  /// It does not follow from what is applied, or its author may not write: nothing was changed.
  case broken(Refusal)
  /// The store failed for this one; nothing of it was changed and it may be sent again.
  case failed(StoreError)
}
