/// A CURVE public key as text: 40 characters of Z85 (https://rfc.zeromq.org/spec/32).
package struct Z85Key: Hashable, Sendable, CustomStringConvertible {
  package let text: String

  /// - Returns: nil unless `text` stands for 32 bytes.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 40 else { return nil }
    for start in stride(from: 0, to: 40, by: 5) {
      var number: UInt64 = 0
      for byte in bytes[start..<start + 5] {
        guard let digit = Self.alphabet.firstIndex(of: byte) else { return nil }
        number = number * 85 + UInt64(digit)
      }
      guard number <= UInt32.max else { return nil }
    }
    self.text = text
  }

  private static let alphabet = Array(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

  package var description: String { text }
}
