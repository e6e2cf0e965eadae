package import CentreStorage
package import Datasets
package import Replication

/// How far the feed has grown, as the sessions at the centre were told.
package struct FeedProgress: Sendable {
  /// As far as those know whom it may concern.
  package private(set) var end: UInt64
  /// As far as all know.
  private var told: UInt64

  package init(end: UInt64) {
    self.end = end
    told = end
  }

  /// - Returns: what came since the last call, for those whom it concerns; nil where nothing did.
  package mutating func advance(in store: CentreStore) -> FeedGrowth? {
    guard let growth = store.feedGrowth(after: end) else { return nil }
    end = growth.end
    return growth
  }

  /// - Returns: what everybody has still to hear, once; nil where all know.
  package mutating func takeUntold() -> CentreSession.Event? {
    guard told < end else { return nil }
    told = end
    return .feedAdvanced(end, concerns: false)
  }

  /// What `node`'s session hears when its definitions, profile or rules may have changed.
  package func rulesChanged(of node: NodeName, in store: CentreStore) -> [CentreSession.Event] {
    let rules = store.rules(of: node)
    return [
      // What did not concern it may do so by other rules.
      .feedAdvanced(end),
      .documentsChanged(rules.documents, ruleVersion: rules.read, rightsVersion: rules.rights),
    ]
  }
}
