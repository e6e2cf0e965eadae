import Datasets
import GRDB
import Replication
import Storage
import Wire

/// An occurrence's place in the order that decides which of two with one key is shown: the lesser one.
struct OccurrenceRank: Sendable {
  /// Row of `_author`.
  let author: Int64
  let dot: Dot
  let effective: Timestamp

  static func < (left: OccurrenceRank, right: OccurrenceRank) -> Bool {
    if left.effective != right.effective { return left.effective < right.effective }
    return left.dot < right.dot
  }
}

/// Who stands for a content, as its row holds it.
struct StoredRank {
  /// Row of `_author`.
  let author: Int64
  let sequence: Datasets.Sequence
  /// By the measurement that was known when it was recorded.
  let effective: Timestamp

  /// - Parameter column: that of `_author`; the sequence and the time follow.
  init(_ row: borrowing RawStatement, from column: Int32) {
    author = row.integer(column)
    sequence = Datasets.Sequence(UInt64(bitPattern: row.integer(column + 1))) ?? .none
    effective = Timestamp(milliseconds: row.integer(column + 2))
  }
}

/// The typed tables of one dataset of events or samples, for loops.
struct OccurrenceTables: ~Copyable {
  enum Placement {
    /// A natural key that was not there.
    case new
    /// There already, with the same content.
    case known
    /// There with other content: one of the two is out of sight now.
    case variant
  }

  private let dataset: InstalledDataset
  private let insertion: RawStatement
  private let comparison: RawStatement
  private let variantComparison: RawStatement
  private let variantInsertion: RawStatement
  private let variantRemoval: RawStatement
  private let restamping: RawStatement
  private let hiding: RawStatement
  private let removal: RawStatement
  private let listing: RawStatement
  private let variantListing: RawStatement
  private let through: OccurrenceReadThrough?
  private let stamp: Int64
  private let keyCount: Int32
  private let fieldCount: Int32

  /// What this office recorded itself belongs to every snapshot, also while another office's entry stands for it.
  static let ownStamp = Int64.max

