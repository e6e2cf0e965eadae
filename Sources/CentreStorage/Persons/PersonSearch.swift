package import Datasets
import Replication
import Storage
import Wire

extension CentreStore {
  /// Records that one transaction of the search looks at: the writer is held for some tens of milliseconds.
  static let personPageMax = 100

  /// Looks for duplicates among the next records that changed since the search last came by, one page.
  ///
  /// It follows the feed's positions, so that it goes on where it was after a restart, and what it costs depends on what
  /// changed, not on how many people there are.
  package func searchDuplicates(now: Timestamp) async throws -> DuplicateSearchStep {
    var step = DuplicateSearchStep()
    for dataset in catalogues.current.sorted {
      guard let fields = dataset.definition.person, dataset.definition.kind == .record else { continue }
      let (isFull, position) = try await write(now: now) { session in
        let before = session.memory.position
        let installed = try session.installed(dataset.definition.name)
        let isFull = try PersonSearch(session, installed, fields).lookAtNext()
        return (isFull, session.memory.position > before ? session.memory.position : nil)
      }
      step.hasMore = step.hasMore || isFull
      step.position = position ?? step.position
    }
    return step
  }
}

/// What one page of the search came to.
package struct DuplicateSearchStep: Sendable, Equatable {
  /// Whether there is more to look at.
  package var hasMore = false
  /// Where the feed shows what the search itself changed (a circle of merges that it broke); nil when it changed nothing.
  package var position: UInt64?
}

/// Finds who may be registered twice, among the records of one dataset. Lives within one transaction.
struct PersonSearch {
  private let session: WriteSession
  private let dataset: InstalledDataset
  private let fields: PersonFields
  private let reader: PersonReader
  private var name: DatasetName { dataset.definition.name }

  init(_ session: WriteSession, _ dataset: InstalledDataset, _ fields: PersonFields) throws {
    self.session = session
    self.dataset = dataset
    self.fields = fields
    reader = PersonReader(session, dataset, fields)
  }

  /// - Returns: whether the page was full.
  func lookAtNext() throws -> Bool {
    let rows = try reader.rows(changedAfter: try progress(), limit: CentreStore.personPageMax)
    guard let last = rows.last else { return false }
    for row in rows { try lookAt(row) }
    try session.run(
      """
      INSERT INTO person_search (dataset, rules, position) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET rules = excluded.rules, position = excluded.position
      """, [.text(name.text), .text(rules), .integer(Int64(clamping: last.position))])
    return rows.count == CentreStore.personPageMax
  }

  /// What the keys that are stored were made by.
  private var rules: String {
    "\(Person.comparisonVersion) " + fields.named.map { "\($0.key)=\($0.field)" }.joined(separator: " ")
  }

  /// Where the search goes on: at the beginning when it follows other rules than what is stored.
  private func progress() throws -> UInt64 {
    let stored = try session.first(
      "SELECT rules, position FROM person_search WHERE dataset = ?", [.text(name.text)]
    ) { ($0.text(0) ?? "", $0.unsigned(1)) }
    guard let stored else { return 0 }
    if stored.0 == rules { return stored.1 }
    for table in ["person_key", "person"] {
      try session.run(
        "DELETE FROM \(table) WHERE row IN (SELECT row FROM record WHERE dataset = ?)", [.text(name.text)])
    }
    return 0
  }

  private func lookAt(_ row: PersonReader.Changed) throws {
    let seen = try reader.seen(row.row)
    if !row.isHidden { try lookAtNames(row) }
    if row.isHidden || seen != row.person {
      if let seen { try reader.forget(seen, of: row.row) }
      if row.isHidden { return try lookAtHidden(row) }
      try reader.store(row.person, of: row.row, row.id)
      try compare(row)
    }
    if row.hasConflicts { try lookAtMerged(row.id) }
    try reopen(row.id)
  }

  /// Two that were merged and are both in sight, however it came: somebody has to decide again.
  private func reopen(_ id: RecordID) throws {
    for sql in Self.reopeningSQL { try session.run(sql, [.text(name.text), .blob(id.bytes)]) }
  }

  static let reopeningSQL = ["first", "second"].map {
    """
    UPDATE duplicate SET state = 'open' WHERE dataset = ? AND \($0) = ? AND state = 'merged' AND NOT EXISTS (
      SELECT 1 FROM record r WHERE r.dataset = duplicate.dataset AND r.id IN (duplicate.first, duplicate.second)
        AND r.hidden <> 0)
    """
  }

  // MARK: - Those in sight

  private func compare(_ row: PersonReader.Changed) throws {
    var compared: Set<Int64> = []
    var found: Set<DuplicatePair> = []
    for key in row.person.keys(in: name) {
      for other in try reader.people(sharing: key, but: row.row) ?? [] where compared.insert(other.row).inserted {
        guard let match = PersonMatch(row.person, other.person) else { continue }
        let pair = DuplicatePair(name, row.id, other.id)
        found.insert(pair)
        try session.put(pair, match)
      }
    }
    for pair in try openPairs(of: row.id) where pair.first != pair.second && !found.contains(pair) {
      if try !isMerged(pair) { try session.drop(pair) }
    }
  }

