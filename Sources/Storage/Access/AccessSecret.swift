import Hashing
import Replication

/// A secret of 256 bits that is shown once: a token, a session or a sign-in link.
package struct AccessSecret: Sendable {
  /// The kinds, so that one is never taken for another, and scanners know what they have found.
  package enum Kind: String, Sendable {
    case token = "spt_"
    case session = "sps_"
    case link = "spl_"
  }

  package static let randomBytes = 32

  /// URL-safe.
  package let text: String

  package var hash: SecretHash { SecretHash(of: text) }

  /// - Parameter random: `randomBytes` bytes fit for keys.
  package init(_ kind: Kind, random: [UInt8]) {
    precondition(random.count == Self.randomBytes, "a secret has 256 bits")
    text = kind.rawValue + Base64URL.text(of: random)
  }

  /// Whether `text` could be one: whoever shows it to a person need not escape it.
  package static func isWellFormed(_ text: String, _ kind: Kind) -> Bool {
    guard text.hasPrefix(kind.rawValue) else { return false }
    return Base64URL.bytes(of: String(text.dropFirst(kind.rawValue.count)))?.count == randomBytes
  }
}

/// SHA-256 of a secret: all that is stored. A plain hash is enough, since nobody can try 2^256 secrets.
package struct SecretHash: Hashable, Sendable {
  package let bytes: [UInt8]

  package init(of text: String) { bytes = SHA256.hash(Array(text.utf8)) }

  /// One from a column.
  init(stored bytes: [UInt8]) { self.bytes = bytes }
}
