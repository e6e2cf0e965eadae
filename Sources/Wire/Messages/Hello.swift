package import Datasets

/// A node's first message: who it is since when, what it holds, and where it stands in the feed.
package struct Hello: Sendable, Equatable {
  /// One stream as the node holds it.
  package struct Stream: Sendable, Equatable {
    package let dataset: DatasetName
    /// The earliest entry that the node still keeps; above `next - 1` when it keeps none.
    package let earliestKept: Datasets.Sequence
    package let next: Datasets.Sequence
    /// Heads that the centre may compare with its own, rising.
    package let marks: [StreamMark]

    package init(
      dataset: DatasetName, earliestKept: Datasets.Sequence, next: Datasets.Sequence, marks: [StreamMark]
    ) {
      self.dataset = dataset
      self.earliestKept = earliestKept
      self.next = next
      self.marks = marks
    }
  }

  package var protocolMin: UInt64
  package var protocolMax: UInt64
  package var softwareVersion: String
  /// The present incarnation first, then its parents back to the last that a welcome named, or all that are kept where
  /// the centre knew none of these (at most `Limits.parentsMax`; more are told in steps, ADR 0027).
  package var lineage: [Lineage]
  package var streams: [Stream]
  /// Nil before the first feed.
  package var cursor: FeedCursor?
  /// The read rules under which the copy was built; 0 before the first welcome.
  package var ruleVersion: UInt64
  /// Documents that the node has: a dataset's name or `profile`, with a hash of the text.
  package var documents: [DocumentHash]
  package var clock: ClockReading
  package var report: NodeReport

  package init(
    protocolMin: UInt64 = 1, protocolMax: UInt64 = 1, softwareVersion: String, lineage: [Lineage],
    streams: [Stream], cursor: FeedCursor?, ruleVersion: UInt64, documents: [DocumentHash],
    clock: ClockReading, report: NodeReport
  ) {
    self.protocolMin = protocolMin
    self.protocolMax = protocolMax
    self.softwareVersion = softwareVersion
    self.lineage = lineage
    self.streams = streams
    self.cursor = cursor
    self.ruleVersion = ruleVersion
    self.documents = documents
    self.clock = clock
    self.report = report
  }
}

/// A node's two clocks at one moment; the centre echoes it so that the node can measure offset and round trip.
package struct ClockReading: Sendable, Equatable {
  package let wall: Timestamp
  package let uptimeMilliseconds: UInt64

  package init(wall: Timestamp, uptimeMilliseconds: UInt64) {
    self.wall = wall
    self.uptimeMilliseconds = uptimeMilliseconds
  }
}

/// The name of a document that the centre hands out, and a hash of the text that a node has.
package struct DocumentHash: Sendable, Equatable {
  package let name: String
  package let hash: UInt64

  package init(name: String, hash: UInt64) {
    self.name = name
    self.hash = hash
  }
}

/// How a node is doing, sent along with hello and every ping; nothing personal.
package struct NodeReport: Sendable, Equatable {
  /// Changes recorded and not yet acknowledged, over all datasets.
  package var backlogChanges: UInt64
  package var backlogBytes: UInt64
  /// Recording time of the oldest of them.
  package var oldestUnacknowledged: Timestamp?
  package var diskFreeBytes: UInt64
  package var clockOffsetMilliseconds: Int64?
  package var roundTripMilliseconds: UInt64?
  /// Changes quarantined at the centre that the office has not yet dealt with.
  package var quarantined: UInt64

  package init(
    backlogChanges: UInt64 = 0, backlogBytes: UInt64 = 0, oldestUnacknowledged: Timestamp? = nil,
    diskFreeBytes: UInt64 = 0, clockOffsetMilliseconds: Int64? = nil, roundTripMilliseconds: UInt64? = nil,
    quarantined: UInt64 = 0
  ) {
    self.backlogChanges = backlogChanges
    self.backlogBytes = backlogBytes
    self.oldestUnacknowledged = oldestUnacknowledged
    self.diskFreeBytes = diskFreeBytes
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.roundTripMilliseconds = roundTripMilliseconds
    self.quarantined = quarantined
  }
}

extension ByteWriter {
  package mutating func clock(_ clock: ClockReading) {
    timestamp(clock.wall)
    varint(clock.uptimeMilliseconds)
  }

  package mutating func report(_ report: NodeReport) {
    varint(report.backlogChanges)
    varint(report.backlogBytes)
    optional(report.oldestUnacknowledged) { $0.timestamp($1) }
    varint(report.diskFreeBytes)
    optional(report.clockOffsetMilliseconds) { $0.zigzag($1) }
    optional(report.roundTripMilliseconds) { $0.varint($1) }
    varint(report.quarantined)
  }

  package mutating func hello(_ hello: Hello) {
    varint(hello.protocolMin)
    varint(hello.protocolMax)
    text(hello.softwareVersion)
    list(hello.lineage) { $0.lineage($1) }
    list(hello.streams) { writer, stream in
      writer.dataset(stream.dataset)
      writer.sequence(stream.earliestKept)
      writer.sequence(stream.next)
      writer.list(stream.marks) { $0.mark($1) }
    }
    optional(hello.cursor) { $0.cursor($1) }
    varint(hello.ruleVersion)
    list(hello.documents) {
      $0.text($1.name)
      $0.fixed64($1.hash)
    }
    clock(hello.clock)
    report(hello.report)
  }
}

extension ByteReader {
  package mutating func clock() throws(WireError) -> ClockReading {
    ClockReading(wall: try timestamp(), uptimeMilliseconds: try varint("uptime"))
  }

  package mutating func report() throws(WireError) -> NodeReport {
    NodeReport(
      backlogChanges: try varint("backlog"), backlogBytes: try varint("backlog"),
      oldestUnacknowledged: try optional("oldest") { reader throws(WireError) in try reader.timestamp() },
      diskFreeBytes: try varint("disk"),
      clockOffsetMilliseconds: try optional("offset") { reader throws(WireError) in try reader.zigzag() },
      roundTripMilliseconds: try optional("round trip") { reader throws(WireError) in try reader.varint() },
      quarantined: try varint("quarantined"))
  }

  package mutating func hello() throws(WireError) -> Hello {
    let protocolMin = try varint("protocol")
    let protocolMax = try varint("protocol")
    let version = try text("software version", limit: 64)
    let lineage = try list("lineage", limit: Limits.parentsMax) { reader throws(WireError) in
      try reader.lineage()
    }
    let streams = try list("streams", limit: Limits.datasetsMax) { reader throws(WireError) in
      Hello.Stream(
        dataset: try reader.dataset(), earliestKept: try reader.sequence(), next: try reader.sequence(),
        marks: try reader.list("marks", limit: 64) { reader throws(WireError) in try reader.mark() })
    }
    let cursor = try optional("cursor") { reader throws(WireError) in try reader.cursor() }
    let ruleVersion = try varint("rule version")
    let documents = try list("documents", limit: Limits.datasetsMax + 1) { reader throws(WireError) in
      DocumentHash(name: try reader.text("document", limit: 64), hash: try reader.fixed64("hash"))
    }
    return Hello(
      protocolMin: protocolMin, protocolMax: protocolMax, softwareVersion: version, lineage: lineage,
      streams: streams, cursor: cursor, ruleVersion: ruleVersion, documents: documents,
      clock: try clock(), report: try report())
  }
}
