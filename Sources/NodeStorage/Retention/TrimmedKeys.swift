import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Remembers samples that have left the copy, so that the same file again is still known: eight bytes of the natural
/// key's hash and eight of the content.
///
/// They stand in buckets of equal size, newest last; whole buckets are forgotten, oldest first, so that the memory is
/// bounded by a share of the quota.
struct TrimmedKeys: ~Copyable {
  enum Finding {
    case unknown
    /// Trimmed with the same content.
    case same
    /// Trimmed with other content: the digest has the key already.
    case other
  }

  private static let bucketsKept: UInt64 = 8
  private static let keysMax: UInt64 = 2_000_000
  /// What one takes in its table, about.
  private static let keyBytes: UInt64 = 40
  /// Forgotten in one step.
  private static let stepRows: Int64 = 20_000

  private let selection: RawStatement
  private let insertion: RawStatement
  private let deletion: RawStatement

  /// - Parameter schema: where those that are looked for stand.
  init(_ database: Database, schema: String = "main") throws {
    let selection = try RawStatement(
      database, "SELECT content FROM \(schema)._trimmed_key WHERE stream = ? AND bucket = ? AND key = ?")
    let insertion = try RawStatement(
      database,
      "INSERT INTO _trimmed_key (stream, bucket, key, content) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
    let deletion = try RawStatement(
      database,
      """
      DELETE FROM _trimmed_key WHERE (stream, bucket, key, content) IN (
        SELECT stream, bucket, key, content FROM _trimmed_key WHERE stream = ? AND bucket < ? LIMIT ?)
      """)
    self.selection = selection
    self.insertion = insertion
    self.deletion = deletion
  }

  func find(_ occurrence: PreparedOccurrence, _ stream: StreamRow) throws -> Finding {
    if stream.trimmedBucket == 0, stream.trimmedCount == 0 { return .unknown }
    let key = Self.key(occurrence)
    var finding = Finding.unknown
    var bucket = stream.trimmedBucket
    while true {
      selection.bind(stream.id, at: 1)
      selection.bind(Int64(bitPattern: bucket), at: 2)
      selection.bind(key, at: 3)
      defer { selection.reset() }
      while try selection.step() {
        if selection.integer(0) == Int64(bitPattern: occurrence.checksum) { return .same }
        finding = .other
      }
      if bucket == Self.oldest(stream) { return finding }
      bucket -= 1
    }
  }

  /// Remembers one that leaves the copy for good.
  func remember(_ occurrence: PreparedOccurrence, _ stream: inout StreamRow, quotaBytes: UInt64) throws {
    insertion.bind(stream.id, at: 1)
    insertion.bind(Int64(bitPattern: stream.trimmedBucket), at: 2)
    insertion.bind(Self.key(occurrence), at: 3)
    insertion.bind(Int64(bitPattern: occurrence.checksum), at: 4)
    guard try insertion.run() > 0 else { return }
    stream.trimmedCount &+= 1
    let keys = min(Self.keysMax, quotaBytes / 16 / Self.keyBytes)
    if stream.trimmedCount >= max(1, keys / Self.bucketsKept) {
      stream.trimmedBucket &+= 1
      stream.trimmedCount = 0
    }
  }

  /// Forgets some of those in buckets that are not looked at any more.
  func forgetOldest(_ stream: StreamRow) throws {
    if Self.oldest(stream) == 0 { return }
    deletion.bind(stream.id, at: 1)
    deletion.bind(Int64(bitPattern: Self.oldest(stream)), at: 2)
    deletion.bind(Self.stepRows, at: 3)
    try deletion.run()
  }

  private static func oldest(_ stream: StreamRow) -> UInt64 {
    stream.trimmedBucket < bucketsKept ? 0 : stream.trimmedBucket - bucketsKept
  }

  private static func key(_ occurrence: PreparedOccurrence) -> Int64 {
    let bytes = occurrence.keySum.hash.bytes.prefix(8)
    return Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
  }
}
