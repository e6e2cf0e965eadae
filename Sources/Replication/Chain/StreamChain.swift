package import Datasets
import Hashing
package import Wire

/// The hash chain of a stream: head(n) = SHA-256(head(n-1), entry bytes). Entry bytes are opaque to it.
package struct StreamChain: Sendable {
  package private(set) var last: Datasets.Sequence
  private var words: (UInt64, UInt64, UInt64, UInt64)

  /// The chain at `mark`; `StreamMark.start` is before a stream's first entry.
  package init(at mark: StreamMark) {
    last = mark.sequence
    words = (0, 0, 0, 0)
    set(mark.head)
  }

  package var head: Hash256 {
    withUnsafeBytes(of: words) { Hash256(Array($0)) } ?? .zero
  }

  package var mark: StreamMark { StreamMark(sequence: last, head: head) }

  /// Goes on over one change's entry.
  package mutating func append(_ entryBytes: [UInt8]) {
    entryBytes.withUnsafeBytes { append($0) }
  }

  /// Goes on over one change's entry without copying it: the drain of a backlog hashes every entry at both ends.
  package mutating func append(_ entryBytes: UnsafeRawBufferPointer) {
    withUnsafeMutableBytes(of: &words) {
      SHA256.hash(UnsafeRawBufferPointer($0), entryBytes, into: $0)
    }
    last = last.next
  }

  /// Goes on over a gap: from the head that it names.
  package mutating func append(_ gap: Gap) {
    set(gap.headAfter)
    last = gap.last
  }

  private mutating func set(_ head: Hash256) {
    head.bytes.withUnsafeBytes { bytes in
      withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
    }
  }
}

/// A short checksum of stored bytes that are not yet part of a chain.
package enum EntryChecksum {
  /// The first eight bytes of SHA-256.
  package static func of(_ bytes: [UInt8]) -> UInt64 {
    SHA256.hash(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The same of `head` and `tail` together, without copying them.
  package static func of(_ head: UnsafeRawBufferPointer, _ tail: UnsafeRawBufferPointer) -> UInt64 {
    withUnsafeTemporaryAllocation(byteCount: SHA256.byteCount, alignment: 8) { place in
      SHA256.hash(head, tail, into: place)
      return UInt64(bigEndian: place.load(as: UInt64.self))
    }
  }
}
