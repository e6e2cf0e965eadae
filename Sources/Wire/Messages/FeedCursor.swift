package import Datasets

/// A place in the feed: the centre's incarnation (the epoch) and how many changes of records it had counted.
package struct FeedCursor: Sendable, Hashable, Comparable {
  package let epoch: Incarnation
  package let position: UInt64

  package init(epoch: Incarnation, position: UInt64) {
    self.epoch = epoch
    self.position = position
  }

  /// Whether a copy that stands here shows what the feed showed at `other`.
  ///
  /// By position alone: positions go on across epochs, so that (new epoch, 95) does not show what (old epoch, 100) did.
  /// A centre that was restored gives positions out again, but then its welcome takes back the answers that came with
  /// them (DESIGN.md of Replication, "The overlay rule").
  package func hasReached(_ other: FeedCursor) -> Bool { position >= other.position }

  /// An order for sorting only: the overlay rule asks `hasReached`.
  package static func < (left: FeedCursor, right: FeedCursor) -> Bool {
    (left.epoch, left.position) < (right.epoch, right.position)
  }
}

/// How much of the batches a node may have sent since the welcome, as absolute limits that only rise.
package struct Credit: Sendable, Hashable {
  package let bytes: UInt64
  package let messages: UInt64

  package init(bytes: UInt64, messages: UInt64) {
    self.bytes = bytes
    self.messages = messages
  }
}

extension ByteWriter {
  package mutating func cursor(_ cursor: FeedCursor) {
    incarnation(cursor.epoch)
    varint(cursor.position)
  }

  package mutating func credit(_ credit: Credit) {
    varint(credit.bytes)
    varint(credit.messages)
  }
}

extension ByteReader {
  package mutating func cursor() throws(WireError) -> FeedCursor {
    FeedCursor(epoch: try incarnation(), position: try varint("position"))
  }

  package mutating func credit() throws(WireError) -> Credit {
    Credit(bytes: try varint("credit"), messages: try varint("credit"))
  }
}
