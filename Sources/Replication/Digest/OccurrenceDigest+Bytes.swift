import Hashing
import Wire

extension OccurrenceDigest {
  /// The same over bytes that are encoded already: the dataset's name, then the key's values, as `ByteWriter`
  /// writes them.
  package static func of(encoded bytes: UnsafeRawBufferPointer) -> DigestSum {
    var hash = SHA256()
    hash.update(bytes)
    return Hash256(hash.finish()).map(DigestSum.init) ?? DigestSum()
  }
}
