import Datasets
import GRDB
import Replication
import Storage
import Wire

/// One stream as its row in `_stream` has it; the writer keeps all of them in memory.
struct StreamRow: Sendable, Equatable {
  let id: Int64
  let dataset: DatasetName
  var kind: DatasetDefinition.Kind
  var lane: DatasetDefinition.Lane
  /// The newest entry.
  var last: Datasets.Sequence = .none
  /// The oldest entry that is kept; `last.next` when none is.
  var earliest: Datasets.Sequence = Datasets.Sequence.none.next
  /// Counts as sent up to here.
  var sealed: Datasets.Sequence = .none
  /// The centre has everything up to here, as its last ack or welcome said.
  var acked: Datasets.Sequence = .none
  /// Acks told what became of each entry up to here; a welcome does not, so what lies between goes again.
  var answered: Datasets.Sequence = .none
  /// Own edits up to here are no longer laid over the copy.
  var overlayThrough: Datasets.Sequence = .none
  /// A verified backup of the centre holds everything up to here; nil where the centre makes none.
  var backedUp: Datasets.Sequence?
  /// Records ever appended and their bytes, without what was thinned.
  var countTotal: UInt64 = 0
  var bytesTotal: UInt64 = 0
  /// The same up to `acked`: the difference is the backlog.
  var countAcked: UInt64 = 0
  var bytesAcked: UInt64 = 0
  /// Distinct natural keys in the typed table.
  var digestCount: UInt64 = 0
  /// Where the next trimmed key is remembered, and how many of them stand there (`TrimmedKeys`).
  var trimmedBucket: UInt64 = 0
  var trimmedCount: UInt64 = 0
  /// Other nodes' rows in the typed tables, and about how many bytes they take.
  var copyCount: UInt64 = 0
  var copyBytes: UInt64 = 0
  var digest = DigestSum()

  init(id: Int64, dataset: DatasetName, kind: DatasetDefinition.Kind, lane: DatasetDefinition.Lane) {
    self.id = id
    self.dataset = dataset
    self.kind = kind
    self.lane = lane
  }

  var backlogCount: UInt64 { countTotal > countAcked ? countTotal - countAcked : 0 }
  var backlogBytes: UInt64 { bytesTotal > bytesAcked ? bytesTotal - bytesAcked : 0 }

  /// The key of one of its entries, marks or seals.
  func key(_ sequence: Datasets.Sequence) -> Int64 { EntryKey.of(stream: id, sequence) }
}

/// Entries of all streams share one table, keyed by stream and sequence in one integer: the shortest key
/// SQLite has.
enum EntryKey {
  static let sequenceMask: Int64 = 1 << 40 - 1

  static func of(stream: Int64, _ sequence: Datasets.Sequence) -> Int64 {
    stream << 40 | Int64(clamping: sequence.value)
  }

  static func sequence(_ key: Int64) -> Datasets.Sequence {
    Datasets.Sequence(UInt64(bitPattern: key & sequenceMask)) ?? .none
  }

  static func stream(_ key: Int64) -> Int64 { key >> 40 }
}

extension StreamRow {
  private static let columns = """
    id, dataset, kind, lane, last, earliest, sealed, acked, answered, overlay_through, backed_up, count_total,
    bytes_total, count_acked, bytes_acked, digest_count, trimmed_bucket, trimmed_count, copy_count, copy_bytes, digest
    """

  static func loadAll(_ database: Database) throws -> [StreamRow] {
    let statement = try RawStatement(database, "SELECT \(columns) FROM _stream ORDER BY id")
    var rows: [StreamRow] = []
    while try statement.step() {
      guard let dataset = statement.text(1).flatMap(DatasetName.init),
        let kind = statement.text(2).flatMap(DatasetDefinition.Kind.init(rawValue:)),
        let lane = DatasetDefinition.Lane(rawValue: Int(statement.integer(3))),
        let digest = Hash256(statement.blob(20))
      else {
        throw StoreError(.damaged, "The list of streams in the store cannot be read; restore a backup.")
      }
      var row = StreamRow(id: statement.integer(0), dataset: dataset, kind: kind, lane: lane)
      func sequence(_ column: Int32) -> Datasets.Sequence {
        Datasets.Sequence(UInt64(bitPattern: statement.integer(column))) ?? .none
      }
      row.last = sequence(4)
      row.earliest = sequence(5)
      row.sealed = sequence(6)
      row.acked = sequence(7)
      row.answered = sequence(8)
      row.overlayThrough = sequence(9)
      row.backedUp = statement.isNull(10) ? nil : sequence(10)
      row.countTotal = UInt64(bitPattern: statement.integer(11))
      row.bytesTotal = UInt64(bitPattern: statement.integer(12))
      row.countAcked = UInt64(bitPattern: statement.integer(13))
      row.bytesAcked = UInt64(bitPattern: statement.integer(14))
      row.digestCount = UInt64(bitPattern: statement.integer(15))
      row.trimmedBucket = UInt64(bitPattern: statement.integer(16))
      row.trimmedCount = UInt64(bitPattern: statement.integer(17))
      row.copyCount = UInt64(bitPattern: statement.integer(18))
      row.copyBytes = UInt64(bitPattern: statement.integer(19))
      row.digest = DigestSum(digest)
      rows.append(row)
    }
    return rows
  }

  func save(_ database: Database) throws {
    let statement = try RawStatement(
      database,
      """
      INSERT OR REPLACE INTO _stream (\(Self.columns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    statement.bind(id, at: 1)
    statement.bind(dataset.text, at: 2)
    statement.bind(kind.rawValue, at: 3)
    statement.bind(Int64(lane.rawValue), at: 4)
    let sequences = [last, earliest, sealed, acked, answered, overlayThrough, backedUp ?? .none].map(\.value)
    let totals = [
      countTotal, bytesTotal, countAcked, bytesAcked, digestCount, trimmedBucket, trimmedCount, copyCount,
      copyBytes,
    ]
    for (index, value) in (sequences + totals).enumerated() {
      statement.bind(Int64(bitPattern: value), at: Int32(5 + index))
    }
    if backedUp == nil { statement.bindNull(at: 11) }
    statement.bind(blob: digest.hash.bytes, at: 21)
    try statement.run()
  }
}
