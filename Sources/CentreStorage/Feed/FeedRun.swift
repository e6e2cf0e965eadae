import Compression
import Datasets
import Storage
import Wire

/// Consecutive entries of one event stream on a page, joined from the batches that they came in.
struct FeedRun {
  let dataset: DatasetName
  let author: Author
  /// What the reader may see; nil is everything.
  let fields: Set<FieldName>?
  let first: Datasets.Sequence
  var last: Datasets.Sequence
  var skipped: [Datasets.Sequence]
  var pieces: [CompressedBytes]

  var rawCount: Int { pieces.reduce(0) { $0 + $1.rawCount } }

  /// Whether `next` goes on where this ends, and both fit one message.
  func joins(_ next: FeedRun) -> Bool {
    next.dataset == dataset && next.author == author && next.first == last.next
      && rawCount + next.rawCount <= Limits.batchBytesMax
      && Int(next.last.value - first.value) < Limits.batchEntriesMax
  }

  mutating func join(_ next: FeedRun) {
    last = next.last
    skipped += next.skipped
    pieces += next.pieces
  }

  func part() throws -> Feed.Part {
    var entries = pieces.first ?? CompressedBytes(rawCount: 0, bytes: [])
    if pieces.count > 1 || fields != nil {
      var raw: [UInt8] = []
      raw.reserveCapacity(rawCount)
      for piece in pieces { raw += try Zstandard.decompress(piece.bytes, rawCount: piece.rawCount) }
      if let fields { raw = try Self.filtered(raw, to: fields) }
      entries = CompressedBytes(rawCount: raw.count, bytes: try Zstandard.compress(raw))
    }
    return .occurrences(
      FeedOccurrences(
        dataset: dataset, author: author, first: first, last: last, skipped: skipped, entries: entries))
  }

  /// The same entries with only these fields; what cannot be decoded is skipped by the reader and becomes
  /// empty.
  private static func filtered(_ block: [UInt8], to fields: Set<FieldName>) throws -> [UInt8] {
    var writer = ByteWriter(capacity: block.count)
    for range in try EntryBlock.ranges(in: block) {
      switch try? Entry(ByteReader(block, range: range)) {
      case .occurrence(let seal, let occurrence):
        let visible = Occurrence(fields: occurrence.fields.filter { fields.contains($0.name) })
        EntryBlock.append(Entry.occurrence(seal, visible).bytes, to: &writer)
      case .gap(let gap): EntryBlock.append(Entry.gap(gap).bytes, to: &writer)
      case .change, nil: EntryBlock.append([], to: &writer)
      }
    }
    return writer.bytes
  }
}
