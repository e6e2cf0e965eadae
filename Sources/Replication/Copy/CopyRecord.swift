package import Datasets
package import Wire

/// One record of a node's copy: what the feed said, with the node's own unanswered edits laid over it.
///
/// The overlay rule (protocol.md): an own edit stays laid over until the feed was complete at or beyond the position
/// that its ack named. The ack alone is not enough: it can overtake an older feed snapshot.
package struct CopyRecord: Sendable, Equatable {
  /// An own edit that the feed does not show yet.
  package struct Pending: Sendable, Equatable {
    package let change: Change
    package let dot: Dot
    package let time: Timestamp
    package let isSuspect: Bool

    package init(change: Change, dot: Dot, time: Timestamp, isSuspect: Bool) {
      self.change = change
      self.dot = dot
      self.time = time
      self.isSuspect = isSuspect
    }
  }

  /// What people at the office see: the base with the pending edits applied.
  package private(set) var state: RecordState
  /// What the feed said; nil when the feed never spoke of the record or has retracted it.
  package private(set) var base: RecordState?
  package private(set) var own: OwnEdits

  /// A record that the node does not know.
  package init(own: OwnEdits = .none) {
    state = .empty
    base = nil
    self.own = own
  }

  package init(state: RecordState, base: RecordState?, own: OwnEdits) {
    self.state = state
    self.base = base
    self.own = own
  }

  /// Lays an own edit over the copy.
  package mutating func edit(_ pending: Pending) {
    state.apply(pending.change, dot: pending.dot, time: pending.time, isSuspect: pending.isSuspect)
    own.record(pending.change, dot: pending.dot)
  }

  /// The feed delivers the record: `pending` are all own edits that it does not show yet, in order.
  package mutating func receive(_ delivered: RecordState, pending: [Pending]) {
    base = delivered
    own.see(delivered)
    rebuild(pending)
  }

  /// The record left the scope or was deleted: overlays outlive retractions.
  package mutating func retract(pending: [Pending]) {
    base = nil
    rebuild(pending)
  }

  /// Some overlays ended: `pending` are those that remain.
  package mutating func endOverlays(remaining pending: [Pending]) {
    rebuild(pending)
  }

  private mutating func rebuild(_ pending: [Pending]) {
    state = base ?? .empty
    for edit in pending {
      state.apply(edit.change, dot: edit.dot, time: edit.time, isSuspect: edit.isSuspect)
    }
  }
}
