package import Datasets
package import Wire

/// What a hello showed beside the ordinary (protocol.md, "What hello can find").
package enum HelloFinding: Sendable, Equatable {
  /// The node goes on from an older state of its disk: its new incarnation is current, what it left is
  /// superseded.
  case restored(left: Incarnation, streams: [SetBack])
  /// Another disk is the node's from now on, because the admin has invited it: an empty one in the place of one that
  /// died, or of two that ran as one node the other.
  ///
  /// - isEmpty: whether it is a new line of incarnations.
  /// - unsent: what the disk that was left had said that it still held for the centre.
  case replaced(left: Incarnation, isEmpty: Bool, unsent: UInt64)
  /// The same disk runs twice: the node is fenced.
  case clone(current: Incarnation, spoke: Incarnation)
  /// Within one incarnation the node is behind, or its chain differs: it must begin a new incarnation from
  /// `at`, the last place where both agree.
  case copied(DatasetName, at: StreamMark)
  /// None of its parents is known here.
  case unknownLineage(oldest: Incarnation)
  /// The node no longer keeps all that the centre needs: a gap will come.
  case trimmed(DatasetName, applied: Datasets.Sequence, earliestKept: Datasets.Sequence)

  /// A stream that the node's older disk knows less of than the centre.
  package struct SetBack: Sendable, Equatable {
    package let dataset: DatasetName
    /// Where the new incarnation begins.
    package let begin: Datasets.Sequence
    /// What the centre has of the line that was left.
    package let applied: Datasets.Sequence
    /// The last that the node was known to hold before, not below `applied`.
    package let last: Datasets.Sequence
    /// Entries that the disk has no more and the centre never had.
    package var unsent: UInt64 { last.value - min(last, max(begin, applied)).value }

    /// - Parameter last: nil where the centre had all that it knew of.
    package init(
      dataset: DatasetName, begin: Datasets.Sequence, applied: Datasets.Sequence, last: Datasets.Sequence? = nil
    ) {
      self.dataset = dataset
      self.begin = begin
      self.applied = applied
      self.last = max(last ?? applied, applied)
    }
  }
}

/// What the centre answers to a hello.
package struct Admission: Sendable, Equatable {
  package enum Decision: Sendable, Equatable {
    /// Credit and silence limit of the welcome are the session's to fill in.
    ///
    /// - feedPosition: where the node's copy stands, 0 after a reset.
    case welcomed(Welcome, feedPosition: UInt64)
    case refused(Refusal)
    /// It shows something out of the ordinary, and its sender has not answered since it came: it may be the late word of
    /// a process that is gone. Nothing of it is kept.
    case doubted
  }

  package let decision: Decision
  package let findings: [HelloFinding]
  /// Whether keys of the node that were enrolled before the one that spoke are revoked now.
  package var hasRevokedKeys = false
  /// Whether it is a refusal for once: the node is to name all the parents that it keeps.
  var asksForAllParents = false

  static let doubted = Admission(decision: .doubted, findings: [])
}
