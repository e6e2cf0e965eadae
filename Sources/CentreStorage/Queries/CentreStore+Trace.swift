package import Datasets
import GRDB
import Replication
import Storage
import Wire

extension CentreStore {
  /// Quarantined events that are looked through for one: they have no index by natural key.
  private static let quarantineScanMax = 1_000

  static let tracedChangesSQL = """
    SELECT \(CheckedTable.change.columns(of: "c.")), i.node, i.generation, i.random
    FROM change c JOIN incarnation i ON i.id = c.incarnation
    WHERE c.dataset = ? AND c.record = ? ORDER BY c.rowid DESC LIMIT ?
    """
  static let tracedRunsSQL = """
    SELECT position, received_ms, last, skipped FROM occurrence_batch INDEXED BY occurrence_batch_stream
    WHERE incarnation = ? AND dataset = ? AND first <= ? ORDER BY first DESC LIMIT 8
    """

  /// The way of a record's changes, the newest `limit` of them.
  ///
  /// - Returns: nil when nothing of it has ever come.
  /// - Throws: `StoreError(.notFound)` for a dataset that holds no records.
  package func trace(_ name: DatasetName, _ id: RecordID, limit: Int) async throws -> CentreTrace? {
    let definition = try recordDataset(name).definition
    let damage = memory.damage
    return try await read { database in
      let values: [StoredValue] = [.text(name.text), .blob(id.bytes)]
      let taken = try database.rows(Self.tracedChangesSQL, values + [.integer(Int64(limit))]) {
        try TracedEntry(change: $0, noting: damage)
      }
      let aside = try Self.quarantine(
        database, where: "q.dataset = ?1 AND q.record = ?2 AND q.state <> 'requeued'", values, limit: limit,
        isNewestFirst: true, noting: damage
      ).map { TracedEntry($0) }
      let total =
        Int(try database.integer("SELECT count(*) FROM change WHERE dataset = ? AND record = ?", values) ?? 0)
        + Int(
          try database.integer(
            "SELECT count(*) FROM quarantine q WHERE q.dataset = ? AND q.record = ? AND q.state <> 'requeued'", values)
            ?? 0)
      let record = try RecordReader(database, definition).record(id)
      if taken.isEmpty, aside.isEmpty, record == nil { return nil }
      return CentreTrace(
        entries: Self.newestFirst(taken.compactMap { $0 } + aside, limit: limit), total: total, record: record,
        place: try record.map { try Self.place(database, $0) }, variantCount: 0,
        confirmed: try Self.confirmed(database))
    }
  }

  private static func place(_ database: Database, _ record: RecordEntry) throws -> CentreTrace.Place {
    let values: [StoredValue] = [.text(record.dataset.text), .blob(record.id.bytes)]
    let isHidden = try database.integer("SELECT hidden FROM record WHERE dataset = ? AND id = ?", values) ?? 0
    let departures = try database.rows(RecordSource.departureSQL, values) { row in
      FeedScope.Departure(scope: row.text(0).flatMap { RegionCode($0) }, position: row.unsigned(1))
    }
    return CentreTrace.Place(
      position: record.position, scope: record.scope, isHidden: isHidden != 0, departures: departures)
  }

  /// The way of an event or sample.
  ///
  /// - Parameter key: the values of the natural key, in its order.
  /// - Returns: nil when it has never come.
  /// - Throws: `StoreError(.notFound)` for a dataset that holds none.
  package func trace(
    _ name: DatasetName, key: [(field: FieldName, value: Value)], limit: Int
  ) async throws -> CentreTrace? {
    guard let dataset = catalogues.current.datasets[name], dataset.plan != nil else {
      throw StoreError(.notFound, "\(name) is not a dataset of events or samples.")
    }
    let damage = memory.damage
    return try await read { database in
      var entries: [TracedEntry] = []
      for table in [dataset.table, dataset.variant].compactMap({ $0 }) {
        entries += try Self.occurrences(database, name, in: table.name, key: key, limit: limit)
      }
      let shown = entries.first
      let variants = entries.count - (shown == nil ? 0 : 1)
      let aside = try Self.quarantine(
        database, where: "q.dataset = ?1 AND q.record IS NULL AND q.state <> 'requeued'", [.text(name.text)],
        limit: Self.quarantineScanMax, isNewestFirst: true, noting: damage
      ).filter { entry in
        guard case .occurrence(_, let occurrence)? = entry.entry else { return false }
        return key.allSatisfy { occurrence[$0.field] == $0.value }
      }.map { TracedEntry($0) }
      if entries.isEmpty, aside.isEmpty { return nil }
      return CentreTrace(
        entries: Self.newestFirst(entries + aside, limit: limit), total: entries.count + aside.count, record: nil,
        place: shown.flatMap { entry in
          entry.position.map { CentreTrace.Place(position: $0, scope: nil, isHidden: false, departures: []) }
        },
        variantCount: variants, confirmed: try Self.confirmed(database))
    }
  }

