/// The serial number that an attendance terminal reports: all that it is told by.
///
/// Letters, digits, dots, hyphens and underscores, 1 to 64 bytes, the first a letter or a digit: people type it, and
/// whoever reaches the port may make one up.
package struct TerminalSerial: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// - Returns: nil when `text` is not a well-formed serial number.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard (1...64).contains(bytes.count), let first = bytes.first, Self.isLetterOrDigit(first),
      bytes.allSatisfy({ Self.isLetterOrDigit($0) || Self.marks.contains($0) })
    else { return nil }
    self.text = text
  }

  private static let marks: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")]

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  package var description: String { text }

  package static func < (left: TerminalSerial, right: TerminalSerial) -> Bool { left.text < right.text }
}
