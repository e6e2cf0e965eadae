/// The entries of a batch before compression: each with its length before it.
package enum EntryBlock {
  package static func append(_ entryBytes: [UInt8], to block: inout ByteWriter) {
    block.lengthPrefixed(entryBytes)
  }

  /// Where each entry's bytes lie in `block`.
  package static func ranges(in block: [UInt8]) throws(WireError) -> [Range<Int>] {
    var reader = ByteReader(block)
    var ranges: [Range<Int>] = []
    while !reader.isAtEnd {
      guard ranges.count < Limits.batchEntriesMax else {
        throw .tooLarge(what: "batch", limit: Limits.batchEntriesMax)
      }
      let length = try reader.count("entry", limit: Limits.entryBytesMax)
      guard length <= reader.remaining else { throw .truncated(what: "entry") }
      ranges.append(reader.offset..<reader.offset + length)
      try reader.skip(length)
    }
    return ranges
  }
}
