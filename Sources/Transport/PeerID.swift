/// One connection at the centre, by the routing id that its ROUTER made for it: 5 bytes, 0 and a counter. A
/// node that comes back is another peer. Valid until the next `bind()`.
package struct PeerID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Bytes of a routing id that the ROUTER made.
  static let byteCount = 5

  package let number: UInt32

  package init(_ number: UInt32) { self.number = number }

  /// Nil for an id that the peer chose itself.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount, bytes[0] == 0 else { return nil }
    number = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
  }

  /// Calls with the 5 bytes.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let value = (UInt64(number) << 24).bigEndian
    return withUnsafeBytes(of: value) { body(UnsafeRawBufferPointer(rebasing: $0[..<Self.byteCount])) }
  }

  /// Whether the ROUTER made this id after the other; its counter wraps around.
  func isLater(than other: PeerID) -> Bool { Int32(bitPattern: number &- other.number) > 0 }

  package var description: String { "peer-\(String(number, radix: 16))" }

  package static func < (left: PeerID, right: PeerID) -> Bool { left.number < right.number }
}
