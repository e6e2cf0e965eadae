import Datasets
import Wire

/// A block of consecutive entries of an event stream: which sequence each has.
enum OccurrenceRun {
  /// Calls `body` with every entry that is no gap, its sequence and where its bytes lie.
  static func forEach(
    in block: [UInt8], first: Datasets.Sequence, _ body: (Datasets.Sequence, Range<Int>) throws -> Void
  ) throws {
    var next = first
    for range in try EntryBlock.ranges(in: block) {
      if !range.isEmpty, block[range.lowerBound] == Entry.Kind.gap.rawValue {
        var reader = ByteReader(block, range: range.lowerBound + 1..<range.upperBound)
        next = try Gap(from: &reader).last.next
      } else {
        try body(next, range)
        next = next.next
      }
    }
  }

  static func bytes(ofSkipped skipped: [Datasets.Sequence]) -> [UInt8] {
    var writer = ByteWriter()
    writer.list(skipped) { $0.sequence($1) }
    return writer.bytes
  }

  static func skipped(_ bytes: [UInt8]) throws -> [Datasets.Sequence] {
    var reader = ByteReader(bytes)
    return try reader.list("skipped", limit: Limits.batchEntriesMax) { reader throws(WireError) in
      try reader.sequence()
    }
  }
}
