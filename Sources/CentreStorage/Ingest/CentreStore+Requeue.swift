import Compression
package import Datasets
package import Replication
import Storage
import Wire

/// What became of an entry that was taken out of quarantine.
package enum RequeueOutcome: Sendable, Equatable {
  case applied
  /// Later changes had seen and replaced it by now.
  case replaced
  /// It is still refused, for this reason.
  case held(QuarantineReason)
}

extension CentreStore {
  /// Applies a quarantined entry under its own dot and `saw`. What waited for it is judged by `requeueDecided`.
  ///
  /// - Parameter reason: why somebody decided so; kept with the entry.
  /// - Throws: `StoreError` when there is no such entry, or it is not held.
  package func requeue(_ id: Int64, reason: String? = nil, now: Timestamp) async throws -> RequeueOutcome {
    try await write(now: now) { session in
      guard let entry = try session.heldEntries(where: "id = ?", [.integer(id)]).first else {
        throw StoreError(.notFound, "No entry \(id) is held in quarantine.")
      }
      guard entry.isSound else { throw StoreError.damaged(DamagedRow(.quarantine, id)) }
      try session.run(
        "UPDATE quarantine SET decision = ? WHERE id = ?", [.optional(reason), .integer(id)])
      return try session.requeue([entry]).first ?? .held(.unknownDataset)
    }
  }

  /// Gives a quarantined entry up: it stays on record, and the ledger says that it is missing on purpose. What waited for
  /// it is judged by `requeueDecided`.
  ///
  /// - Parameter reason: why somebody decided so; kept with the entry.
  /// - Throws: `StoreError` when there is no such entry, or it is not held.
  package func discard(_ id: Int64, reason: String? = nil, now: Timestamp) async throws {
    try await write(now: now) { session in
      guard let entry = try session.heldEntries(where: "id = ?", [.integer(id)]).first else {
        throw StoreError(.notFound, "No entry \(id) is held in quarantine.")
      }
      try session.run(
        "UPDATE quarantine SET state = 'discarded', decided_ms = ?, decision = ? WHERE id = ?",
        [.integer(now.milliseconds), .optional(reason), .integer(id)])
      try session.tell(.discarded, of: entry, reason: reason)
      try session.closeDamage(DamagedRow(.quarantine, id))
      try session.run(
        """
        INSERT INTO ledger (node, incarnation, dataset, first, last, count, reason, at_ms)
        VALUES (?1, ?2, ?3, ?4, ?4, 1, ?5, ?6)
        """,
        [
          .text(try session.author(ofRow: entry.row).node.text), .integer(entry.row),
          .text(entry.dataset.text), entry.sequence.stored, .text(LedgerEntry.discarded),
          .integer(now.milliseconds),
        ])
    }
  }

  /// Applies everything that was held for one reason, a page per transaction.
  ///
  /// - Returns: how many left quarantine.
  @discardableResult
  package func requeueHeld(
    dataset: DatasetName, code: QuarantineReason.Code, now: Timestamp
  ) async throws -> Int {
    try await takeIn(
      where: "code = ? AND dataset = ?", [.text(code.rawValue), .text(dataset.text)], now: now)
  }

  /// Lets in what a revoked node had recorded before it joined again.
  ///
  /// - Parameter reason: why somebody decided so; kept with the entries.
  /// - Returns: how many were tried, and how many left quarantine.
  package func acceptBacklog(
    of node: NodeName, reason: String?, now: Timestamp
  ) async throws -> (tried: Int, taken: Int) {
    let code = QuarantineReason.Code.revokedBacklog.rawValue
    let tried = try await write(now: now) { session in
      // What is still to come of it is let in as well.
      try session.run("DELETE FROM backlog_hold WHERE node = ?", [.text(node.text)])
      return try session.run(
        "UPDATE quarantine SET decision = ? WHERE state = 'held' AND code = ? AND node = ?",
        [.optional(reason), .text(code), .text(node.text)])
    }
    let taken = try await takeIn(
      where: "code = ? AND node = ?", [.text(code), .text(node.text)], now: now)
    return (tried, taken)
  }

