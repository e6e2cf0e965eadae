package import Datasets
import GRDB
import Replication
import Storage
import Wire

/// What was found of a row that does not match its checksum.
package struct DamageEntry: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case record
    case change
    case quarantine
    /// A run of events or samples.
    case batch
  }

  package let kind: Kind
  /// Its number in its table, which is that of an entry in quarantine.
  package let row: Int64
  package let dataset: DatasetName?
  /// Whose it is, and where it (or its first entry) stands in that office's stream; nil for records.
  package let node: NodeName?
  package let sequence: Datasets.Sequence?
  package let found: Timestamp
  /// When it was put right, or given up by a person; nil while it is lost.
  package let mended: Timestamp?

  package init(
    kind: Kind, row: Int64, dataset: DatasetName?, node: NodeName? = nil, sequence: Datasets.Sequence? = nil,
    found: Timestamp, mended: Timestamp?
  ) {
    self.kind = kind
    self.row = row
    self.dataset = dataset
    self.node = node
    self.sequence = sequence
    self.found = found
    self.mended = mended
  }
}

/// What one step of looking for damage came to.
package struct DamageStep: Sendable, Equatable {
  /// Rows that were looked at.
  package var looked = 0
  package var mended = 0
  /// That were not known to be.
  package var lost = 0
  /// The feed's newest position, when records go to their readers again.
  package var position: UInt64?
}

extension CentreStore {
  /// Rows of each table that a step looks at, and bytes of their blobs.
  package static let scrubRowsMax = 4_000
  private static let scrubBytesMax = 32 << 20

  /// What is damaged and could not be put right, then what was lately, the newest first.
  ///
  /// - Parameter since: what was put right before is left out.
  package func damage(since: Timestamp, limit: Int = 100) async throws -> [DamageEntry] {
    try await read { database in
      try database.rows(
        """
        SELECT kind, row, dataset, node, sequence, found_ms, mended_ms FROM damage
        WHERE mended_ms IS NULL OR mended_ms >= ?
        ORDER BY mended_ms IS NOT NULL, found_ms DESC, kind, row LIMIT ?
        """, [.integer(since.milliseconds), .integer(Int64(limit))]
      ) { row in
        guard let kind = row.text(0).flatMap({ DamageEntry.Kind(rawValue: $0) }) else {
          throw StoreError.damaged("a note of damage")
        }
        return DamageEntry(
          kind: kind, row: row.integer(1), dataset: row.text(2).flatMap { DatasetName($0) },
          node: row.text(3).flatMap { NodeName($0) }, sequence: row.isNull(4) ? nil : row.sequence(4),
          found: row.timestamp(5), mended: row.optionalTimestamp(6))
      }
    }
  }

  /// Puts right what readers and the writer met since the last time, and notes what cannot be.
  package func mendDamage(now: Timestamp) async throws -> DamageStep {
    try await mend(memory.damage.take(), now: now)
  }

  /// Looks at the next rows of each table, which nobody may have read for long, and puts right what it finds; after the
  /// last row it begins anew. How far it came is kept.
  package func scrub(rowsMax: Int = scrubRowsMax, now: Timestamp) async throws -> DamageStep {
    // What is lost may have come right, or be made of something that did.
    var step = try await mend(try await lostRows(), now: now)
    let catalogue = catalogues.current
    for table in CheckedTable.allCases {
      let slice = try await read { database in
        try Self.slice(database, of: table, catalogue, rowsMax: rowsMax, bytesMax: Self.scrubBytesMax)
      }
      let done = try await mend(slice.damaged, now: now)
      try await write(now: now) { try $0.setCounter(Self.counter(table), to: slice.next) }
      step.looked += slice.looked
      step.mended += done.mended
      step.lost += done.lost
      step.position = done.position ?? step.position
    }
    return step
  }

  private func lostRows() async throws -> [DamagedRow] {
    try await read { database in
      try database.rows("SELECT kind, row FROM damage WHERE mended_ms IS NULL LIMIT 100") { row in
        row.text(0).flatMap { CheckedTable(rawValue: $0) }.map { DamagedRow($0, row.integer(1)) }
      }.compactMap { $0 }.sorted()
    }
  }

  private static func counter(_ table: CheckedTable) -> String { "scrub_\(table.rawValue)" }

  private struct Slice: Sendable {
    var looked = 0
    var damaged: [DamagedRow] = []
    /// The last row that was looked at; 0 after the table's end.
    var next: Int64 = 0
  }

  private static func slice(
    _ database: Database, of table: CheckedTable, _ catalogue: Catalogue, rowsMax: Int, bytesMax: Int
  ) throws -> Slice {
    let from = try database.integer("SELECT value FROM counter WHERE name = ?", [.text(counter(table))]) ?? 0
    let rows = try RawStatement(
      database,
      "SELECT \(table.columns) FROM \(table.name) WHERE \(table.key) > ? ORDER BY \(table.key) LIMIT \(rowsMax)")
    rows.bind(from, at: 1)
    let typed = TypedRows(database, catalogue)
    var slice = Slice()
    var bytes = 0
    while try rows.step() {
      slice.looked += 1
      slice.next = rows.integer(0)
      if try !table.isSound(rows) || (table == .record && !typed.isShown(rows)) {
        slice.damaged.append(DamagedRow(table, slice.next))
      }
      bytes += rows.withBlob(table.bodyPlace) { $0.count }
      if bytes >= bytesMax { return slice }
    }
    if slice.looked < rowsMax { slice.next = 0 }
    return slice
  }

  /// Each for itself: one that fails must not keep the others from being put right.
  private func mend(_ rows: [DamagedRow], now: Timestamp) async throws -> DamageStep {
    var step = DamageStep()
    for row in rows {
      let outcome: MendingOutcome
      do {
        outcome = try await write(now: now) { try $0.mend(row) }
      } catch let error as StoreError where error.code == .damaged {
        // An index that does not agree with its table, say: only a backup helps.
        try await write(now: now) { try $0.store(row, isMended: false) }
        outcome = .lost
      }
      switch outcome {
      case .sound, .stillLost: break
      case .mended: step.mended += 1
      case .lost: step.lost += 1
      }
    }
    guard step.mended > 0 else { return step }
    // What waited for a record that is whole again.
    for dataset in try await datasetsHeld(.damagedRecord) {
      try await requeueHeld(dataset: dataset, code: .damagedRecord, now: now)
    }
    step.position = try await feedEnd()
    return step
  }
}

extension CheckedTable {
  /// How many rows of a whole store do not match their checksums.
  static func damagedCount(_ database: Database) throws -> Int {
    try allCases.reduce(0) { count, table in
      let rows = try RawStatement(database, "SELECT \(table.columns) FROM \(table.name)")
      var damaged = 0
      while try rows.step() {
        if !table.isSound(rows) { damaged += 1 }
      }
      return count + damaged
    }
  }
}
