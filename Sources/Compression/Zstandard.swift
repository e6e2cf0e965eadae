import CZstandard

/// Why bytes could not be compressed or restored.
package struct CompressionError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String
}

/// zstd (RFC 8878) over whole blocks, with the decompressed size bounded before anything is decompressed.
package enum Zstandard {
  /// Level 1: on this traffic a higher one saves little and costs the drain its speed (docs/measurements.md).
  package static let level: Int32 = 1

  package static func compress(_ bytes: [UInt8], level: Int32 = level) throws(CompressionError) -> [UInt8] {
    let bound = ZSTD_compressBound(bytes.count)
    var failure: CompressionError?
    let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      let written = bytes.withUnsafeBytes {
        ZSTD_compress(buffer.baseAddress, bound, $0.baseAddress, bytes.count, level)
      }
      if ZSTD_isError(written) != 0 { failure = CompressionError(code: written) } else { count = written }
    }
    if let failure { throw failure }
    return output
  }

  /// - Parameter rawCount: the size that the sender claims; anything else is an error, so memory is bounded by it.
  package static func decompress(_ bytes: [UInt8], rawCount: Int) throws(CompressionError) -> [UInt8] {
    guard rawCount > 0 else {
      guard rawCount == 0, bytes.isEmpty else { throw CompressionError(description: "empty block with bytes") }
      return []
    }
    var failure: CompressionError?
    let output = [UInt8](unsafeUninitializedCapacity: rawCount) { buffer, count in
      let read = bytes.withUnsafeBytes {
        ZSTD_decompress(buffer.baseAddress, rawCount, $0.baseAddress, bytes.count)
      }
      if ZSTD_isError(read) != 0 { failure = CompressionError(code: read) } else { count = read }
    }
    if let failure { throw failure }
    guard output.count == rawCount else {
      throw CompressionError(description: "\(output.count) bytes instead of the \(rawCount) that were claimed")
    }
    return output
  }
}

extension CompressionError {
  fileprivate init(code: Int) {
    self.init(description: String(cString: ZSTD_getErrorName(code)))
  }
}
