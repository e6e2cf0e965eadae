/// Who made a change: a node in one of its incarnations.
package struct Author: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let node: NodeName
  package let incarnation: Incarnation

  package init(node: NodeName, incarnation: Incarnation) {
    self.node = node
    self.incarnation = incarnation
  }

  package static func < (left: Author, right: Author) -> Bool {
    if left.node != right.node { return left.node < right.node }
    return left.incarnation < right.incarnation
  }

  package var description: String { "\(node)/\(incarnation)" }
}

/// The place of a change in its stream; rises by one with every entry and goes on across incarnations.
///
/// The first is 1; 0 stands for "none yet". Bounded by `Sequence.max` so that arithmetic cannot overflow.
package struct Sequence: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let value: UInt64

  /// The greatest sequence accepted from anywhere: 2^40 - 1, more than 30,000 changes a second for a year.
  package static let max = Sequence(unchecked: 1 << 40 - 1)
  package static let none = Sequence(unchecked: 0)

  /// - Returns: nil above `Sequence.max`.
  package init?(_ value: UInt64) {
    guard value <= Sequence.max.value else { return nil }
    self.value = value
  }

  private init(unchecked value: UInt64) { self.value = value }

  /// The next one; stays at `max` there, so that nothing from outside can trap.
  package var next: Sequence { advanced(by: 1) }

  /// `count` later, held at `max`.
  package func advanced(by count: UInt64) -> Sequence {
    let (sum, overflow) = value.addingReportingOverflow(count)
    return overflow || sum > Sequence.max.value ? .max : Sequence(unchecked: sum)
  }

  /// The one before; `none` stays `none`.
  package var previous: Sequence { value == 0 ? self : Sequence(unchecked: value - 1) }

  package static func < (left: Sequence, right: Sequence) -> Bool { left.value < right.value }
  package var description: String { String(value) }
}

/// A change's unchanging name within its dataset: author and sequence (the counter of merge.md).
package struct Dot: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let author: Author
  package let sequence: Sequence

  package init(author: Author, sequence: Sequence) {
    self.author = author
    self.sequence = sequence
  }

  /// merge.md's order of "greater": node by UTF-8 bytes, then incarnation, then counter.
  package static func < (left: Dot, right: Dot) -> Bool {
    if left.author != right.author { return left.author < right.author }
    return left.sequence < right.sequence
  }

  package var description: String { "\(author):\(sequence)" }
}
