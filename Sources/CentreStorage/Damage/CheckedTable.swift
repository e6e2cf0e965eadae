import Storage

/// A table whose rows carry a checksum over what they say.
enum CheckedTable: String, CaseIterable, Sendable, Comparable {
  // In the order in which damage is put right: records are made of changes.
  case change
  case quarantine
  case batch
  case record

  private enum Column {
    case number
    /// Text or bytes, perhaps null.
    case bytes
    /// Mixed in apart: it changes by itself.
    case numberApart
    case bytesApart
  }

  static func < (left: CheckedTable, right: CheckedTable) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }

  var name: String { self == .batch ? "occurrence_batch" : rawValue }

  /// The number of a row.
  var key: String {
    switch self {
    case .record: "row"
    case .change: "rowid"
    case .quarantine: "id"
    case .batch: "position"
    }
  }

  /// The blob.
  var body: String {
    switch self {
    case .record: "state"
    case .change, .quarantine: "entry"
    case .batch: "entries"
    }
  }

  /// A row's number, its checksum, and what the checksum covers, the blob last.
  var columns: String { columns(of: "") }

  /// - Parameter alias: the table's in the statement, with its dot.
  func columns(of alias: String) -> String {
    ([key, "checksum"] + coveredNames + [body]).map { alias + $0 }.joined(separator: ", ")
  }

  private var coveredNames: [String] {
    switch self {
    case .record: ["dataset", "id", "scope", "hidden", "moved", "conflicts", "position"]
    case .change: ["dataset", "record", "incarnation", "sequence", "position", "received_ms", "disposition"]
    case .quarantine: ["dataset", "record", "incarnation", "sequence", "received_ms"]
    case .batch: ["dataset", "position", "incarnation", "first", "last", "received_ms", "raw_count", "skipped"]
    }
  }

  private static let recordColumns: [Column] = [.bytes, .bytes, .bytes, .number, .number, .number, .numberApart]
  private static let changeColumns: [Column] = [.bytes, .bytes, .number, .number, .number, .number, .number]
  private static let quarantineColumns: [Column] = [.bytes, .bytes, .number, .number, .number]
  private static let batchColumns: [Column] = [
    .bytes, .number, .number, .number, .number, .number, .number, .bytesApart,
  ]

  private var covered: [Column] {
    switch self {
    case .record: Self.recordColumns
    case .change: Self.changeColumns
    case .quarantine: Self.quarantineColumns
    case .batch: Self.batchColumns
    }
  }

  /// Where the blob stands in `columns`.
  var bodyPlace: Int32 { Int32(covered.count) + 2 }

  /// The checksum that the row on which the statement stands should have.
  ///
  /// - Parameters:
  ///   - start: the place of the first of `columns`.
  ///   - body: in the place of the row's blob.
  func checksum(_ row: borrowing RawStatement, from start: Int32 = 0, body: [UInt8]? = nil) -> Int64 {
    var head = RowHead()
    var apart: Int64 = 0
    for (index, column) in covered.enumerated() {
      let place = start + 2 + Int32(index)
      switch column {
      case .number: head.add(row.integer(place))
      case .bytes: if row.isNull(place) { head.addNull() } else { row.withBlob(place) { head.add($0) } }
      case .numberApart: apart = RowChecksum.apart(row.integer(place))
      case .bytesApart: apart = RowChecksum.apart(row.blob(place))
      }
    }
    if let body { return body.withUnsafeBytes { RowChecksum.sum(head, $0) } ^ apart }
    return row.withBlob(start + bodyPlace) { RowChecksum.sum(head, $0) } ^ apart
  }

  /// Whether the row on which the statement stands matches its checksum.
  func isSound(_ row: borrowing RawStatement, from start: Int32 = 0) -> Bool {
    checksum(row, from: start) == row.integer(start + 1)
  }

  /// The blob of the row on which the statement stands; nil when the row is damaged, which is noted.
  func soundBody(_ row: borrowing RawStatement, from start: Int32 = 0, noting damage: DamageNotes) -> [UInt8]? {
    guard isSound(row, from: start) else {
      damage.note(DamagedRow(self, row.integer(start)))
      return nil
    }
    return row.blob(start + bodyPlace)
  }
}
