import Datasets
import Replication
import Storage
import Wire

/// Where a record lay when the editor of a change was shown it.
enum ScopeShown {
  case region(RegionCode)
  /// Nothing was shown, or nothing that says where.
  case nowhere
  /// What put it there was discarded: it gives nobody a right, for it may be forged.
  case discarded(NodeName)
  /// What put it there was lost with the centre's disk, and its author did not keep it so long.
  case lost(NodeName)

  var region: RegionCode? { if case .region(let region) = self { region } else { nil } }

  fileprivate init(_ value: Value?) {
    guard case .text(let text)? = value, let region = RegionCode(text) else {
      self = .nowhere
      return
    }
    self = .region(region)
  }
}

extension WriteSession {
  /// The region written by the change that the editor was shown: from the state if it still stands there,
  /// else from history, or by what stands for it since a person put it right. A dot of another record or of a change that
  /// wrote no region gives none.
  ///
  /// - Throws: `QuarantineReason.awaitsDecision` while the change that wrote it is held itself.
  func scopeShown(
    by change: Change, of record: StoredRecord?, _ definition: DatasetDefinition
  ) throws -> ScopeShown {
    guard let dot = change.scopeSeen, let field = definition.scope else { return .nowhere }
    if let sibling = record?.state[field].siblings.first(where: { $0.dot == dot }) {
      return ScopeShown(sibling.value)
    }
    // Who saw what came after a change of scope saw that change: an old dot beside new contexts is no page left open. What
    // stood beside it, and has not seen it, says nothing of which of them was shown.
    let seen = change.edits.reduce(into: change.affirmation ?? .empty) { $0.formUnion($1.saw) }
    for sibling in record?.state[field].siblings ?? [] where seen.covers(sibling.dot) {
      let later = try edit(of: field, sibling.dot, definition.name, change.record)
      if later?.saw.covers(dot) ?? true { return ScopeShown(sibling.value) }
    }
    guard let row = try row(of: dot.author) else { return .nowhere }
    if let written = try written(field, row, definition.name, dot.sequence, of: change.record) { return written }
    guard let aside = try aside(row, definition.name, dot.sequence, of: change.record) else {
      return try isLost(row, definition.name, dot.sequence) ? .lost(dot.author.node) : .nowhere
    }
    switch aside.state {
    case .held: throw QuarantineReason.awaitsDecision(on: dot.author.node, entry: aside.id)
    case .discarded: return .discarded(dot.author.node)
    case .mended:
      guard let mending = aside.mending else { return .nowhere }
      return try written(field, mending.row, definition.name, mending.sequence, of: change.record) ?? .nowhere
    case .requeued: return .nowhere
    }
  }

  /// What an applied change of the record wrote as its region; nil when there is no such change.
  private func written(
    _ field: FieldName, _ row: Int64, _ dataset: DatasetName, _ sequence: Datasets.Sequence, of record: RecordID
  ) throws -> ScopeShown? {
    do {
      return try applied(row, dataset, sequence, of: record).map { change in
        ScopeShown(change.edits.first { $0.field == field }?.value)
      }
    } catch let error as StoreError where error.cause is DamagedRow {
      return .lost(try author(ofRow: row).node)
    }
  }

  /// How an applied change of the record wrote a field.
  private func edit(
    of field: FieldName, _ dot: Dot, _ dataset: DatasetName, _ record: RecordID
  ) throws -> Change.Edit? {
    guard let row = try row(of: dot.author) else { return nil }
    do {
      return try applied(row, dataset, dot.sequence, of: record)?.edits.first { $0.field == field }
    } catch let error as StoreError where error.cause is DamagedRow {
      return nil
    }
  }

  /// - Throws: `StoreError` with the row as its cause when it is damaged; that is noted.
  private func applied(
    _ row: Int64, _ dataset: DatasetName, _ sequence: Datasets.Sequence, of record: RecordID
  ) throws -> Change? {
    let entry = try first(
      """
      SELECT \(CheckedTable.change.columns) FROM change
      WHERE incarnation = ? AND dataset = ? AND sequence = ? AND record = ?
      """, [.integer(row), .text(dataset.text), sequence.stored, .blob(record.bytes)]
    ) { found in
      guard CheckedTable.change.isSound(found) else {
        let damaged = DamagedRow(.change, found.integer(0))
        memory.damage.note(damaged)
        throw StoreError.damaged(damaged)
      }
      return found.blob(9)
    }
    guard let entry, case .change(_, let change)? = try? Entry(bytes: entry) else { return nil }
    return change
  }

  private func isLost(_ row: Int64, _ dataset: DatasetName, _ sequence: Datasets.Sequence) throws -> Bool {
    try first(
      """
      SELECT 1 FROM ledger WHERE incarnation = ?1 AND dataset = ?2 AND first <= ?3 AND last >= ?3
        AND reason = '\(Gap.Reason.trimmed.word)' LIMIT 1
      """, [.integer(row), .text(dataset.text), sequence.stored]
    ) { _ in true } ?? false
  }

  /// What became of an entry of the record that could not be applied.
  private func aside(
    _ row: Int64, _ dataset: DatasetName, _ sequence: Datasets.Sequence, of record: RecordID
  ) throws -> Aside? {
    try first(
      """
      SELECT id, state, mended_incarnation, mended_sequence FROM quarantine
      WHERE incarnation = ? AND dataset = ? AND sequence = ? AND record = ?
      """, [.integer(row), .text(dataset.text), sequence.stored, .blob(record.bytes)]
    ) { try Aside($0) }
  }
}

/// An entry that could not be applied when it came.
private struct Aside {
  let id: Int64
  let state: QuarantineEntry.State
  /// The change of the centre's that stands for it.
  let mending: (row: Int64, sequence: Datasets.Sequence)?

  init(_ row: borrowing RawStatement) throws {
    guard let text = row.text(1), let state = QuarantineEntry.State(rawValue: text) else {
      throw StoreError.damaged("an entry in quarantine")
    }
    id = row.integer(0)
    self.state = state
    mending = row.isNull(2) ? nil : (row: row.integer(2), sequence: row.sequence(3))
  }
}
