import Foundation

/// Reads Wire's forms from memory that somebody else keeps; nil is "not in the form that was hoped for".
///
/// Valid only as long as the memory is; every read is checked against the end.
struct RawCursor {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  @inline(__always)
  mutating func byte() -> UInt8? {
    guard offset < bytes.count else { return nil }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// Like `ByteReader.varint`, with the same bounds.
  @inline(__always)
  mutating func varint() -> UInt64? {
    guard offset < bytes.count else { return nil }
    let first = bytes[offset]
    if first < 0x80 {
      offset += 1
      return UInt64(first)
    }
    return longVarint()
  }

  private mutating func longVarint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      let low = UInt64(byte & 0x7f)
      guard shift < 63 || low <= 1 else { return nil }
      value |= low << shift
      // Zero at the end is an overlong form, which `ByteReader` refuses too.
      if byte < 0x80 { return byte == 0 ? nil : value }
      shift += 7
      guard shift < 64 else { return nil }
    }
    return nil
  }

  @inline(__always)
  mutating func zigzag() -> Int64? {
    guard let value = varint() else { return nil }
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// The next `count` bytes, still in place.
  @inline(__always)
  mutating func take(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard count <= UInt64(bytes.count - offset) else { return nil }
    let start = offset
    offset += Int(count)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
  }

  /// Bytes with their length before them.
  @inline(__always)
  mutating func lengthPrefixed() -> UnsafeRawBufferPointer? {
    guard let count = varint() else { return nil }
    return take(count)
  }
}

extension UnsafeRawBufferPointer {
  /// Whether no byte is above 127; such bytes are UTF-8 with one character each.
  var isASCII: Bool {
    var index = 0
    while index + 8 <= count {
      if loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
      index += 8
    }
    while index < count {
      if self[index] >= 0x80 { return false }
      index += 1
    }
    return true
  }

  /// Whether both hold the same bytes.
  func isEqual(to other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    guard count > 0, let address = baseAddress else { return true }
    return other.withUnsafeBytes { bytes in bytes.baseAddress.map { memcmp(address, $0, count) == 0 } ?? false
    }
  }
}
