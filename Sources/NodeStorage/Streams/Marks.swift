import Datasets
import Foundation
import GRDB
import Replication
import Storage
import Wire

extension Hash256 {
  var data: Data { Data(bytes) }
}

/// A place in a stream: the chain head there, and how many records and bytes came before.
struct MarkRow: Sendable, Equatable {
  let sequence: Datasets.Sequence
  let head: Hash256
  let count: UInt64
  let bytes: UInt64

  static let start = MarkRow(sequence: .none, head: .zero, count: 0, bytes: 0)

  var mark: StreamMark { StreamMark(sequence: sequence, head: head) }
}

extension Database {
  /// The last mark at or before `sequence`; the stream's start when there is none.
  func mark(of stream: StreamRow, atOrBefore sequence: Datasets.Sequence) throws -> MarkRow {
    try mark(
      "SELECT id, head, count, bytes FROM _mark WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1",
      stream.key(.none), stream.key(sequence)) ?? .start
  }

  /// The first mark from `low` to `high`.
  func firstMark(
    of stream: StreamRow, from low: Datasets.Sequence, through high: Datasets.Sequence
  ) throws -> MarkRow? {
    try mark(
      "SELECT id, head, count, bytes FROM _mark WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1",
      stream.key(low), stream.key(high))
  }

  /// The newest marks from `low` to `high`, rising.
  func marks(
    of stream: StreamRow, from low: Datasets.Sequence, through high: Datasets.Sequence, limit: Int
  ) throws -> [MarkRow] {
    let statement = try RawStatement(
      self, "SELECT id, head, count, bytes FROM _mark WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?")
    statement.bind(stream.key(low), at: 1)
    statement.bind(stream.key(high), at: 2)
    statement.bind(Int64(limit), at: 3)
    var rows: [MarkRow] = []
    while try statement.step() { rows.append(try MarkRow(statement)) }
    return rows.reversed()
  }

  /// - Parameters:
  ///   - sealedAt: when a batch that ends here was made; the first time counts.
  ///   - ackedAt: when the centre's word came that it has everything up to here; the first time counts.
  func save(
    _ row: MarkRow, of stream: StreamRow, sealedAt: Timestamp? = nil, ackedAt: Timestamp? = nil
  ) throws {
    let statement = try RawStatement(
      self,
      """
      INSERT INTO _mark (id, head, count, bytes, sealed_ms, acked_ms) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET head = excluded.head, count = excluded.count, bytes = excluded.bytes,
        sealed_ms = coalesce(sealed_ms, excluded.sealed_ms), acked_ms = coalesce(acked_ms, excluded.acked_ms)
      """)
    statement.bind(stream.key(row.sequence), at: 1)
    statement.bind(blob: row.head.bytes, at: 2)
    statement.bind(Int64(bitPattern: row.count), at: 3)
    statement.bind(Int64(bitPattern: row.bytes), at: 4)
    for (time, place) in [(sealedAt, Int32(5)), (ackedAt, 6)] {
      if let time { statement.bind(time.milliseconds, at: place) } else { statement.bindNull(at: place) }
    }
    try statement.run()
  }

  /// When an entry was first put into a batch, as the marks at ends of batches say; nil when none is kept.
  func sealedTime(of stream: StreamRow, _ sequence: Datasets.Sequence) throws -> Timestamp? {
    // One that was cut otherwise when it was sent again may end before the batch in which it went first.
    try markTime(
      """
      SELECT min(sealed_ms) FROM (
        SELECT sealed_ms FROM _mark WHERE id BETWEEN ? AND ? AND sealed_ms IS NOT NULL ORDER BY id LIMIT 8)
      """, of: stream, sequence)
  }

  /// When the centre's word came that it has an entry; nil when no mark from then is kept.
  func acknowledgedTime(of stream: StreamRow, _ sequence: Datasets.Sequence) throws -> Timestamp? {
    try markTime(
      "SELECT acked_ms FROM _mark WHERE id BETWEEN ? AND ? AND acked_ms IS NOT NULL ORDER BY id LIMIT 1",
      of: stream, sequence)
  }

  private func markTime(_ sql: String, of stream: StreamRow, _ sequence: Datasets.Sequence) throws -> Timestamp? {
    let statement = try RawStatement(self, sql)
    statement.bind(stream.key(sequence), at: 1)
    statement.bind(stream.key(stream.last), at: 2)
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return Timestamp(milliseconds: statement.integer(0))
  }

  private func mark(_ sql: String, _ low: Int64, _ high: Int64) throws -> MarkRow? {
    let statement = try RawStatement(self, sql)
    statement.bind(low, at: 1)
    statement.bind(high, at: 2)
    return try statement.step() ? try MarkRow(statement) : nil
  }
}

extension MarkRow {
  fileprivate init(_ statement: borrowing RawStatement) throws {
    guard let head = Hash256(statement.blob(1)) else {
      throw StoreError(.damaged, "A chain head in the store cannot be read; restore a backup.")
    }
    self.init(
      sequence: EntryKey.sequence(statement.integer(0)), head: head,
      count: UInt64(bitPattern: statement.integer(2)), bytes: UInt64(bitPattern: statement.integer(3)))
  }
}
