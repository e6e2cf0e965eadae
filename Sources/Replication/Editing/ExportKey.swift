package import Datasets
import Hashing

/// What the cells of one export are hashed by: from a column that was left in a file nobody without the fleet key can tell
/// what stood in those that were taken out (ADR 0032).
package struct ExportKey: Sendable, Equatable {
  /// Bytes of the salt, which is another one for each export.
  package static let saltBytes = 8

  /// The fleet key's.
  let version: UInt8
  let salt: [UInt8]
  private let secret: [UInt8]

  /// - Parameter salt: `saltBytes` random bytes.
  package init(of fleetKey: FleetKey, salt: [UInt8]) {
    version = fleetKey.version
    self.salt = salt
    secret = KeyedHash.code(of: Array("export".utf8) + salt, key: fleetKey.secret)
  }

  /// As a daemon gives it to whoever exports; it stays out of the file.
  package var text: String { Base64URL.text(of: [version] + salt + secret) }

  /// - Returns: nil for what no daemon gave out.
  package init?(_ text: String) {
    guard let bytes = Base64URL.bytes(of: text), bytes.count == 1 + Self.saltBytes + SHA256.byteCount else {
      return nil
    }
    version = bytes[0]
    salt = Array(bytes[1..<1 + Self.saltBytes])
    secret = Array(bytes[(1 + Self.saltBytes)...])
  }

  func hash(_ message: String) -> [UInt8] { KeyedHash.code(of: Array(message.utf8), key: secret) }
}
