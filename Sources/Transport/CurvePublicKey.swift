internal import CZeroMQ

/// The public half of a CURVE key pair, in ZeroMQ's Z85 text (RFC 32/Z85): 40 characters for 32 bytes.
package struct CurvePublicKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The 40 characters.
  package let text: String

  /// Takes surrounding blanks away; throws `invalidKey` for anything but 40 characters of Z85.
  package init(_ text: String) throws(TransportError) {
    guard let checked = Z85.key(text) else {
      throw TransportError(.invalidKey, "a CURVE public key is 40 characters of Z85 text")
    }
    self.text = checked
  }

  /// Wraps text that libzmq itself produced.
  init(trusted text: String) { self.text = text }

  package var description: String { text }

  package static func < (left: CurvePublicKey, right: CurvePublicKey) -> Bool {
    left.text < right.text
  }

  /// Whether a C string holds exactly this key, without making a String of it for each message.
  func equals(_ other: UnsafePointer<CChar>) -> Bool {
    var index = 0
    for byte in text.utf8 {
      // A NUL ends the comparison as a difference: no byte of Z85 is 0.
      guard UInt8(bitPattern: other[index]) == byte else { return false }
      index += 1
    }
    return other[index] == 0
  }
}
