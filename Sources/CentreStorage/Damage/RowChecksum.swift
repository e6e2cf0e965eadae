import Datasets
import Replication
import Wire

/// What tells a flipped bit in a row of a `CheckedTable`: the first eight bytes of SHA-256 over what the row says and over
/// its blob, in the order of `CheckedTable.columns`.
///
/// One part of a row that changes by itself is mixed in apart, so that it can be replaced without reading the rest; a row
/// that was damaged before does not become sound by that.
enum RowChecksum {
  static func record(_ record: StoredRecord, dataset: String, position: UInt64, state: [UInt8]) -> Int64 {
    var head = RowHead()
    head.add(dataset)
    head.add(record.id.bytes)
    head.add(record.scope?.text)
    head.add(record.isHidden ? 1 : 0)
    head.add(record.hasMoved ? 1 : 0)
    head.add(Int64(record.conflictCount))
    return state.withUnsafeBytes { sum(head, $0) } ^ apart(Int64(clamping: position))
  }

  /// - Parameter incarnation: its row.
  static func change(
    dataset: String, record: [UInt8], incarnation: Int64, sequence: Datasets.Sequence, position: UInt64,
    received: Timestamp, disposition: Int64, entry: UnsafeRawBufferPointer
  ) -> Int64 {
    var head = RowHead()
    head.add(dataset)
    head.add(record)
    head.add(incarnation)
    head.add(Int64(clamping: sequence.value))
    head.add(Int64(clamping: position))
    head.add(received.milliseconds)
    head.add(disposition)
    return sum(head, entry)
  }

  /// - Parameter incarnation: its row.
  static func quarantine(
    dataset: String, record: [UInt8]?, incarnation: Int64, sequence: Datasets.Sequence, received: Timestamp,
    entry: UnsafeRawBufferPointer
  ) -> Int64 {
    var head = RowHead()
    head.add(dataset)
    head.add(record)
    head.add(incarnation)
    head.add(Int64(clamping: sequence.value))
    head.add(received.milliseconds)
    return sum(head, entry)
  }

  /// - Parameter incarnation: its row.
  static func batch(
    dataset: String, position: UInt64, incarnation: Int64, first: Datasets.Sequence, last: Datasets.Sequence,
    received: Timestamp, rawCount: Int, skipped: [UInt8], entries: [UInt8]
  ) -> Int64 {
    var head = RowHead()
    head.add(dataset)
    head.add(Int64(clamping: position))
    head.add(incarnation)
    head.add(Int64(clamping: first.value))
    head.add(Int64(clamping: last.value))
    head.add(received.milliseconds)
    head.add(Int64(rawCount))
    return entries.withUnsafeBytes { sum(head, $0) } ^ apart(skipped)
  }

  /// The part of a number that changes by itself.
  static func apart(_ number: Int64) -> Int64 {
    withUnsafeBytes(of: number.littleEndian) { number in
      Int64(bitPattern: EntryChecksum.of(number, UnsafeRawBufferPointer(start: nil, count: 0)))
    }
  }

  /// The part of a list that changes by itself.
  static func apart(_ bytes: [UInt8]) -> Int64 { Int64(bitPattern: EntryChecksum.of(bytes)) }

  static func sum(_ head: RowHead, _ body: UnsafeRawBufferPointer) -> Int64 {
    head.bytes.withUnsafeBytes { Int64(bitPattern: EntryChecksum.of($0, body)) }
  }
}

/// What stands beside a row's blob, one after the other, so that no two rows say the same.
struct RowHead {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(96) }

  mutating func add(_ number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ text: String?) {
    guard var text else { return addNull() }
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  mutating func add(_ blob: [UInt8]?) {
    guard let blob else { return addNull() }
    blob.withUnsafeBytes { add($0) }
  }

  /// Text and bytes alike.
  mutating func add(_ part: UnsafeRawBufferPointer) {
    add(Int64(part.count))
    bytes.append(contentsOf: part)
  }

  /// Absent and empty are told apart.
  mutating func addNull() { add(-1) }
}

/// Where one bit of a blob flipped: the exclusive or of the places of all bits that are set. A checksum tells that
/// something flipped, and proves the blob once the bit is back.
enum BitLocator {
  private static let masks: [UInt64] = [
    0xAAAA_AAAA_AAAA_AAAA, 0xCCCC_CCCC_CCCC_CCCC, 0xF0F0_F0F0_F0F0_F0F0, 0xFF00_FF00_FF00_FF00,
    0xFFFF_0000_FFFF_0000, 0xFFFF_FFFF_0000_0000,
  ]

  static func of(_ bytes: UnsafeRawBufferPointer) -> Int64 {
    // The low six bits of a place are the same in every word, so that one pass over the words is enough.
    var all: UInt64 = 0
    var high: UInt64 = 0
    func take(_ word: UInt64, at index: Int) {
      all ^= word
      if word.nonzeroBitCount & 1 == 1 { high ^= UInt64(index) }
    }
    let whole = bytes.count / 8
    for index in 0..<whole {
      take(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)), at: index)
    }
    var rest: UInt64 = 0
    for index in whole * 8..<bytes.count { rest |= UInt64(bytes[index]) << UInt64((index - whole * 8) * 8) }
    take(rest, at: whole)
    var low: UInt64 = 0
    for (bit, mask) in masks.enumerated() where (all & mask).nonzeroBitCount & 1 == 1 { low |= 1 << UInt64(bit) }
    return Int64(bitPattern: high << 6 | low)
  }

  /// The blob with the one bit back that would explain the difference.
  ///
  /// - Returns: nil where no single bit does.
  static func corrected(_ bytes: [UInt8], locator: Int64) -> [UInt8]? {
    let place = UInt64(bitPattern: locator ^ bytes.withUnsafeBytes { of($0) })
    guard place / 8 < UInt64(bytes.count) else { return nil }
    var corrected = bytes
    corrected[Int(place / 8)] ^= 1 << UInt8(place % 8)
    return corrected
  }
}
