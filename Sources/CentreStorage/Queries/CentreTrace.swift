package import Datasets
package import Replication
package import Wire

/// One entry as the centre knows its way.
package struct TracedEntry: Sendable, Equatable {
  package enum Fate: Sendable, Equatable {
    case applied
    /// Everything in it had been replaced by changes that saw it when it came.
    case replaced
    /// Held in quarantine, or taken out of it for good.
    case aside(QuarantineEntry)
  }

  package let dot: Dot
  /// Effective time; nil when the entry cannot be read.
  package let time: Timestamp?
  package let isSuspect: Bool
  /// When it came; nil when that cannot be told any more.
  package let received: Timestamp?
  /// Of the feed, when it was taken in; nil for what was not.
  package let position: UInt64?
  package let fate: Fate
  /// Nil for events and samples, and for what cannot be read.
  package let change: Change?
}

/// A record, event or sample as the centre knows its way.
package struct CentreTrace: Sendable {
  /// What decides who is told of it.
  package struct Place: Sendable, Equatable {
    /// Of the feed: who has confirmed it has what is shown now.
    package let position: UInt64
    package let scope: RegionCode?
    /// Deleted or alias, and settled.
    package let isHidden: Bool
    package let departures: [FeedScope.Departure]
  }

  /// The newest first.
  package let entries: [TracedEntry]
  /// Those that are left out of `entries` too.
  package let total: Int
  /// Nil for events and samples, and for a record of which nothing was taken.
  package let record: RecordEntry?
  /// Nil when nothing of it was taken.
  package let place: Place?
  /// Other contents of the same natural key, out of sight.
  package let variantCount: Int
  /// By node, the feed's position that it has confirmed.
  package let confirmed: [NodeName: UInt64]
}
