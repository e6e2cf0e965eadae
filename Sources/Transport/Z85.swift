internal import CZeroMQ

/// ZeroMQ's printable form of keys (RFC 32/Z85).
enum Z85 {
  /// Characters of one key.
  static let keyCharacters = 40
  /// Bytes of one key.
  static let keyBytes = 32

  /// The text without surrounding blanks if it is one key, else nil.
  static func key(_ text: String) -> String? {
    var characters = text.utf8[...]
    while let first = characters.first, isBlank(first) { characters.removeFirst() }
    while let last = characters.last, isBlank(last) { characters.removeLast() }
    // The library's decoder looks for the terminator itself, so inner NULs are kept from it.
    guard characters.count == keyCharacters, characters.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
      let trimmed = String(characters)
    else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: keyBytes) { bytes in
      zmq_z85_decode(bytes.baseAddress, trimmed) == nil ? nil : trimmed
    }
  }

  /// The text of 32 bytes, nil for any other count.
  static func text(of bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.count == keyBytes, let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: keyCharacters + 1) { text in
      guard let start = text.baseAddress, zmq_z85_encode(start, base, keyBytes) != nil else { return nil }
      return String(cString: start)
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
  }
}
