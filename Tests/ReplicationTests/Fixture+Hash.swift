import Crypto
import Wire

extension Fixture {
  static func sha256(_ bytes: [UInt8]) -> Hash256 {
    required(Hash256(Array(SHA256.hash(data: bytes))), "a SHA-256")
  }
}
