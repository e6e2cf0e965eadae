package import Datasets

/// Thirty-two bytes of SHA-256.
package struct Hash256: Hashable, Sendable, CustomStringConvertible {
  package let bytes: [UInt8]

  package static let byteCount = 32
  /// The head before a stream's first entry.
  package static let zero = Hash256(unchecked: [UInt8](repeating: 0, count: 32))

  /// - Returns: nil unless there are exactly 32.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  package var description: String { Hexadecimal.text(of: bytes) }
}

extension ByteReader {
  package mutating func hash(_ what: String = "hash") throws(WireError) -> Hash256 {
    guard let hash = Hash256(try raw(Hash256.byteCount, what)) else { throw .malformed(what: what) }
    return hash
  }
}

/// An entry that stands for a range that was thinned, trimmed or damaged, with the chain head after it.
package struct Gap: Sendable, Equatable {
  package enum Reason: UInt8, Sendable, CaseIterable {
    /// Samples dropped under quota before they were sent.
    case thinned = 1
    /// Acknowledged entries that the node no longer keeps although the centre needs them again.
    case trimmed = 2
    /// Entries whose stored bytes no longer match their checksum.
    case damaged = 3

    package var word: String {
      switch self {
      case .thinned: "thinned"
      case .trimmed: "trimmed"
      case .damaged: "damaged"
      }
    }
  }

  package let first: Datasets.Sequence
  package let last: Datasets.Sequence
  /// How many records are missing for it: 0 to last - first + 1. None are where all were recorded anew.
  package let recordCount: UInt64
  package let reason: Reason
  /// The chain goes on from here.
  package let headAfter: Hash256

  /// - Returns: nil when the range is empty or holds fewer places than records.
  package init?(
    first: Datasets.Sequence, last: Datasets.Sequence, recordCount: UInt64, reason: Reason, headAfter: Hash256
  ) {
    guard first > .none, first <= last, recordCount <= last.value - first.value + 1 else { return nil }
    self.first = first
    self.last = last
    self.recordCount = recordCount
    self.reason = reason
    self.headAfter = headAfter
  }
}

extension Gap {
  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 48)
    writer.sequence(first)
    writer.sequence(last)
    writer.varint(recordCount)
    writer.byte(reason.rawValue)
    writer.raw(headAfter.bytes)
    return writer.bytes
  }

  package init(from reader: inout ByteReader) throws(WireError) {
    let first = try reader.sequence("first")
    let last = try reader.sequence("last")
    let count = try reader.varint("count")
    let reasonByte = try reader.byte("reason")
    guard let reason = Reason(rawValue: reasonByte) else {
      throw .unknownKind(what: "gap reason", value: UInt64(reasonByte))
    }
    let head = try reader.hash("head")
    guard let gap = Gap(first: first, last: last, recordCount: count, reason: reason, headAfter: head) else {
      throw .malformed(what: "gap")
    }
    try reader.expectEnd()
    self = gap
  }
}
