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

  func save(_ row: MarkRow, of stream: StreamRow) throws {
    let statement = try RawStatement(
      self, "INSERT OR REPLACE INTO _mark (id, head, count, bytes) VALUES (?, ?, ?, ?)")
    statement.bind(stream.key(row.sequence), at: 1)
    statement.bind(blob: row.head.bytes, at: 2)
    statement.bind(Int64(bitPattern: row.count), at: 3)
    statement.bind(Int64(bitPattern: row.bytes), at: 4)
    try statement.run()
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