  /// Applies what was held for a time ahead of the centre's clock, which has come since.
  ///
  /// - Returns: how many left quarantine.
  @discardableResult
  package func requeueDue(now: Timestamp) async throws -> Int {
    // Looked for without the writer, which has nothing to do here most of the time.
    let isAny = try await read { database in
      try database.rows(
        "SELECT 1 FROM quarantine WHERE state = 'held' AND due_ms <= ? LIMIT 1", [.integer(now.milliseconds)]
      ) { _ in true }.first ?? false
    }
    guard isAny else { return 0 }
    return try await takeIn(
      where: "due_ms <= ? AND code = ?",
      [.integer(now.milliseconds), .text(QuarantineReason.Code.futureTime.rawValue)], now: now)
  }

  /// Judges again what waited for an entry that is held no more. Whoever decided about an entry calls it, in a step of its
  /// own: what is decided stands, whatever becomes of what waited. Called once more, it finishes what was left.
  ///
  /// - Returns: how many left quarantine.
  @discardableResult
  package func requeueDecided(now: Timestamp) async throws -> Int {
    let code = StoredValue.text(QuarantineReason.Code.awaitsDecision.rawValue)
    var left = 0
    while true {
      // Looked for without the writer, which has nothing to do here most of the time.
      let isAny = try await read { database in
        try database.first("SELECT 1 FROM quarantine WHERE state = 'held' AND \(Self.decidedSQL) LIMIT 1", [code]) {
          _ in
          true
        }
      }
      guard isAny ?? false else { return left }
      // One that came before what it waits for is met again in the next round. A round that takes nothing in leaves
      // only what waits for more: a dataset that is not known any more.
      let taken = try await takeIn(where: Self.decidedSQL, [code], now: now)
      if taken == 0 { return left }
      left += taken
    }
  }

  /// Entries that wait for one that is held no more; the code is the parameter.
  static let decidedSQL = """
    code = ? AND NOT EXISTS (SELECT 1 FROM quarantine a WHERE a.id = quarantine.awaits AND a.state = 'held')
    """

  /// The datasets of which anything is held for this reason, by name.
  package func datasetsHeld(_ code: QuarantineReason.Code) async throws -> [DatasetName] {
    try await read { database in
      try database.rows(
        "SELECT DISTINCT dataset FROM quarantine WHERE state = 'held' AND code = ? ORDER BY dataset",
        [.text(code.rawValue)]
      ) { try $0.dataset(0) }
    }
  }

  /// Tries what is held once, a page per transaction.
  private func takeIn(where condition: String, _ values: [StoredValue], now: Timestamp) async throws -> Int {
    var after: Int64 = 0
    var left = 0
    while true {
      let from = after
      let (last, count) = try await write(now: now) { session -> (Int64?, Int) in
        let page = try session.heldEntries(where: condition + " AND id > ?", values + [.integer(from)])
        let outcomes = try session.requeue(page.filter(\.isSound))
        let gone = outcomes.filter { if case .held = $0 { false } else { true } }
        return (page.last?.id, gone.count)
      }
      guard let last else { return left }
      after = last
      left += count
    }
  }
}

/// An entry that waits in quarantine.
struct HeldEntry {
  let id: Int64
  let row: Int64
  let dataset: DatasetName
  let sequence: Datasets.Sequence
  let bytes: [UInt8]
  /// Whether the row matches its checksum; one that does not is neither judged nor shown, and can only be given up.
  let isSound: Bool
}

extension WriteSession {
  private static let pageCount = 2000
  /// Entries that are looked at together, and runs that are made of them: what a reader is sent as one block must stay
  /// below `Limits.batchBytesMax`. The first always goes.
  private static let pageBytesMax = 1 << 20

  func heldEntries(where condition: String, _ values: [StoredValue]) throws -> [HeldEntry] {
    let rows = try RawStatement(
      database,
      """
      SELECT \(CheckedTable.quarantine.columns) FROM quarantine
      WHERE state = 'held' AND \(condition) ORDER BY id LIMIT \(Self.pageCount)
      """)
    rows.bind(values)
    var page: [HeldEntry] = []
    var bytes = 0
    while try rows.step() {
      let entry = HeldEntry(
        id: rows.integer(0), row: rows.integer(4), dataset: try rows.dataset(2), sequence: rows.sequence(5),
        bytes: rows.blob(7), isSound: CheckedTable.quarantine.isSound(rows))
      if !entry.isSound { memory.damage.note(DamagedRow(.quarantine, entry.id)) }
      bytes += entry.bytes.count
      if bytes > Self.pageBytesMax, !page.isEmpty { break }
      page.append(entry)
    }
    return page
  }

