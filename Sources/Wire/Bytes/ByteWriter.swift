/// Appends numbers, texts and byte strings in the one form that Wire uses everywhere: LEB128 varints, lengths first.
package struct ByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init(capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  package mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// Unsigned LEB128, 1 to 10 bytes.
  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  package mutating func varint(_ value: Int) { varint(UInt64(max(0, value))) }

  /// Signed numbers with small magnitudes stay short.
  package mutating func zigzag(_ value: Int64) {
    varint(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  /// Eight bytes, most significant first.
  package mutating func fixed64(_ value: UInt64) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  package mutating func raw(_ other: some Collection<UInt8>) { bytes.append(contentsOf: other) }

  package mutating func lengthPrefixed(_ other: some Collection<UInt8>) {
    varint(UInt64(other.count))
    bytes.append(contentsOf: other)
  }

  package mutating func text(_ text: String) {
    varint(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  package mutating func optional<Wrapped>(
    _ value: Wrapped?, _ write: (inout ByteWriter, Wrapped) -> Void
  ) {
    guard let value else { return byte(0) }
    byte(1)
    write(&self, value)
  }

  package mutating func list<Element>(
    _ elements: some Collection<Element>, _ write: (inout ByteWriter, Element) -> Void
  ) {
    varint(UInt64(elements.count))
    for element in elements { write(&self, element) }
  }
}