  /// One that was merged, and that somebody who had not seen it wrote again: both may be in sight, alike or not.
  private func lookAtMerged(_ id: RecordID) throws {
    let writer = try session.recordWriter(dataset)
    guard let target = try writer.record(id)?.state.mergedInto, target != id, try writer.record(target) != nil else {
      return
    }
    try session.put(DuplicatePair(name, id, target), PersonMatch(kind: .similar, score: 100), as: .merged)
  }

  /// Whether one was merged into the other, also where that is in question: somebody has to decide that, whatever they say
  /// of themselves by now.
  private func isMerged(_ pair: DuplicatePair) throws -> Bool {
    let writer = try session.recordWriter(dataset)
    return try writer.record(pair.first)?.state.mergedInto == pair.second
      || writer.record(pair.second)?.state.mergedInto == pair.first
  }

  /// Names in one record that nobody would take for spellings of one: two offices may mean two people.
  private func lookAtNames(_ row: PersonReader.Changed) throws {
    let pair = DuplicatePair(name, row.id, row.id)
    guard row.hasConflicts, let state = try session.recordWriter(dataset).record(row.id)?.state else {
      return try session.drop(pair)
    }
    let names = Set(state[fields.name].siblings.map(\.value.text)).sorted().map { PersonName($0) }
    var least = 100
    for (index, one) in names.prefix(16).enumerated() {
      for other in names.prefix(16).dropFirst(index + 1) { least = min(least, NameSimilarity.of(one, other)) }
    }
    if least < PersonMatch.sameNameMin {
      try session.put(pair, PersonMatch(kind: .otherName, score: least))
    } else {
      try session.drop(pair)
    }
  }

  // MARK: - Those out of sight

  private func lookAtHidden(_ row: PersonReader.Changed) throws {
    let state = try session.recordWriter(dataset).record(row.id)?.state
    let target = state?.mergedInto
    for pair in try openPairs(of: row.id) where try !isMerged(pair) { try session.drop(pair) }
    guard let target else { return }
    let pair = DuplicatePair(name, row.id, target)
    // An office may have merged them itself.
    try session.put(pair, PersonMatch(kind: .similar, score: 100), as: .merged)
    try breakCircle(at: row.id)
  }

  /// Of records that are each other's names the least one is the person (merge.md, "Resolution").
  private func breakCircle(at id: RecordID) throws {
    let writer = try session.recordWriter(dataset)
    var circle = [id]
    while let last = circle.last, circle.count <= AliasChain.lengthMax {
      guard let record = try writer.record(last), record.isHidden, record.state.shownLifecycle == .alias,
        let next = record.state.aliasTarget
      else { return }
      if next == id { break }
      // A circle that does not go through this record is broken at one that it does go through.
      if circle.contains(next) { return }
      circle.append(next)
    }
    guard circle.count <= AliasChain.lengthMax, let person = circle.min() else { return }
    let (installed, record, editor) = try session.editor(name, person)
    let change: Change
    do throws(EditRefusal) {
      change = try editor.setLifecycle(
        .present, version: RecordVersion(of: record.state, record: person, definition: installed.definition),
        reason: "alias_circle")
    } catch {
      throw StoreError.damaged("a record")
    }
    _ = try session.append(change, to: record, of: installed)
  }

  private func openPairs(of id: RecordID) throws -> [DuplicatePair] {
    let values: [StoredValue] = [.text(name.text), .blob(id.bytes)]
    return try Self.pairSQL.flatMap { sql in
      try session.database.rows(sql, values) { DuplicatePair(name, try $0.recordID(0), try $0.recordID(1)) }
    }
  }

  static let pairSQL = ["first", "second"].map {
    "SELECT first, second FROM duplicate WHERE dataset = ? AND \($0) = ? AND state = 'open'"
  }
}

extension WriteSession {
  /// Notes that somebody should look at a pair; what somebody has decided stays.
  fileprivate func put(_ pair: DuplicatePair, _ match: PersonMatch, as state: DuplicateEntry.State = .open) throws {
    // What was merged and is two records again was undone at an office: it is open again. What a person called two
    // people stays so, unless the two are one record's names now.
    try run(
      """
      INSERT INTO duplicate (dataset, first, second, kind, score, rank, state, found_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        kind = CASE WHEN excluded.state = 'merged' THEN kind ELSE excluded.kind END,
        score = CASE WHEN excluded.state = 'merged' THEN score ELSE excluded.score END,
        rank = CASE WHEN excluded.state = 'merged' THEN rank ELSE excluded.rank END,
        state = CASE WHEN 'merged' IN (excluded.state, state) THEN excluded.state ELSE state END
      """,
      [
        .text(pair.dataset.text), .blob(pair.first.bytes), .blob(pair.second.bytes), .text(match.kind.rawValue),
        .integer(Int64(match.score)), .integer(Int64(match.rank)), .text(state.rawValue), .integer(now.milliseconds),
      ])
  }

  /// Takes a pair off the list that nobody has decided about; one of which the other has taken values over stays on it,
  /// since they are given back with the decision.
  fileprivate func drop(_ pair: DuplicatePair) throws {
    try run(
      """
      DELETE FROM duplicate WHERE dataset = ? AND first = ? AND second = ? AND state = 'open' AND taken IS NULL
      """,
      [.text(pair.dataset.text), .blob(pair.first.bytes), .blob(pair.second.bytes)])
  }
}