  /// Takes entries in again, neighbours of one stream together.
  func requeue(_ entries: [HeldEntry]) throws -> [RequeueOutcome] {
    var outcomes: [RequeueOutcome] = []
    var rest = entries[...]
    while let first = rest.first {
      var group = [first]
      var bytes = first.bytes.count
      rest.removeFirst()
      while let next = rest.first, let last = group.last, next.row == last.row, next.dataset == last.dataset,
        next.sequence == last.sequence.next, bytes + next.bytes.count <= Self.pageBytesMax
      {
        group.append(next)
        bytes += next.bytes.count
        rest.removeFirst()
      }
      outcomes += try requeueNeighbours(group)
    }
    return outcomes
  }

  /// Tells the node that an entry of its is held no more.
  func tell(_ outcome: Verdict.Outcome, of entry: HeldEntry, reason: String?) throws {
    let effective: Timestamp
    switch entry.isSound ? try? Entry(ByteReader(entry.bytes)) : nil {
    case .change(let seal, _): effective = seal.effective
    case .occurrence(let seal, _): effective = seal.effective
    case .gap, nil: effective = Timestamp(milliseconds: 0)
    }
    let node = try author(ofRow: entry.row).node
    try run(
      """
      INSERT INTO verdict (position, node, dataset, incarnation, sequence, outcome, effective_ms, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .integer(Int64(clamping: memory.nextPosition(in: nil, for: node))), .text(node.text),
        .text(entry.dataset.text), .integer(entry.row), entry.sequence.stored,
        .integer(Int64(outcome.rawValue)), .integer(effective.milliseconds),
        .text(String(decoding: (reason ?? "").utf8.prefix(Limits.reasonBytesMax / 2), as: UTF8.self)),
      ])
  }

  private func requeueNeighbours(_ group: [HeldEntry]) throws -> [RequeueOutcome] {
    guard let first = group.first, let last = group.last else { return [] }
    guard catalogue.datasets[first.dataset] != nil else { return group.map { _ in .held(.unknownDataset) } }
    let author = try author(ofRow: first.row)
    var block = ByteWriter(capacity: 4096)
    for entry in group { EntryBlock.append(entry.bytes, to: &block) }
    let ranges = try EntryBlock.ranges(in: block.bytes)
    let run = IngestRun(
      node: author.node, author: author, row: first.row, dataset: first.dataset, block: block.bytes,
      items: zip(group, ranges).map { IngestRun.Item(sequence: $0.sequence, range: $1) },
      compressed: CompressedBytes(rawCount: block.bytes.count, bytes: try Zstandard.compress(block.bytes)),
      first: first.sequence, last: last.sequence, isRequeued: true)
    // All of them count as held meanwhile: one that is refused again may be what its neighbours wait for.
    let result = try ingest(run)
    try note(run, result)
    return try group.map { entry in
      guard let again = result.refused[entry.sequence] else {
        try self.run(
          "UPDATE quarantine SET state = 'requeued', decided_ms = ? WHERE id = ?",
          [.integer(now.milliseconds), .integer(entry.id)])
        try tell(.applied, of: entry, reason: nil)
        return result.replaced.contains(entry.sequence) ? .replaced : .applied
      }
      try self.run(
        """
        UPDATE quarantine SET decision = NULL, code = ?1, reason_id = ?2, reason_en = ?3,
          due_ms = CASE WHEN ?1 = 'future_time' THEN due_ms END, awaits = ?5
        WHERE id = ?4
        """,
        [
          .text(again.code.rawValue), .text(again.text.indonesian), .text(again.text.english),
          .integer(entry.id), .optional(again.awaited),
        ])
      return .held(again)
    }
  }
}
