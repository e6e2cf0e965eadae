import Datasets
import Testing
import Wire

/// Bounds hold before memory is taken on a sender's word.
@Suite struct BoundsTests {
  private func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    write(&writer)
    return writer.bytes
  }

  private func value(_ write: (inout ByteWriter) -> Void) throws(WireError) -> Value {
    var reader = ByteReader(bytes(write))
    let value = try reader.value()
    try reader.expectEnd()
    return value
  }

  @Test func `a count above its limit is refused before anything is read`() {
    var reader = ByteReader(bytes { $0.varint(UInt64.max) })
    #expect(throws: WireError.tooLarge(what: "things", limit: 10)) {
      try reader.list("things", limit: 10) { reader throws(WireError) in try reader.byte() }
    }
  }

  @Test func `a count within its limit but without the bytes is refused`() {
    var reader = ByteReader(bytes { $0.varint(UInt64(1 << 20)) })
    #expect(throws: WireError.truncated(what: "byte")) {
      try reader.list("things", limit: 1 << 20) { reader throws(WireError) in try reader.byte() }
    }
  }

  @Test(arguments: [
    [0x80, 0x00], [0xff, 0x80, 0x00], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
    [UInt8](repeating: 0x80, count: 11),
  ])
  func `a number has one spelling and at most 64 bits`(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    #expect(throws: WireError.malformed(what: "number")) { try reader.varint() }
  }

  @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 56, UInt64.max])
  func `numbers of every length come back`(number: UInt64) throws {
    var reader = ByteReader(bytes { $0.varint(number) })
    #expect(try reader.varint() == number)
    let signed = Int64(bitPattern: number)
    reader = ByteReader(bytes { $0.zigzag(signed) })
    #expect(try reader.zigzag() == signed)
    reader = ByteReader(bytes { $0.fixed64(number) })
    #expect(try reader.fixed64() == number)
  }

  @Test(arguments: ["1e5", "01", "1.0", "-0", "inf", "nan", "0x1p3", "", " 1", "+1", ".5"])
  func `a decimal that is not canonical is refused`(text: String) {
    #expect(throws: WireError.malformed(what: "decimal")) {
      try value {
        $0.byte(ValueTag.decimal.rawValue)
        $0.text(text)
      }
    }
  }

  @Test(arguments: [["b", "a"], ["a", "a"], ["a", "A"]])
  func `a list out of order or with repetitions is refused`(elements: [String]) {
    #expect(throws: WireError.malformed(what: "list")) {
      try value { writer in
        writer.byte(ValueTag.list.rawValue)
        writer.list(elements) { $0.text($1) }
      }
    }
  }

  @Test func `text that is not UTF-8 is refused, never repaired`() {
    #expect(throws: WireError.malformed(what: "text")) {
      try value {
        $0.byte(ValueTag.text.rawValue)
        $0.lengthPrefixed([0xC3, 0x28])
      }
    }
  }

  @Test(arguments: [Int64.min, .max, Limits.timestampMillisecondsMax + 1])
  func `a time beyond all calendars is refused`(milliseconds: Int64) {
    var reader = ByteReader(bytes { $0.zigzag(milliseconds) })
    #expect(throws: WireError.malformed(what: "time")) { try reader.timestamp() }
    #expect(throws: WireError.malformed(what: "instant")) {
      try value {
        $0.byte(ValueTag.instant.rawValue)
        $0.zigzag(milliseconds / 1000)
        $0.varint(0)
        $0.zigzag(0)
      }
    }
  }

  @Test func `writing the ends of time does not trap`() {
    for milliseconds in [Int64.min, .min + 1, -1, .max] {
      let instant = ZonedInstant(timestamp: Timestamp(milliseconds: milliseconds), offsetMinutes: 0)
      #expect(!bytes { $0.value(.instant(instant)) }.isEmpty)
    }
  }

  @Test(arguments: [[(1, 5), (0, 5)], [(0, 5), (0, 6)], [(0, 0)], [(7, 1)]])
  func `a context out of order, doubled, empty or without author is refused`(entries: [(Int, UInt64)]) {
    let bytes = bytes { writer in
      writer.list(["a", "b"]) { writer, name in
        writer.text(name)
        writer.incarnation(Incarnation(generation: 1, random: 1))
      }
      writer.list([entries]) { writer, entries in
        writer.list(entries) {
          $0.varint($1.0)
          $0.varint($1.1)
        }
      }
    }
    #expect(throws: WireError.self) {
      var reader = ByteReader(bytes)
      _ = try reader.contextTable()
    }
  }

  @Test func `a state whose siblings no merge can have made is refused`() throws {
    let author = Author(node: .centre, incarnation: Incarnation(generation: 1, random: 1))
    let dot = Dot(author: author, sequence: Datasets.Sequence.none.next)
    let sibling = Sibling(dot: dot, value: .null, time: Timestamp(milliseconds: 0), isSuspect: false)
    func read(_ state: FieldState) throws {
      var record = RecordState.empty
      record[.lifecycle] = state
      var registry = FieldRegistry()
      let bytes = record.bytes(registry: &registry)
      _ = try RecordState(bytes: bytes, registry: registry)
    }
    try read(FieldState(context: Context(dot), siblings: [sibling]))
    #expect(throws: WireError.malformed(what: "siblings")) {
      try read(FieldState(context: .empty, siblings: [sibling]))
    }
    #expect(throws: WireError.malformed(what: "siblings")) {
      try read(FieldState(context: Context(dot), siblings: [sibling, sibling]))
    }
  }

  @Test func `a change that edits a field twice is refused`() {
    var generator = Generator(seed: 1)
    let edit = Change.Edit(field: .lifecycle, value: .null, saw: .empty)
    let change = Change(record: generator.recordID(), edits: [edit, edit])
    #expect(throws: WireError.malformed(what: "edits")) {
      var reader = ByteReader(change.bytes)
      _ = try Change(from: &reader)
    }
  }

  @Test func `a gap misses at most as many records as it has places`() {
    let one = Datasets.Sequence.none.next
    func gap(_ first: Datasets.Sequence, _ last: Datasets.Sequence, _ count: UInt64) -> Gap? {
      Gap(first: first, last: last, recordCount: count, reason: .trimmed, headAfter: .zero)
    }
    #expect(gap(one, one, 1) != nil)
    #expect(gap(one, one, 0) != nil)
    #expect(gap(one, one, 2) == nil)
    #expect(gap(.none, one, 1) == nil)
    #expect(gap(one.next, one, 1) == nil)
  }

  @Test func `a batch whose range is empty or begins at nothing is refused`() {
    var generator = Generator(seed: 3)
    var batch = generator.batch()
    batch.first = batch.last.next
    batch.last = .none
    #expect(throws: WireError.malformed(what: "batch range")) {
      _ = try NodeMessage(bytes: NodeMessage.batch(batch).bytes)
    }
  }

  @Test func `a batch that would grow beyond the bound is refused before it is decompressed`() {
    var generator = Generator(seed: 3)
    var batch = generator.batch()
    batch.entries = CompressedBytes(rawCount: Limits.batchBytesMax + 1, bytes: [])
    #expect(throws: WireError.tooLarge(what: "decompressed size", limit: Limits.batchBytesMax)) {
      _ = try NodeMessage(bytes: NodeMessage.batch(batch).bytes)
    }
  }

  @Test func `a run of occurrences skips only what is in it`() throws {
    var generator = Generator(seed: 3)
    let first = Datasets.Sequence.none.next
    func read(_ skipped: [Datasets.Sequence]) throws {
      let run = FeedOccurrences(
        dataset: generator.dataset(), author: generator.author(), first: first, last: first.next,
        skipped: skipped,
        entries: CompressedBytes(rawCount: 0, bytes: []))
      let feed = Feed(session: 1, cursor: generator.cursor(), part: .occurrences(run))
      _ = try CentreMessage(bytes: CentreMessage.feed(feed).bytes)
    }
    try read([first, first.next])
    #expect(throws: WireError.self) { try read([first.next, first]) }
    #expect(throws: WireError.self) { try read([first.next.next]) }
  }

  @Test(arguments: [0, 2, 255] as [UInt8])
  func `another protocol version is refused by name`(version: UInt8) {
    #expect(throws: WireError.unknownKind(what: "protocol version", value: UInt64(version))) {
      _ = try NodeMessage(bytes: [version, 6, 0, 0, 0, 0, 0, 0, 0, 0])
    }
    #expect(throws: WireError.unknownKind(what: "message kind", value: 65)) {
      _ = try NodeMessage(bytes: [1, 65])
    }
  }

  @Test func `a block of more entries than a batch may hold is refused`() {
    let block = [UInt8](repeating: 0, count: Limits.batchEntriesMax + 1)
    #expect(throws: WireError.tooLarge(what: "batch", limit: Limits.batchEntriesMax)) {
      _ = try EntryBlock.ranges(in: block)
    }
  }
}
