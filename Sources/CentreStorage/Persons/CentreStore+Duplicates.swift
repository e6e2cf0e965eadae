package import Datasets
import GRDB
import Replication
import Storage
import Wire

extension CentreStore {
  static let duplicateSQL = """
    SELECT dataset, first, second, kind, score, state, found_ms, decided_ms, decision FROM duplicate
    WHERE (rank, dataset, first, second) > (?1, ?2, ?3, ?4) ORDER BY rank, dataset, first, second LIMIT ?5
    """
  static let duplicateStateSQL = """
    SELECT dataset, first, second, kind, score, state, found_ms, decided_ms, decision FROM duplicate
    WHERE state = ?6 AND (rank, dataset, first, second) > (?1, ?2, ?3, ?4)
    ORDER BY rank, dataset, first, second LIMIT ?5
    """

  /// Pairs, most certain first.
  ///
  /// - Parameters:
  ///   - state: nil is all.
  ///   - limit: at most 1,000.
  package func duplicates(
    state: DuplicateEntry.State? = .open, after: DuplicateCursor? = nil, limit: Int
  ) async throws -> Page<DuplicateEntry, DuplicateCursor> {
    let catalogue = catalogues.current
    let count = min(max(1, limit), 1000)
    let damage = memory.damage
    return try await read { database in
      let statement = try RawStatement(database, state == nil ? Self.duplicateSQL : Self.duplicateStateSQL)
      statement.bind([
        .integer(Int64(after?.rank ?? -1)), .text(after?.pair.dataset.text ?? ""),
        .blob(after?.pair.first.bytes ?? []), .blob(after?.pair.second.bytes ?? []), .integer(Int64(count + 1)),
      ])
      if let state { statement.bind(state.rawValue, at: 6) }
      var rows: [DuplicateRow] = []
      while try statement.step() { rows.append(try DuplicateRow(statement)) }
      let entries = try rows.prefix(count).compactMap { try $0.entry(catalogue, database, noting: damage) }
      return Page(elements: entries, next: rows.count > count ? rows[count - 1].cursor : nil)
    }
  }

  /// - Returns: nil for a pair that nobody has noted.
  package func duplicate(_ pair: DuplicatePair) async throws -> DuplicateEntry? {
    let catalogue = catalogues.current
    let damage = memory.damage
    return try await read { database in
      try database.first(
        """
        SELECT dataset, first, second, kind, score, state, found_ms, decided_ms, decision FROM duplicate
        WHERE dataset = ? AND first = ? AND second = ?
        """, [.text(pair.dataset.text), .blob(pair.first.bytes), .blob(pair.second.bytes)]
      ) { try DuplicateRow($0) }?.entry(catalogue, database, noting: damage)
    }
  }

  /// How many pairs nobody has decided about.
  package func openDuplicates() async throws -> Int {
    try await read { Int(try $0.integer("SELECT count(*) FROM duplicate WHERE state = 'open'") ?? 0) }
  }

  /// The person that `id` stands for: itself, or the one that it was merged into.
  ///
  /// - Returns: nil when the centre does not know `id`, or it leads to nobody.
  package func person(_ dataset: DatasetName, _ id: RecordID) async throws -> RecordEntry? {
    let definition = try recordDataset(dataset).definition
    return try await read { database in
      let reader = try RecordReader(database, definition)
      return try AliasChain.end(of: id) { try reader.record($0)?.state }.flatMap { try reader.record($0) }
    }
  }

  static let aliasSQL = "SELECT record FROM alias WHERE dataset = ? AND target = ? ORDER BY record LIMIT 100"

  /// The records that were merged into this one, at most 100.
  package func aliases(of id: RecordID, in dataset: DatasetName) async throws -> [RecordID] {
    try await read { database in
      try database.rows(Self.aliasSQL, [.text(dataset.text), .blob(id.bytes)]) { try $0.recordID(0) }
    }
  }
}

private struct DuplicateRow {
  let pair: DuplicatePair
  let match: PersonMatch
  let state: DuplicateEntry.State
  let found: Timestamp
  let decided: Timestamp?
  let decision: String?

  var cursor: DuplicateCursor { DuplicateCursor(rank: match.rank, pair: pair) }

  init(_ row: borrowing RawStatement) throws {
    pair = DuplicatePair(try row.dataset(0), try row.recordID(1), try row.recordID(2))
    guard let kind = row.text(3).flatMap({ PersonMatch.Kind(rawValue: $0) }),
      let state = row.text(5).flatMap({ DuplicateEntry.State(rawValue: $0) })
    else { throw StoreError.damaged("a duplicate") }
    match = PersonMatch(kind: kind, score: Int(clamping: row.integer(4)))
    self.state = state
    found = row.timestamp(6)
    decided = row.optionalTimestamp(7)
    decision = row.text(8)
  }

  /// - Returns: nil when the dataset is not installed any more.
  func entry(
    _ catalogue: Catalogue, _ database: Database, noting damage: DamageNotes
  ) throws -> DuplicateEntry? {
    guard let definition = catalogue.datasets[pair.dataset]?.definition else { return nil }
    let reader = try RecordReader(database, definition)
    let ids = pair.first == pair.second ? [pair.first] : [pair.first, pair.second]
    return DuplicateEntry(
      pair: pair, match: match, state: state, found: found, decided: decided, decision: decision,
      records: try ids.compactMap { try reader.sound($0, noting: damage) })
  }
}
