package import Datasets

/// One step of the feed: what to put into the copy, and the position that the copy has then reached.
package struct Feed: Sendable, Equatable {
  package enum Part: Sendable, Equatable {
    /// The feed ended at this position when it was read: the copy is complete up to there, overlays and sweeps that wait
    /// for it may end. (Positions of other parts only say where to resume: a record that has changed since comes later.)
    case nothing
    /// States and retractions of one record dataset: a compressed `FeedRecords`.
    case records(DatasetName, CompressedBytes)
    /// Events or samples of another node, as its stream has them.
    case occurrences(FeedOccurrences)
    /// What became of entries of this node that were quarantined; at most `Verdict.listMax`.
    case verdicts([Verdict])
  }

  package var session: UInt64
  package var cursor: FeedCursor
  package var part: Part

  package init(session: UInt64, cursor: FeedCursor, part: Part) {
    self.session = session
    self.cursor = cursor
    self.part = part
  }
}

/// A run of another node's event stream, with the entries that are out of sight left to the receiver to skip.
package struct FeedOccurrences: Sendable, Equatable {
  package let dataset: DatasetName
  package let author: Author
  package let first: Datasets.Sequence
  package let last: Datasets.Sequence
  /// Sorted; these entries are quarantined or out of sight at the centre.
  package let skipped: [Datasets.Sequence]
  package let entries: CompressedBytes

  package init(
    dataset: DatasetName, author: Author, first: Datasets.Sequence, last: Datasets.Sequence,
    skipped: [Datasets.Sequence], entries: CompressedBytes
  ) {
    self.dataset = dataset
    self.author = author
    self.first = first
    self.last = last
    self.skipped = skipped
    self.entries = entries
  }
}

/// Records of one dataset as the feed carries them (before compression).
package struct FeedRecords: Sendable, Equatable {
  package enum Item: Sendable, Equatable {
    /// The merge state as the reader may see it, encoded with `registry`.
    case state(RecordID, [UInt8])
    /// The record left the reader's scope, or is deleted and settled: drop it.
    case retraction(RecordID)

    package var record: RecordID {
      switch self {
      case .state(let id, _), .retraction(let id): id
      }
    }
  }

  /// The field numbers that the states use.
  package var registry: FieldRegistry
  package var items: [Item]

  package static let itemsMax = 4096

  package init(registry: FieldRegistry, items: [Item]) {
    self.registry = registry
    self.items = items
  }

  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: items.count * 256)
    writer.registry(registry)
    writer.list(items) { writer, item in
      switch item {
      case .retraction(let id):
        writer.byte(0)
        writer.recordID(id)
      case .state(let id, let bytes):
        writer.byte(1)
        writer.recordID(id)
        writer.lengthPrefixed(bytes)
      }
    }
    return writer.bytes
  }

  package init(bytes: [UInt8]) throws(WireError) {
    var reader = ByteReader(bytes)
    registry = try reader.registry()
    items = try reader.list("records", limit: Self.itemsMax) { reader throws(WireError) -> Item in
      let isState = try reader.flag("item")
      let id = try reader.recordID()
      return isState
        ? .state(id, try reader.lengthPrefixed("state", limit: Limits.entryBytesMax)) : .retraction(id)
    }
    try reader.expectEnd()
  }
}

/// The node's word that its copy has reached a position, on disk.
package struct FeedAck: Sendable, Equatable {
  package let session: UInt64
  package let cursor: FeedCursor

  package init(session: UInt64, cursor: FeedCursor) {
    self.session = session
    self.cursor = cursor
  }
}

extension ByteWriter {
  package mutating func feed(_ feed: Feed) {
    fixed64(feed.session)
    cursor(feed.cursor)
    switch feed.part {
    case .nothing: byte(0)
    case .records(let name, let compressed):
      byte(1)
      dataset(name)
      self.compressed(compressed)
    case .occurrences(let run):
      byte(2)
      occurrences(run)
    case .verdicts(let verdicts):
      byte(3)
      list(verdicts) { $0.verdict($1) }
    }
  }

  package mutating func occurrences(_ run: FeedOccurrences) {
    dataset(run.dataset)
    author(run.author)
    sequence(run.first)
    sequence(run.last)
    list(run.skipped) { $0.sequence($1) }
    compressed(run.entries)
  }
}

extension ByteReader {
  package mutating func feed() throws(WireError) -> Feed {
    let session = try fixed64("session")
    let cursor = try cursor()
    let kind = try byte("feed part")
    let part: Feed.Part
    switch kind {
    case 0: part = .nothing
    case 1: part = .records(try dataset(), try compressed(rawLimit: Limits.batchBytesMax))
    case 2: part = .occurrences(try occurrences())
    case 3:
      part = .verdicts(
        try list("verdicts", limit: Verdict.listMax) { reader throws(WireError) in try reader.verdict() })
    default: throw .unknownKind(what: "feed part", value: UInt64(kind))
    }
    return Feed(session: session, cursor: cursor, part: part)
  }

  package mutating func occurrences() throws(WireError) -> FeedOccurrences {
    let run = FeedOccurrences(
      dataset: try dataset(), author: try author(), first: try sequence("first"), last: try sequence("last"),
      skipped: try list("skipped", limit: Limits.batchEntriesMax) { reader throws(WireError) in
        try reader.sequence()
      },
      entries: try compressed(rawLimit: Limits.batchBytesMax))
    guard run.first > .none, run.first <= run.last,
      run.skipped.allSatisfy({ $0 >= run.first && $0 <= run.last }),
      zip(run.skipped, run.skipped.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw .malformed(what: "run of occurrences") }
    return run
  }
}
