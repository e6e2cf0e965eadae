package import Wire

/// A piece of the feed for one reader.
package struct FeedPage: Sendable, Equatable {
  package struct Part: Sendable, Equatable {
    /// What the copy has reached after this part; all but the last leave it where the page began.
    package let position: UInt64
    package let part: Feed.Part
  }

  package let parts: [Part]
  /// Everything up to here has been looked at.
  package let end: UInt64
  /// Whether `end` was the feed's newest position.
  package let isComplete: Bool
}
