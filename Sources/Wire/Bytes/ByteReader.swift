/// Why bytes are no message of ours. Never a trap: everything from a peer or a disk is hostile until it is decoded.
package enum WireError: Error, Sendable, Equatable, CustomStringConvertible {
  case truncated(what: String)
  case tooLarge(what: String, limit: Int)
  case malformed(what: String)
  case unknownKind(what: String, value: UInt64)
  case trailingBytes(Int)

  package var description: String {
    switch self {
    case .truncated(let what): "\(what) ends too early"
    case .tooLarge(let what, let limit): "\(what) is larger than \(limit)"
    case .malformed(let what): "\(what) is malformed"
    case .unknownKind(let what, let value): "\(what) \(value) is not known"
    case .trailingBytes(let count): "\(count) bytes follow the end"
    }
  }
}

/// Reads what `ByteWriter` wrote, checking every bound.
package struct ByteReader: Sendable {
  private let bytes: [UInt8]
  package private(set) var offset: Int
  private let end: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = 0
    end = bytes.count
  }

  /// Reads only `range`, which is clamped to the bytes there are.
  package init(_ bytes: [UInt8], range: Range<Int>) {
    self.bytes = bytes
    let range = range.clamped(to: 0..<bytes.count)
    offset = range.lowerBound
    end = range.upperBound
  }

  package var remaining: Int { end - offset }
  package var isAtEnd: Bool { offset == end }

  package func expectEnd() throws(WireError) {
    if !isAtEnd { throw .trailingBytes(remaining) }
  }

  package mutating func byte(_ what: String = "byte") throws(WireError) -> UInt8 {
    guard offset < end else { throw .truncated(what: what) }
    defer { offset += 1 }
    return bytes[offset]
  }

  package mutating func varint(_ what: String = "number") throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < end {
      let byte = bytes[offset]
      offset += 1
      let low = UInt64(byte & 0x7f)
      guard shift < 63 || low <= 1 else { throw .malformed(what: what) }
      value |= low << shift
      if byte < 0x80 {
        // One spelling for each number: what is decoded is what would be encoded.
        guard byte != 0 || shift == 0 else { throw .malformed(what: what) }
        return value
      }
      shift += 7
      guard shift < 64 else { throw .malformed(what: what) }
    }
    throw .truncated(what: what)
  }

  /// A count or length of at most `limit`.
  package mutating func count(_ what: String, limit: Int) throws(WireError) -> Int {
    let value = try varint(what)
    guard value <= UInt64(limit) else { throw .tooLarge(what: what, limit: limit) }
    return Int(value)
  }

  package mutating func zigzag(_ what: String = "number") throws(WireError) -> Int64 {
    let value = try varint(what)
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  package mutating func fixed64(_ what: String = "number") throws(WireError) -> UInt64 {
    guard remaining >= 8 else { throw .truncated(what: what) }
    var value: UInt64 = 0
    for index in offset..<offset + 8 { value = value << 8 | UInt64(bytes[index]) }
    offset += 8
    return value
  }

  package mutating func raw(_ count: Int, _ what: String = "bytes") throws(WireError) -> [UInt8] {
    guard count >= 0, remaining >= count else { throw .truncated(what: what) }
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  package mutating func skip(_ count: Int, _ what: String = "bytes") throws(WireError) {
    guard count >= 0, remaining >= count else { throw .truncated(what: what) }
    offset += count
  }

  package mutating func lengthPrefixed(_ what: String, limit: Int) throws(WireError) -> [UInt8] {
    let length = try count(what, limit: limit)
    return try raw(length, what)
  }

  /// UTF-8; anything else is malformed, because a repaired text would no longer be what was signed by the chain.
  package mutating func text(_ what: String, limit: Int) throws(WireError) -> String {
    let length = try count(what, limit: limit)
    guard remaining >= length else { throw .truncated(what: what) }
    defer { offset += length }
    guard let text = String(validating: bytes[offset..<offset + length], as: UTF8.self) else {
      throw .malformed(what: what)
    }
    return text
  }

  package mutating func flag(_ what: String) throws(WireError) -> Bool {
    switch try byte(what) {
    case 0: return false
    case 1: return true
    default: throw .malformed(what: what)
    }
  }

  package mutating func optional<Wrapped>(
    _ what: String, _ read: (inout ByteReader) throws(WireError) -> Wrapped
  ) throws(WireError) -> Wrapped? {
    try flag(what) ? try read(&self) : nil
  }

  /// At most `limit` elements; space is not reserved on the sender's word.
  package mutating func list<Element>(
    _ what: String, limit: Int, _ read: (inout ByteReader) throws(WireError) -> Element
  ) throws(WireError) -> [Element] {
    let count = try count(what, limit: limit)
    var elements: [Element] = []
    elements.reserveCapacity(min(count, remaining))
    for _ in 0..<count { elements.append(try read(&self)) }
    return elements
  }
}
