package import Foundation

/// The one form of JSON on the wire: snake_case keys, sorted, no escaped slashes.
package enum APICoding {
  package static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  package static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}

/// A one-time ticket into the fleet: `simpul-invitation:1:` and base 64 of its JSON.
///
/// It holds a CURVE secret that may send nothing but `join`, the centre's public key and its endpoints. The node's own
/// secret key never travels.
package struct Invitation: Sendable, Codable, Equatable {
  package var id: String
  package var node: String
  /// Z85.
  package var secretKey: String
  /// Z85.
  package var publicKey: String
  /// Z85, the centre's.
  package var serverKey: String
  package var endpoints: [String]
  /// RFC 3339.
  package var expires: String

  private static let prefix = "simpul-invitation:1:"

  package init(
    id: String, node: String, secretKey: String, publicKey: String, serverKey: String, endpoints: [String],
    expires: String
  ) {
    self.id = id
    self.node = node
    self.secretKey = secretKey
    self.publicKey = publicKey
    self.serverKey = serverKey
    self.endpoints = endpoints
    self.expires = expires
  }

  package func text() throws -> String {
    Self.prefix + (try APICoding.encoder.encode(self)).base64EncodedString()
  }

  /// - Returns: nil when `text` is no invitation.
  package init?(_ text: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard text.hasPrefix(Self.prefix), text.utf8.count < 16_384,
      let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
      let invitation = try? APICoding.decoder.decode(Invitation.self, from: data)
    else { return nil }
    self = invitation
  }
}