  /// - Parameters:
  ///   - stamp: of the snapshot that what is placed belongs to.
  ///   - through: where a scratch store finds what stands under a key.
  init(
    _ database: Database, _ dataset: InstalledDataset, stamp: Int64, through: OccurrenceReadThrough? = nil
  ) throws {
    let columns = dataset.table.columns.map { TypedTable.quoted($0.name) }
    let key = columns.prefix(dataset.keyIndexes.count)
    let content = columns.dropFirst(key.count).prefix(dataset.fieldOfColumn.count - key.count)
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    let table = dataset.table.name
    let variants = dataset.variants?.name ?? table
    self.dataset = dataset
    keyCount = Int32(key.count)
    fieldCount = Int32(dataset.fieldOfColumn.count)
    let insertion = try RawStatement(
      database,
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks)) ON CONFLICT DO NOTHING")
    // Numbered parameters: the key first, then the content, then `extra`.
    let isKey = key.enumerated().map { "\($1) = ?\($0 + 1)" }.joined(separator: " AND ")
    let same =
      (content.enumerated().map { "\($1) IS ?\($0 + key.count + 1)" } + ["extra IS ?\(fieldCount + 1)"])
      .joined(separator: " AND ")
    let comparison = try RawStatement(
      database, "SELECT \(same), _author, _sequence, _effective FROM \(table) WHERE \(isKey)")
    let variantComparison = try RawStatement(
      database, "SELECT _author, _sequence, _effective, _stamp FROM \(variants) WHERE \(isKey) AND \(same)")
    let variantColumns = columns.joined(separator: ", ") + ", variant_author, variant_sequence"
    let variantInsertion = try RawStatement(
      database,
      "INSERT INTO \(variants) (\(variantColumns)) VALUES (\(marks), ?, ?) ON CONFLICT DO NOTHING")
    let hiding = try RawStatement(
      database,
      """
      INSERT INTO \(variants) (\(variantColumns))
      SELECT \(columns.joined(separator: ", ")), _author, _sequence FROM \(table) WHERE \(isKey)
      ON CONFLICT DO NOTHING
      """)
    let removal = try RawStatement(database, "DELETE FROM \(table) WHERE \(isKey)")
    let stampIndex = "?\(fieldCount + 2)"
    let listing = try RawStatement(
      database, "UPDATE \(table) SET _stamp = max(_stamp, \(stampIndex)) WHERE \(isKey) AND \(same)")
    let variantListing = try RawStatement(
      database, "UPDATE \(variants) SET _stamp = max(_stamp, \(stampIndex)) WHERE \(isKey) AND \(same)")
    let variantRemoval = try RawStatement(
      database,
      """
      DELETE FROM \(variants)
      WHERE \(isKey) AND variant_author = ?\(key.count + 1) AND variant_sequence = ?\(key.count + 2)
      """)
    let restamping = try RawStatement(
      database,
      """
      UPDATE \(table) SET _author = ?\(key.count + 1), _sequence = ?\(key.count + 2), _effective = ?\(key.count + 3)
      WHERE \(isKey)
      """)
    self.stamp = stamp
    self.through = through
    self.listing = listing
    self.variantListing = variantListing
    self.insertion = insertion
    self.comparison = comparison
    self.variantComparison = variantComparison
    self.variantInsertion = variantInsertion
    self.hiding = hiding
    self.removal = removal
    self.variantRemoval = variantRemoval
    self.restamping = restamping
  }

  /// Puts an occurrence where it belongs.
  ///
  /// The least that said a content stands for it, and the least of those is in sight: what came first does not
  /// matter (the centre's `DuplicateResolver` does the same).
  /// - Parameters:
  ///   - isEntry: false for what becomes an entry only if its content is new: as a duplicate it stands for nothing.
  ///   - rankOf: gives the rank of a row from what it holds; nil when its author is not known.
  func place(
    _ occurrence: PreparedOccurrence, rank: OccurrenceRank, isEntry: Bool,
    rankOf: (StoredRank) throws -> OccurrenceRank?
  ) throws -> Placement {
    if let through {
      bindKey(occurrence, to: through.shown)
      try through.shown.run()
      bindKey(occurrence, to: through.variants)
      try through.variants.run()
    }
    bind(occurrence, rank, stamp: stamp, to: insertion)
    if try insertion.run() > 0 { return .new }
    bindContent(occurrence, to: comparison)
    defer { comparison.reset() }
    guard try comparison.step() else { return .known }
    let isSame = comparison.integer(0) != 0
    let shown = try rankOf(StoredRank(comparison, from: 1))
    comparison.reset()
    if isSame {
      if isEntry, let shown, rank < shown { try restamp(occurrence, rank) }
      return .known
    }
    if shown?.dot == rank.dot {
      // The very same entry says something else: the row was damaged.
      try replace(occurrence, rank, stamp: stamp)
      return .known
    }
    var listed = stamp
    if let (variant, variantStamp) = try variant(sameAs: occurrence) {
      guard isEntry, let known = try rankOf(variant), rank < known else { return .known }
      try remove(variant, of: occurrence)
      listed = max(listed, variantStamp)
    }
    if let shown, rank < shown {
      try show(occurrence, rank, stamp: listed)
    } else {
      try hide(occurrence, rank, stamp: listed)
    }
    return .variant
  }

  /// A snapshot lists what is there already: it stays when the rest is swept.
  func list(_ occurrence: PreparedOccurrence) throws {
    bindContent(occurrence, to: listing)
    listing.bind(stamp, at: fieldCount + 2)
    if try listing.run() > 0 { return }
    bindContent(occurrence, to: variantListing)
    variantListing.bind(stamp, at: fieldCount + 2)
    try variantListing.run()
  }

  private func variant(sameAs occurrence: PreparedOccurrence) throws -> (StoredRank, stamp: Int64)? {
    bindContent(occurrence, to: variantComparison)
    defer { variantComparison.reset() }
    guard try variantComparison.step() else { return nil }
    return (StoredRank(variantComparison, from: 0), variantComparison.integer(3))
  }

  private func remove(_ variant: StoredRank, of occurrence: PreparedOccurrence) throws {
    bindKey(occurrence, to: variantRemoval)
    variantRemoval.bind(variant.author, at: keyCount + 1)
    variantRemoval.bind(Int64(bitPattern: variant.sequence.value), at: keyCount + 2)
    try variantRemoval.run()
  }

  /// The content in sight stays; another entry stands for it.
  private func restamp(_ occurrence: PreparedOccurrence, _ rank: OccurrenceRank) throws {
    bindKey(occurrence, to: restamping)
    restamping.bind(rank.author, at: keyCount + 1)
    restamping.bind(Int64(bitPattern: rank.dot.sequence.value), at: keyCount + 2)
    restamping.bind(rank.effective.milliseconds, at: keyCount + 3)
    try restamping.run()
  }

  private func replace(_ occurrence: PreparedOccurrence, _ rank: OccurrenceRank, stamp: Int64) throws {
    bindKey(occurrence, to: removal)
    try removal.run()
    bind(occurrence, rank, stamp: stamp, to: insertion)
    try insertion.run()
  }

  /// Puts what is shown under this key out of sight and this in its place.
  private func show(_ occurrence: PreparedOccurrence, _ rank: OccurrenceRank, stamp: Int64) throws {
    bindKey(occurrence, to: hiding)
    try hiding.run()
    try replace(occurrence, rank, stamp: stamp)
  }

  private func hide(_ occurrence: PreparedOccurrence, _ rank: OccurrenceRank, stamp: Int64) throws {
    bind(occurrence, rank, stamp: stamp, to: variantInsertion)
    variantInsertion.bind(rank.author, at: fieldCount + 7)
    variantInsertion.bind(Int64(bitPattern: rank.dot.sequence.value), at: fieldCount + 8)
    try variantInsertion.run()
  }

  private func bind(
    _ occurrence: PreparedOccurrence, _ rank: OccurrenceRank, stamp: Int64,
    to statement: borrowing RawStatement
  ) {
    bindFields(occurrence, to: statement)
    statement.bind(rank.author, at: fieldCount + 1)
    statement.bind(Int64(bitPattern: rank.dot.sequence.value), at: fieldCount + 2)
    statement.bind(rank.effective.milliseconds, at: fieldCount + 3)
    statement.bind(Int64(bitPattern: occurrence.checksum), at: fieldCount + 4)
    statement.bind(stamp, at: fieldCount + 5)
    bindExtra(occurrence, to: statement, at: fieldCount + 6)
  }

  private func bindContent(_ occurrence: PreparedOccurrence, to statement: borrowing RawStatement) {
    bindFields(occurrence, to: statement)
    bindExtra(occurrence, to: statement, at: fieldCount + 1)
  }

  private func bindKey(_ occurrence: PreparedOccurrence, to statement: borrowing RawStatement) {
    for column in 0..<keyCount { bindField(occurrence, column, to: statement) }
  }

  private func bindFields(_ occurrence: PreparedOccurrence, to statement: borrowing RawStatement) {
    for column in 0..<fieldCount { bindField(occurrence, column, to: statement) }
  }

  private func bindField(
    _ occurrence: PreparedOccurrence, _ column: Int32, to statement: borrowing RawStatement
  ) {
    let index = dataset.fieldOfColumn[Int(column)]
    TypedTable.bind(occurrence.values[index], to: statement, at: column + 1)
  }

  private func bindExtra(
    _ occurrence: PreparedOccurrence, to statement: borrowing RawStatement, at index: Int32
  ) {
    if let extra = occurrence.extra {
      statement.bind(extra, at: index)
    } else {
      statement.bindNull(at: index)
    }
  }
}
