import Crypto
import Wire

extension OccurrenceDigest {
  /// The same over bytes that are encoded already: the dataset's name, then the key's values, as `ByteWriter`
  /// writes them.
  package static func of(encoded bytes: UnsafeRawBufferPointer) -> DigestSum {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return Hash256(Array(hash.finalize())).map(DigestSum.init) ?? DigestSum()
  }
}
