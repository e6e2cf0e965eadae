package import Datasets

/// A place in a stream and the chain head there.
package struct StreamMark: Sendable, Hashable {
  package let sequence: Datasets.Sequence
  package let head: Hash256

  package init(sequence: Datasets.Sequence, head: Hash256) {
    self.sequence = sequence
    self.head = head
  }

  package static let start = StreamMark(sequence: .none, head: .zero)
}

/// An incarnation and what it was born from: the previous incarnation with, per dataset, where it ended.
package struct Lineage: Sendable, Equatable {
  /// Where the parent ended in one dataset.
  package struct End: Sendable, Equatable {
    package let dataset: DatasetName
    /// The last sequence that the parent recorded.
    package let last: Datasets.Sequence
    /// How far entries were sealed, and the head there.
    package let sealed: StreamMark

    package init(dataset: DatasetName, last: Datasets.Sequence, sealed: StreamMark) {
      self.dataset = dataset
      self.last = last
      self.sealed = sealed
    }
  }

  package let incarnation: Incarnation
  /// Nil for a store's first.
  package let parent: Incarnation?
  /// Sorted by dataset.
  package let ends: [End]

  package init(incarnation: Incarnation, parent: Incarnation?, ends: [End]) {
    self.incarnation = incarnation
    self.parent = parent
    self.ends = ends
  }
}

extension ByteWriter {
  package mutating func mark(_ mark: StreamMark) {
    sequence(mark.sequence)
    raw(mark.head.bytes)
  }

  package mutating func lineage(_ lineage: Lineage) {
    incarnation(lineage.incarnation)
    optional(lineage.parent) { $0.incarnation($1) }
    list(lineage.ends) { writer, end in
      writer.dataset(end.dataset)
      writer.sequence(end.last)
      writer.mark(end.sealed)
    }
  }
}

extension ByteReader {
  package mutating func mark() throws(WireError) -> StreamMark {
    StreamMark(sequence: try sequence(), head: try hash("head"))
  }

  package mutating func lineage() throws(WireError) -> Lineage {
    let incarnation = try incarnation()
    let parent = try optional("parent") { reader throws(WireError) in try reader.incarnation() }
    let ends = try list("ends", limit: Limits.datasetsMax) { reader throws(WireError) in
      Lineage.End(dataset: try reader.dataset(), last: try reader.sequence(), sealed: try reader.mark())
    }
    return Lineage(incarnation: incarnation, parent: parent, ends: ends)
  }
}
