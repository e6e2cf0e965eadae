import Datasets
import GRDB
import Storage
import Wire

/// What became of a row that did not match its checksum.
enum MendingOutcome: Sendable, Equatable {
  /// There is nothing to mend (any more).
  case sound
  /// As it was, by proof.
  case mended
  /// It is kept aside as it lies there, and used for nothing.
  case lost
  /// The same, and it was known.
  case stillLost
}

extension WriteSession {
  /// Puts a damaged row right where that can be proven, and keeps the books about it.
  func mend(_ damaged: DamagedRow) throws -> MendingOutcome {
    let table = damaged.table
    let isSound = try first(
      "SELECT \(table.columns) FROM \(table.name) WHERE \(table.key) = ?", [.integer(damaged.row)]
    ) { table.isSound($0) }
    guard isSound == false, try !isGivenUp(damaged) else {
      try closeDamage(damaged)
      // Of a record that is sound its typed row may not be.
      guard table == .record, isSound == true, try derive(damaged.row) else { return .sound }
      try store(damaged, isMended: true)
      return .mended
    }
    let isMended = try table == .record ? mendRecord(damaged.row) : mendBody(damaged)
    let isKnown = try isLost(damaged)
    try store(damaged, isMended: isMended)
    return isMended ? .mended : isKnown ? .stillLost : .lost
  }

  private func isLost(_ damaged: DamagedRow) throws -> Bool {
    try first(
      "SELECT 1 FROM damage WHERE kind = ? AND row = ? AND mended_ms IS NULL",
      [.text(damaged.table.rawValue), .integer(damaged.row)]
    ) { _ in true } ?? false
  }

  private func mendRecord(_ row: Int64) throws -> Bool {
    guard let (writer, id) = try record(in: row) else { return false }
    return try writer.mend(row, id)
  }

  /// - Returns: whether anything beside the record's state was not what follows from it.
  private func derive(_ row: Int64) throws -> Bool {
    guard let (writer, id) = try record(in: row), try database.isSettled(writer.dataset.definition) else {
      return false
    }
    return try writer.rederive(id)
  }

  private func record(in row: Int64) throws -> (writer: RecordWriter, id: RecordID)? {
    let found = try first("SELECT dataset, id FROM record WHERE row = ?", [.integer(row)]) {
      (dataset: $0.text(0).flatMap { DatasetName($0) }, id: RecordID(bytes: $0.blob(1)))
    }
    guard let name = found?.dataset, let id = found?.id, let dataset = catalogue.datasets[name] else { return nil }
    return (try recordWriter(dataset), id)
  }

  /// Turns the one bit of a blob, or of its checksum, that explains the difference back.
  ///
  /// - Returns: whether the row matches its checksum now.
  func mendBody(_ damaged: DamagedRow) throws -> Bool {
    let table = damaged.table
    let found = try first(
      "SELECT \(table.columns), locator FROM \(table.name) WHERE \(table.key) = ?", [.integer(damaged.row)]
    ) { row -> (correction: String, value: StoredValue)? in
      let stored = row.integer(1)
      let computed = table.checksum(row)
      if (stored ^ computed).nonzeroBitCount == 1 { return ("checksum", .integer(computed)) }
      let body = BitLocator.corrected(row.blob(table.bodyPlace), locator: row.integer(table.bodyPlace + 1))
      guard let body, table.checksum(row, body: body) == stored else { return nil }
      return (table.body, .blob(body))
    }
    guard let correction = found ?? nil else { return false }
    try run(
      "UPDATE \(table.name) SET \(correction.correction) = ? WHERE \(table.key) = ?",
      [correction.value, .integer(damaged.row)])
    return true
  }

  /// Whether a person has decided to do without it.
  private func isGivenUp(_ damaged: DamagedRow) throws -> Bool {
    guard damaged.table == .quarantine else { return false }
    return try first(
      "SELECT 1 FROM quarantine WHERE id = ? AND state = 'discarded'", [.integer(damaged.row)]
    ) { _ in true } ?? false
  }

  /// Notes what became of a damaged row. A row that was lost before keeps the time when that was found.
  func store(_ damaged: DamagedRow, isMended: Bool) throws {
    let place = try place(of: damaged)
    try run(
      """
      INSERT INTO damage (kind, row, dataset, node, sequence, found_ms, mended_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET mended_ms = excluded.mended_ms,
        found_ms = CASE WHEN mended_ms IS NULL THEN found_ms ELSE excluded.found_ms END
      """,
      [
        .text(damaged.table.rawValue), .integer(damaged.row), .optional(place.dataset), .optional(place.node),
        .optional(place.sequence), .integer(now.milliseconds), .optional(isMended ? now.milliseconds : nil),
      ])
  }

  /// A row is lost no more: it is whole again, or somebody has decided to do without it.
  func closeDamage(_ damaged: DamagedRow) throws {
    try run(
      "UPDATE damage SET mended_ms = ? WHERE kind = ? AND row = ? AND mended_ms IS NULL",
      [.integer(now.milliseconds), .text(damaged.table.rawValue), .integer(damaged.row)])
  }

  /// Where a row stood in its author's stream, as far as it can still be read; of a record only its dataset.
  private func place(of damaged: DamagedRow) throws -> (dataset: String?, node: String?, sequence: Int64?) {
    let table = damaged.table
    let stream =
      switch table {
      case .record: "NULL, NULL"
      case .change, .quarantine: "(SELECT node FROM incarnation WHERE id = t.incarnation), t.sequence"
      case .batch: "(SELECT node FROM incarnation WHERE id = t.incarnation), t.first"
      }
    let found = try first(
      "SELECT t.dataset, \(stream) FROM \(table.name) t WHERE t.\(table.key) = ?", [.integer(damaged.row)]
    ) {
      (
        dataset: $0.text(0).flatMap { DatasetName($0) }?.text, node: $0.text(1).flatMap { NodeName($0) }?.text,
        sequence: $0.optionalInteger(2)
      )
    }
    return found ?? (nil, nil, nil)
  }
}
