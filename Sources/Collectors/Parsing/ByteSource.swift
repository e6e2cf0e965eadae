/// Where bytes come from, a chunk at a time.
package protocol ByteSource {
  /// The next chunk, never empty; nil at the end.
  mutating func next() throws -> [UInt8]?
}

/// Bytes that are in memory already.
package struct MemoryByteSource: ByteSource {
  private var rest: ArraySlice<UInt8>
  private let chunkBytesMax: Int

  /// - Parameter chunkBytesMax: at least 1.
  package init(_ bytes: [UInt8], chunkBytesMax: Int = 256 * 1024) {
    rest = bytes[...]
    self.chunkBytesMax = max(1, chunkBytesMax)
  }

  package init(_ text: String, chunkBytesMax: Int = 256 * 1024) {
    self.init(Array(text.utf8), chunkBytesMax: chunkBytesMax)
  }

  package mutating func next() -> [UInt8]? {
    guard !rest.isEmpty else { return nil }
    let chunk = Array(rest.prefix(chunkBytesMax))
    rest = rest.dropFirst(chunkBytesMax)
    return chunk
  }
}
