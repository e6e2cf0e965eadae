import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
package enum KeyedHash {
  /// The code of `message` under `key`, `SHA256.byteCount` bytes.
  package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { code, count in
      var written: UInt32 = 0
      let result = HMAC(
        OpenSSL.sha256, key, Int32(clamping: key.count), message, message.count, code.baseAddress, &written)
      precondition(result != nil && written == SHA256.byteCount, "HMAC gave no code")
      count = SHA256.byteCount
    }
  }
}