  private static func occurrences(
    _ database: Database, _ name: DatasetName, in table: String,
    key: [(field: FieldName, value: Value)], limit: Int
  ) throws -> [TracedEntry] {
    let conditions = key.map { "t.\(TypedTable.quoted($0.field.text)) = ?" }.joined(separator: " AND ")
    let statement = try RawStatement(
      database,
      """
      SELECT t.sequence, t.effective, t.suspect, t.incarnation, i.node, i.generation, i.random
      FROM \(table) t JOIN incarnation i ON i.id = t.incarnation WHERE \(conditions) LIMIT \(limit)
      """)
    for (index, part) in key.enumerated() {
      TypedTable.bind(part.value, to: statement, at: Int32(clamping: index + 1))
    }
    var rows: [(dot: Dot, time: Timestamp, isSuspect: Bool, incarnation: Int64)] = []
    while try statement.step() {
      let author = Author(node: try statement.node(4), incarnation: statement.incarnation(5))
      rows.append(
        (
          dot: Dot(author: author, sequence: statement.sequence(0)), time: statement.timestamp(1),
          isSuspect: statement.integer(2) != 0, incarnation: statement.integer(3)
        ))
    }
    return try rows.map { row in
      let run = try Self.run(database, name, incarnation: row.incarnation, row.dot.sequence)
      return TracedEntry(
        dot: row.dot, time: row.time, isSuspect: row.isSuspect, received: run?.received, position: run?.position,
        fate: .applied, change: nil)
    }
  }

  /// When an entry of an event stream came, and where the feed has it: the newest run that does not skip it.
  private static func run(
    _ database: Database, _ name: DatasetName, incarnation: Int64, _ sequence: Datasets.Sequence
  ) throws -> (position: UInt64, received: Timestamp)? {
    let runs = try database.rows(
      tracedRunsSQL, [.integer(incarnation), .text(name.text), sequence.stored]
    ) { row in
      (
        position: row.unsigned(0), received: row.timestamp(1), last: row.sequence(2),
        skipped: try OccurrenceRun.skipped(row.blob(3))
      )
    }
    let holding = runs.filter { $0.last >= sequence }
    // One that is out of sight is skipped by its run, which is when it came all the same.
    let run =
      holding.filter { !$0.skipped.contains(sequence) }.max { $0.position < $1.position } ?? holding.first
    return run.map { ($0.position, $0.received) }
  }

  private static func newestFirst(_ entries: [TracedEntry], limit: Int) -> [TracedEntry] {
    let sorted = entries.enumerated().sorted { left, right in
      let times = [left, right].map { $0.element.received ?? Timestamp(milliseconds: 0) }
      return times[0] == times[1] ? left.offset < right.offset : times[0] > times[1]
    }
    return sorted.prefix(limit).map(\.element)
  }

  /// How far each node's copy is known to follow the feed; one whose cursor is of a lost epoch has none.
  private static func confirmed(_ database: Database) throws -> [NodeName: UInt64] {
    var confirmed: [NodeName: UInt64] = [:]
    for node in try nodes(database, where: "1", []) {
      guard let cursor = node.cursor, try database.isWithinHistory(cursor) else { continue }
      confirmed[node.node] = cursor.position
    }
    return confirmed
  }
}

extension TracedEntry {
  /// Of the columns of `tracedChangesSQL`; nil when the entry cannot be read, or is damaged, which is noted.
  fileprivate init?(change row: borrowing RawStatement, noting damage: DamageNotes) throws {
    guard let body = CheckedTable.change.soundBody(row, noting: damage),
      case .change(let seal, let change)? = try? Entry(bytes: body)
    else { return nil }
    self.init(
      dot: Dot(
        author: Author(node: try row.node(10), incarnation: row.incarnation(11)), sequence: row.sequence(5)),
      time: seal.effective, isSuspect: seal.isSuspect, received: row.timestamp(7), position: row.unsigned(6),
      fate: row.integer(8) == ChangeDisposition.replaced.rawValue ? .replaced : .applied, change: change)
  }

  fileprivate init(_ entry: QuarantineEntry) {
    var seal: Seal?
    var change: Change?
    switch entry.entry {
    case .change(let found, let edit)?: (seal, change) = (found, edit)
    case .occurrence(let found, _)?: seal = found
    case .gap?, nil: break
    }
    self.init(
      dot: entry.dot, time: seal?.effective, isSuspect: seal?.isSuspect ?? false, received: entry.received,
      position: nil, fate: .aside(entry), change: change)
  }
}
