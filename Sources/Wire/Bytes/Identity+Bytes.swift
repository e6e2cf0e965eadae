package import Datasets

extension ByteWriter {
  package mutating func node(_ node: NodeName) { text(node.text) }
  package mutating func dataset(_ dataset: DatasetName) { text(dataset.text) }
  package mutating func sequence(_ sequence: Datasets.Sequence) { varint(sequence.value) }
  /// Nil is 0, anything else one more.
  package mutating func backedUp(_ sequence: Datasets.Sequence?) { varint(sequence.map { $0.value + 1 } ?? 0) }
  package mutating func timestamp(_ timestamp: Timestamp) { zigzag(timestamp.milliseconds) }
  package mutating func recordID(_ id: RecordID) {
    fixed64(id.high)
    fixed64(id.low)
  }
  package mutating func incarnation(_ incarnation: Incarnation) {
    varint(incarnation.generation)
    fixed64(incarnation.random)
  }
  package mutating func author(_ author: Author) {
    node(author.node)
    incarnation(author.incarnation)
  }
  package mutating func dot(_ dot: Dot) {
    author(dot.author)
    sequence(dot.sequence)
  }
}

extension ByteReader {
  package mutating func node() throws(WireError) -> NodeName {
    let text = try text("node name", limit: 63)
    // The centre is an author like any other, under its reserved name, which is well-formed.
    guard let node = NodeName(text) else { throw .malformed(what: "node name") }
    return node
  }

  package mutating func dataset() throws(WireError) -> DatasetName {
    guard let dataset = DatasetName(try text("dataset name", limit: 48)) else {
      throw .malformed(what: "dataset name")
    }
    return dataset
  }

  package mutating func fieldName() throws(WireError) -> FieldName {
    guard let name = FieldName(try text("field name", limit: 48)) else {
      throw .malformed(what: "field name")
    }
    return name
  }

  package mutating func sequence(_ what: String = "sequence") throws(WireError) -> Datasets.Sequence {
    guard let sequence = Datasets.Sequence(try varint(what)) else { throw .malformed(what: what) }
    return sequence
  }

  package mutating func backedUp() throws(WireError) -> Datasets.Sequence? {
    let value = try varint("backed up")
    if value == 0 { return nil }
    guard let sequence = Datasets.Sequence(value - 1) else { throw .malformed(what: "backed up") }
    return sequence
  }

  package mutating func timestamp(_ what: String = "time") throws(WireError) -> Timestamp {
    let milliseconds = try zigzag(what)
    guard milliseconds.magnitude <= UInt64(Limits.timestampMillisecondsMax) else {
      throw .malformed(what: what)
    }
    return Timestamp(milliseconds: milliseconds)
  }

  package mutating func recordID() throws(WireError) -> RecordID {
    RecordID(high: try fixed64("record id"), low: try fixed64("record id"))
  }

  package mutating func incarnation() throws(WireError) -> Incarnation {
    Incarnation(generation: try varint("generation"), random: try fixed64("incarnation"))
  }

  package mutating func author() throws(WireError) -> Author {
    Author(node: try node(), incarnation: try incarnation())
  }

  package mutating func dot() throws(WireError) -> Dot {
    Dot(author: try author(), sequence: try sequence())
  }
}
