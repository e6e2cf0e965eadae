package import Datasets

/// Bytes compressed with zstd, and how many they were: bounded before anything is decompressed.
package struct CompressedBytes: Sendable, Equatable {
  package let rawCount: Int
  package let bytes: [UInt8]

  package init(rawCount: Int, bytes: [UInt8]) {
    self.rawCount = rawCount
    self.bytes = bytes
  }
}

/// Consecutive entries of one stream within one incarnation, with the chain head after the last.
///
/// Before compression the entries stand one after the other, each with its length before it (`EntryBlock`).
package struct Batch: Sendable, Equatable {
  package var session: UInt64
  package var dataset: DatasetName
  package var incarnation: Incarnation
  package var first: Datasets.Sequence
  /// The last sequence that the batch reaches; a gap counts for its whole range.
  package var last: Datasets.Sequence
  package var head: Hash256
  package var entries: CompressedBytes

  package init(
    session: UInt64, dataset: DatasetName, incarnation: Incarnation, first: Datasets.Sequence,
    last: Datasets.Sequence, head: Hash256, entries: CompressedBytes
  ) {
    self.session = session
    self.dataset = dataset
    self.incarnation = incarnation
    self.first = first
    self.last = last
    self.head = head
    self.entries = entries
  }
}

/// The centre's word that entries are on its disk.
package struct Ack: Sendable, Equatable {
  /// An entry that could not be applied: kept, shown, never blocking.
  package struct Quarantined: Sendable, Equatable {
    package let sequence: Datasets.Sequence
    /// Stable word: `unknown_dataset`, `not_decodable`, `schema`, `write_rule`, `future_time`, `unknown_context`,
    /// `awaits_decision`, `record_too_large`, `revoked_backlog`,
    /// `damaged_record`.
    package let code: String
    /// For the office: in Indonesian and, on a line of its own, in English.
    package let reason: String

    package init(sequence: Datasets.Sequence, code: String, reason: String) {
      self.sequence = sequence
      self.code = code
      self.reason = reason
    }
  }

  package var session: UInt64
  package var dataset: DatasetName
  package var incarnation: Incarnation
  package var applied: StreamMark
  package var quarantined: [Quarantined]
  /// Where the feed shows the effect of everything up to `applied`: ends the overlay of these edits.
  package var visibleAt: FeedCursor
  /// How far a verified backup of the centre holds this stream; nil where the centre has none.
  package var backedUp: Datasets.Sequence?
  package var credit: Credit

  package init(
    session: UInt64, dataset: DatasetName, incarnation: Incarnation, applied: StreamMark,
    quarantined: [Quarantined], visibleAt: FeedCursor, backedUp: Datasets.Sequence?, credit: Credit
  ) {
    self.session = session
    self.dataset = dataset
    self.incarnation = incarnation
    self.applied = applied
    self.quarantined = quarantined
    self.visibleAt = visibleAt
    self.backedUp = backedUp
    self.credit = credit
  }
}

extension ByteWriter {
  package mutating func compressed(_ compressed: CompressedBytes) {
    varint(compressed.rawCount)
    lengthPrefixed(compressed.bytes)
  }

  package mutating func batch(_ batch: Batch) {
    fixed64(batch.session)
    dataset(batch.dataset)
    incarnation(batch.incarnation)
    sequence(batch.first)
    sequence(batch.last)
    raw(batch.head.bytes)
    compressed(batch.entries)
  }

  package mutating func ack(_ ack: Ack) {
    fixed64(ack.session)
    dataset(ack.dataset)
    incarnation(ack.incarnation)
    mark(ack.applied)
    list(ack.quarantined) {
      $0.sequence($1.sequence)
      $0.text($1.code)
      $0.text($1.reason)
    }
    cursor(ack.visibleAt)
    backedUp(ack.backedUp)
    credit(ack.credit)
  }
}

extension ByteReader {
  package mutating func compressed(rawLimit: Int) throws(WireError) -> CompressedBytes {
    CompressedBytes(
      rawCount: try count("decompressed size", limit: rawLimit),
      bytes: try lengthPrefixed("compressed bytes", limit: Limits.messageBytesMax))
  }

  package mutating func batch() throws(WireError) -> Batch {
    let batch = Batch(
      session: try fixed64("session"), dataset: try dataset(), incarnation: try incarnation(),
      first: try sequence("first"), last: try sequence("last"), head: try hash("head"),
      entries: try compressed(rawLimit: Limits.batchBytesMax))
    guard batch.first > .none, batch.first <= batch.last else { throw .malformed(what: "batch range") }
    return batch
  }

  package mutating func ack() throws(WireError) -> Ack {
    Ack(
      session: try fixed64("session"), dataset: try dataset(), incarnation: try incarnation(),
      applied: try mark(),
      quarantined: try list("quarantined", limit: Limits.batchEntriesMax) { reader throws(WireError) in
        Ack.Quarantined(
          sequence: try reader.sequence(), code: try reader.text("code", limit: 64),
          reason: try reader.text("reason", limit: Limits.reasonBytesMax))
      },
      visibleAt: try cursor(), backedUp: try backedUp(), credit: try credit())
  }
}
