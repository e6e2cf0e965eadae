package import Datasets
import Hashing
package import Wire

/// A sum modulo 2^256 of SHA-256 hashes: order does not matter, and one record can be taken out and put in again.
package struct DigestSum: Sendable, Hashable, CustomStringConvertible {
  /// Least significant first.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  package init() { words = (0, 0, 0, 0) }

  /// Reads `bytes`, most significant first.
  package init(_ hash: Hash256) {
    func word(_ index: Int) -> UInt64 {
      hash.bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    words = (word(3), word(2), word(1), word(0))
  }

  package var hash: Hash256 {
    var writer = ByteWriter(capacity: 32)
    for word in [words.3, words.2, words.1, words.0] { writer.fixed64(word) }
    return Hash256(writer.bytes) ?? .zero
  }

  package static func += (sum: inout DigestSum, other: DigestSum) {
    var carry = false
    func add(_ left: inout UInt64, _ right: UInt64) {
      let (first, overflow1) = left.addingReportingOverflow(right)
      let (second, overflow2) = first.addingReportingOverflow(carry ? 1 : 0)
      left = second
      carry = overflow1 || overflow2
    }
    add(&sum.words.0, other.words.0)
    add(&sum.words.1, other.words.1)
    add(&sum.words.2, other.words.2)
    add(&sum.words.3, other.words.3)
  }

  /// Takes out what was put in before: a changed record's part goes, its new part comes.
  package static func -= (sum: inout DigestSum, other: DigestSum) {
    var borrow = false
    func subtract(_ left: inout UInt64, _ right: UInt64) {
      let (first, overflow1) = left.subtractingReportingOverflow(right)
      let (second, overflow2) = first.subtractingReportingOverflow(borrow ? 1 : 0)
      left = second
      borrow = overflow1 || overflow2
    }
    subtract(&sum.words.0, other.words.0)
    subtract(&sum.words.1, other.words.1)
    subtract(&sum.words.2, other.words.2)
    subtract(&sum.words.3, other.words.3)
  }

  package static func == (left: DigestSum, right: DigestSum) -> Bool { left.words == right.words }
  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  /// 64 hexadecimal digits.
  package var description: String { hash.description }
}

extension RecordState {
  /// The record's part of a dataset's digest (protocol.md "Digest").
  ///
  /// - Parameter fields: what the reader reads, nil for all; lifecycle, `alias_of` and the scope field always count.
  /// - Returns: nil for a tombstone, which is left out at both ends.
  package func digest(id: RecordID, fields: Set<FieldName>?, scope: FieldName?) -> DigestSum? {
    if isHidden { return nil }
    var sum = DigestSum()
    for field in self.fields
    where fields.map({ $0.contains(field.name) || field.name.isReserved || field.name == scope }) ?? true {
      var writer = ByteWriter(capacity: 128)
      writer.recordID(id)
      writer.text(field.name.text)
      writer.list(field.state.siblings) { writer, sibling in
        writer.dot(sibling.dot)
        writer.value(sibling.value)
        writer.timestamp(sibling.time)
        writer.byte(sibling.isSuspect ? 1 : 0)
      }
      writer.list(field.state.context.entries) { writer, entry in
        writer.author(entry.author)
        writer.sequence(entry.counter)
      }
      if let hash = Hash256(SHA256.hash(writer.bytes)) { sum += DigestSum(hash) }
    }
    return sum
  }
}

/// The digest of events and samples: a sum over natural keys, which survives trimming.
package enum OccurrenceDigest {
  /// - Parameter key: the values of the dataset's natural key, in its order.
  package static func of(dataset: DatasetName, key: [Value]) -> DigestSum {
    var writer = ByteWriter(capacity: 96)
    writer.dataset(dataset)
    for value in key { writer.value(value) }
    return Hash256(SHA256.hash(writer.bytes)).map(DigestSum.init) ?? DigestSum()
  }
}
