package import Datasets
package import Wire

extension RecordState {
  /// The record that this one is another name of, as far as `alias_of` is shown; lifecycle says whether it counts.
  package var aliasTarget: RecordID? {
    self[.aliasOf].shown(by: .lifecycle).flatMap { RecordID($0.text) }
  }

  /// The record that this one was merged into, also while somebody who wrote it since has put that in question and it is in
  /// sight; nil for one that is there or deleted.
  package var mergedInto: RecordID? { shownLifecycle == .alias ? aliasTarget : nil }

  /// The record that this one is another name of and out of sight for; nil for one that is there, deleted, or in conflict
  /// about that.
  package var standsFor: RecordID? { isHidden ? mergedInto : nil }
}

/// From a record that is another's name to the person (merge.md, "Resolution").
package enum AliasChain {
  /// Longer chains, and circles, lead to nobody.
  package static let lengthMax = 16

  /// - Parameter record: a record's state, and nil for one that is not known here.
  /// - Returns: the record at the end: `id` itself unless it is hidden as an alias; nil when the chain leads to nobody
  ///   that is known.
  package static func end<Failure: Error>(
    of id: RecordID, record: (RecordID) throws(Failure) -> RecordState?
  ) throws(Failure) -> RecordID? {
    var id = id
    var seen: Set<RecordID> = []
    while seen.count <= lengthMax, seen.insert(id).inserted {
      guard let state = try record(id) else { return nil }
      guard let next = state.standsFor else { return id }
      id = next
    }
    return nil
  }
}
