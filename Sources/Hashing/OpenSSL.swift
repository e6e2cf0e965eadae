import COpenSSL

/// The system's OpenSSL, version 3 or later.
enum OpenSSL {
  /// SHA-256, found once: looking it up costs more than hashing an entry (EVP_MD_fetch(3)).
  ///
  /// Safe because nothing changes it once it is there; OpenSSL counts its users atomically.
  nonisolated(unsafe) static let sha256: OpaquePointer = {
    // A machine's openssl.cnf may be broken or ask for providers that are not there; hashes must not depend on it.
    OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { preconditionFailure("OpenSSL has no SHA-256") }
    return algorithm
  }()
}
