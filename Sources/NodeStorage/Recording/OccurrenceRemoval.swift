import Datasets
import GRDB
import Replication
import Storage
import Wire

/// Takes occurrences out of the typed tables, when their entries go.
struct OccurrenceRemoval: ~Copyable {
  private let dataset: InstalledDataset
  private let removal: RawStatement
  private let variantRemoval: RawStatement
  private let nextVariant: RawStatement
  private let promotion: RawStatement
  private let promotedRemoval: RawStatement
  private let keyCount: Int32

  init(_ database: Database, _ dataset: InstalledDataset) throws {
    let columns = dataset.table.columns.map { TypedTable.quoted($0.name) }
    let key = columns.prefix(dataset.keyIndexes.count)
    let isKey = key.enumerated().map { "\($1) = ?\($0 + 1)" }.joined(separator: " AND ")
    let author = "?\(key.count + 1)"
    let sequence = "?\(key.count + 2)"
    let table = dataset.table.name
    let variants = dataset.variants?.name ?? table
    self.dataset = dataset
    keyCount = Int32(key.count)
    let removal = try RawStatement(
      database, "DELETE FROM \(table) WHERE \(isKey) AND _author = \(author) AND _sequence = \(sequence)")
    let isVariant = "\(isKey) AND variant_author = \(author) AND variant_sequence = \(sequence)"
    let variantRemoval = try RawStatement(database, "DELETE FROM \(variants) WHERE \(isVariant)")
    let nextVariant = try RawStatement(
      database,
      """
      SELECT variant_author, variant_sequence FROM \(variants) WHERE \(isKey)
      ORDER BY _effective, (SELECT node FROM _author WHERE id = variant_author),
        (SELECT generation FROM _author WHERE id = variant_author),
        (SELECT (random < 0) || printf('%020d', random & 9223372036854775807) FROM _author WHERE id = variant_author),
        variant_sequence
      LIMIT 1
      """
    )
    let list = columns.joined(separator: ", ")
    let promotion = try RawStatement(
      database, "INSERT INTO \(table) (\(list)) SELECT \(list) FROM \(variants) WHERE \(isVariant)")
    let promotedRemoval = try RawStatement(database, "DELETE FROM \(variants) WHERE \(isVariant)")
    self.removal = removal
    self.variantRemoval = variantRemoval
    self.nextVariant = nextVariant
    self.promotion = promotion
    self.promotedRemoval = promotedRemoval
  }

  /// - Returns: whether the natural key is gone from sight; false when another content of it took the place.
  func remove(_ occurrence: PreparedOccurrence, author: Int64, sequence: Datasets.Sequence) throws -> Bool {
    try remove(key: dataset.keyIndexes.map { occurrence.values[$0] }, author: author, sequence: sequence)
  }

  /// - Parameter key: the values of the natural key, in its order.
  func remove(key: [Value], author: Int64, sequence: Datasets.Sequence) throws -> Bool {
    bind(key, author, sequence, to: removal)
    guard try removal.run() > 0 else {
      bind(key, author, sequence, to: variantRemoval)
      try variantRemoval.run()
      return false
    }
    bindKey(key, to: nextVariant)
    defer { nextVariant.reset() }
    guard try nextVariant.step() else { return true }
    let next = (
      nextVariant.integer(0), Datasets.Sequence(UInt64(bitPattern: nextVariant.integer(1))) ?? .none
    )
    bind(key, next.0, next.1, to: promotion)
    try promotion.run()
    bind(key, next.0, next.1, to: promotedRemoval)
    try promotedRemoval.run()
    return false
  }

  private func bind(
    _ key: [Value], _ author: Int64, _ sequence: Datasets.Sequence, to statement: borrowing RawStatement
  ) {
    bindKey(key, to: statement)
    statement.bind(author, at: keyCount + 1)
    statement.bind(Int64(bitPattern: sequence.value), at: keyCount + 2)
  }

  private func bindKey(_ key: [Value], to statement: borrowing RawStatement) {
    for (column, value) in key.enumerated() { TypedTable.bind(value, to: statement, at: Int32(column + 1)) }
  }
}
