import Datasets
import GRDB
import Replication
import Storage
import Wire

/// A stored entry's checksum also covers what stands beside its body and becomes part of it when it is
/// sealed.
enum StoredChecksum {
  static func entry(body: [UInt8], kind: Entry.Kind, stamp: EntryStamp, key: Int64) -> UInt64 {
    var mix = Mix()
    mix.add(UInt64(kind.rawValue))
    mix.add(stamp.boot)
    mix.add(stamp.uptimeMilliseconds)
    mix.add(UInt64(bitPattern: stamp.wall.milliseconds))
    mix.add(UInt64(bitPattern: key))
    return EntryChecksum.of(body) ^ mix.sum
  }

  static func seal(key: Int64, last: Datasets.Sequence, basis: SealBasis) -> UInt64 {
    var mix = Mix()
    mix.add(UInt64(bitPattern: key))
    mix.add(last.value)
    mix.add(UInt64(bitPattern: basis.offsetMilliseconds))
    mix.add(basis.boot)
    mix.add(basis.uptimeMilliseconds)
    mix.add(UInt64(bitPattern: basis.wall.milliseconds))
    return mix.sum
  }

  /// Over what a record's row holds.
  static func record(id: RecordID, state: [UInt8], base: [UInt8]?, own: [UInt8]?) -> UInt64 {
    var mix = Mix()
    mix.add(id.high)
    mix.add(id.low)
    mix.add(EntryChecksum.of(state))
    // Absent and empty are told apart.
    mix.add(base.map { EntryChecksum.of($0) | 1 } ?? 0)
    mix.add(own.map { EntryChecksum.of($0) | 1 } ?? 0)
    return mix.sum
  }

  /// splitmix64's finaliser over each number: any flipped bit changes about half of the result.
  private struct Mix {
    private(set) var sum: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func add(_ number: UInt64) {
      sum = (sum ^ number) &+ 0x9e37_79b9_7f4a_7c15
      sum = (sum ^ (sum >> 30)) &* 0xbf58_476d_1ce4_e5b9
      sum = (sum ^ (sum >> 27)) &* 0x94d0_49bb_1331_11eb
      sum ^= sum >> 31
    }
  }
}

/// An entry as its row has it.
struct StoredEntry: Sendable {
  let key: Int64
  let kind: Entry.Kind?
  let stamp: EntryStamp
  let body: [UInt8]
  /// Whether the row matches its checksum.
  let isSound: Bool

  var sequence: Datasets.Sequence { EntryKey.sequence(key) }

  static let columns = "id, kind, boot, uptime_ms, wall_ms, checksum, body"

  init(_ row: borrowing RawStatement) {
    let key = row.integer(0)
    let kind = UInt8(exactly: row.integer(1)).flatMap(Entry.Kind.init(rawValue:))
    let stamp = EntryStamp(
      boot: UInt64(bitPattern: row.integer(2)), uptimeMilliseconds: UInt64(bitPattern: row.integer(3)),
      wall: Timestamp(milliseconds: row.integer(4)))
    let body = row.blob(6)
    let checksum = kind.map { StoredChecksum.entry(body: body, kind: $0, stamp: stamp, key: key) }
    isSound = checksum == UInt64(bitPattern: row.integer(5))
    self.key = key
    self.kind = kind
    self.stamp = stamp
    self.body = body
  }

  /// The gap that the row stands for, if it does.
  var gap: Gap? {
    guard kind == .gap, isSound, case .gap(let gap)? = try? Entry(bytes: [Entry.Kind.gap.rawValue] + body)
    else {
      return nil
    }
    return gap
  }

  /// The record that a change is of: its first sixteen bytes, whatever follows them.
  var record: RecordID? {
    kind == .change && body.count >= RecordID.byteCount
      ? RecordID(bytes: body.prefix(RecordID.byteCount)) : nil
  }
}

/// Appends entries to `_entry`, in a loop.
struct EntryAppender: ~Copyable {
  private let statement: RawStatement

  init(_ database: Database) throws {
    statement = try RawStatement(
      database, "INSERT INTO _entry (\(StoredEntry.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)")
  }

  /// Puts an entry after the stream's last.
  func append(_ body: [UInt8], kind: Entry.Kind, stamp: EntryStamp, to stream: inout StreamRow) throws {
    let sequence = stream.last.next
    guard sequence > stream.last else {
      throw StoreError(.full, "The stream of \(stream.dataset) has no numbers left.")
    }
    try insert(body, kind: kind, stamp: stamp, key: stream.key(sequence))
    stream.last = sequence
    stream.countTotal += 1
    stream.bytesTotal += UInt64(body.count)
  }

  func insert(_ body: [UInt8], kind: Entry.Kind, stamp: EntryStamp, key: Int64) throws {
    statement.bind(key, at: 1)
    statement.bind(Int64(kind.rawValue), at: 2)
    statement.bind(Int64(bitPattern: stamp.boot), at: 3)
    statement.bind(Int64(bitPattern: stamp.uptimeMilliseconds), at: 4)
    statement.bind(stamp.wall.milliseconds, at: 5)
    let checksum = StoredChecksum.entry(body: body, kind: kind, stamp: stamp, key: key)
    statement.bind(Int64(bitPattern: checksum), at: 6)
    try body.withUnsafeBytes {
      statement.bindBlob($0, at: 7, isCopied: false)
      try statement.run()
    }
  }
}
