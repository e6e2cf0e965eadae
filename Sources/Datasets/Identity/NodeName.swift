/// The name of one office's node, bound to its key by the centre and never self-claimed.
///
/// Lower-case letters, digits and inner hyphens, 1 to 63 bytes: it is also a file name and a journald value.
package struct NodeName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// The reserved author of the centre's own decisions: resolutions, merges, mended changes.
  package static let centre = NodeName(unchecked: "scc")

  /// - Returns: nil when `text` is not a well-formed name.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-"),
      bytes.allSatisfy(Self.isAllowed)
    else { return nil }
    self.text = text
  }

  private init(unchecked text: String) {
    self.text = text
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
    default: false
    }
  }

  package var description: String { text }

  /// Ordered by UTF-8 bytes, as merge.md's "greater node" asks. (Names are ASCII, so this is also String's order.)
  package static func < (left: NodeName, right: NodeName) -> Bool { left.text < right.text }
}
