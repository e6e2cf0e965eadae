import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
///
/// A value of one task: it can be neither shared nor copied.
package struct SHA256: ~Copyable {
  /// Bytes of a hash.
  package static let byteCount = 32

  private let context: OpaquePointer

  package init() {
    let context = EVP_MD_CTX_new()
    // Only for want of memory.
    guard let context, EVP_DigestInit_ex(context, OpenSSL.sha256, nil) == 1 else { preconditionFailure("no memory") }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    let status = EVP_DigestUpdate(context, start, bytes.count)
    precondition(status == 1, "SHA-256 took no bytes")
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The hash, `byteCount` bytes.
  package consuming func finish() -> [UInt8] {
    var hash = [UInt8](repeating: 0, count: Self.byteCount)
    hash.withUnsafeMutableBytes { write(to: $0) }
    return hash
  }

  private borrowing func write(to hash: UnsafeMutableRawBufferPointer) {
    precondition(hash.count >= Self.byteCount, "no room for a hash")
    let status = EVP_DigestFinal_ex(context, hash.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    precondition(status == 1, "SHA-256 gave no hash")
  }

  /// The hash of `bytes`, `byteCount` bytes.
  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// Writes the hash of `head` and then `tail` over the first `byteCount` bytes of `place`, which must be there.
  ///
  /// Allocates nothing of Swift's: a backlog is hashed entry by entry at both ends of a line.
  package static func hash(
    _ head: UnsafeRawBufferPointer, _ tail: UnsafeRawBufferPointer, into place: UnsafeMutableRawBufferPointer
  ) {
    var hash = SHA256()
    hash.update(head)
    hash.update(tail)
    hash.write(to: place)
  }
}
