package import Datasets
package import Wire

/// Recomputes an audit log from its first entry on.
///
/// A chain by itself proves that nothing was changed, moved, added or taken out before its newest head. That the newest
/// entries are still there only a head shows that was noted elsewhere: in the journal, on paper.
package struct AuditVerification: Sendable {
  package enum Finding: Error, Sendable, Equatable {
    /// Another entry was due: some are missing, doubled or in another order.
    case misplaced(expected: Datasets.Sequence, found: Datasets.Sequence)
    /// It, or what came before it, is not what was written.
    case altered(Datasets.Sequence)
  }

  private var chain = StreamChain(at: .start)
  /// The head that was noted elsewhere; nil where none is asked for.
  private let noted: Hash256?
  /// The entry after which the noted head stood.
  package private(set) var notedAt: Datasets.Sequence?

  package init(noted: Hash256? = nil) { self.noted = noted }

  /// Up to where it is unbroken.
  package var mark: StreamMark { chain.mark }

  /// Whether a head was asked for and stood nowhere: the log ends before it, or another one has taken its place.
  package var lacksNoted: Bool { noted != nil && notedAt == nil }

  /// - Throws: the first thing that does not fit; nothing behind it says anything any more.
  package mutating func check(_ audited: AuditedEntry) throws(Finding) {
    let expected = chain.last.next
    guard audited.entry.sequence == expected else {
      throw .misplaced(expected: expected, found: audited.entry.sequence)
    }
    let recomputed = chain.append(audited.entry)
    guard recomputed.head == audited.head else { throw .altered(expected) }
    if audited.head == noted { notedAt = expected }
  }
}
