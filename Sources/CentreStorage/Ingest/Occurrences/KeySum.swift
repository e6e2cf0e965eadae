import Datasets
import GRDB
import Replication
import Storage
import Wire

/// How many natural keys, and the sum over them.
struct KeySum: Equatable {
  private(set) var count: UInt64 = 0
  private(set) var sum = DigestSum()

  init() {}

  /// As it is stored; nothing where no sum is.
  init(count: UInt64, sum: [UInt8]) {
    self.count = count
    self.sum = Hash256(sum).map { DigestSum($0) } ?? DigestSum()
  }

  @inline(__always)
  mutating func add(_ key: DigestSum) {
    count &+= 1
    sum += key
  }

  static func += (left: inout KeySum, right: KeySum) {
    left.count &+= right.count
    left.sum += right.sum
  }
}

extension WriteSession {
  /// Adds natural keys that came into sight to what everybody's digest of `dataset` is over.
  func count(_ keys: KeySum, of dataset: DatasetName) throws {
    var all =
      try first("SELECT count, sum FROM dataset_digest WHERE dataset = ?", [.text(dataset.text)]) {
        KeySum(count: $0.unsigned(0), sum: $0.blob(1))
      } ?? KeySum()
    all += keys
    try run(
      """
      INSERT INTO dataset_digest (dataset, count, sum) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET count = excluded.count, sum = excluded.sum
      """,
      [.text(dataset.text), .integer(Int64(clamping: all.count)), .blob(all.sum.hash.bytes)])
  }
}

extension Database {
  /// What a digest of events or samples is over: the keys of one node, or of all.
  func keySum(of dataset: DatasetName, node: NodeName?) throws -> KeySum {
    let sql: String
    var values: [StoredValue] = [.text(dataset.text)]
    if let node {
      sql = "SELECT count, sum FROM node_stream WHERE dataset = ? AND node = ?"
      values.append(.text(node.text))
    } else {
      sql = "SELECT count, sum FROM dataset_digest WHERE dataset = ?"
    }
    return try first(sql, values) { KeySum(count: $0.unsigned(0), sum: $0.blob(1)) } ?? KeySum()
  }
}
