package import Datasets
package import Replication
import Storage
import Wire

extension CentreStore {
  /// Makes `other` another name of `kept`.
  ///
  /// - Parameters:
  ///   - take: fields of which the kept one gets the other's shown value. None of itself: it would be the centre's word,
  ///     before every office's that is still on its way.
  ///   - versions: what the person looked at, by record; without one the present state counts as seen.
  ///   - match: how alike they are, for the list of what was merged.
  /// - Throws: `DuplicateRefusal`, `CentreEditError`.
  package func merge(
    _ dataset: DatasetName, _ other: RecordID, into kept: RecordID, take: [FieldName] = [],
    versions: [RecordID: RecordVersion] = [:], match: PersonMatch, reason: String, now: Timestamp
  ) async throws -> MergedRecords {
    try await write(now: now) { session in
      guard other != kept else { throw DuplicateRefusal.sameRecord }
      let target = try session.inSight(dataset, kept)
      let source = try session.inSight(dataset, other)
      // Each would be the other's name.
      guard target.record.state.mergedInto != other else { throw DuplicateRefusal.merged }
      let pair = DuplicatePair(dataset, kept, other)
      var edits: [CentreEdit] = []
      // An earlier merge of the two may be in question: what it took is given back with what this one takes.
      var taken = try session.taken(by: pair)
      var added: [FieldName] = []
      let shown = ShownRecord(source.record.state, definition: source.dataset.definition)
      let stands = ShownRecord(target.record.state, definition: target.dataset.definition)
      let values = shown.fields.filter { name, value in
        let isAlone = target.record.state[name].siblings.count == 1
        return take.contains(name) && !(isAlone && stands[name] == value)
      }
      if !values.isEmpty {
        let change = try session.refusing(target.editor) {
          editor throws(EditRefusal) in
          try editor.save(values, version: versions[kept], isCorrection: true, reason: reason)
        }
        if let change {
          let edit = try session.append(change, to: target.record, of: target.dataset)
          added = taken.add(change, edit.dot, to: target.record.state, definition: target.dataset.definition)
          edits.append(edit)
        }
      }
      let change = try session.refusing(source.editor) {
        editor throws(EditRefusal) in
        try editor.setLifecycle(.alias, aliasOf: kept, version: versions[other], reason: reason)
      }
      edits.append(try session.append(change, to: source.record, of: source.dataset))
      try session.decide(pair, match, .merged, reason, taken: taken)
      let out = shown.fields.map(\.name).filter { name in
        stands[name] != shown[name] && !values.contains { $0.name == name }
      }
      return MergedRecords(edits: edits, taken: added, hidden: out)
    }
  }

  /// Makes two people again of what was merged: the other comes into sight, and the kept one shows what it showed before
  /// it got the other's values. A resolution of the one's lifecycle, or an office that restored it, may have done the first
  /// part already.
  ///
  /// - Throws: `DuplicateRefusal`, `CentreEditError`.
  package func undoMerge(_ pair: DuplicatePair, match: PersonMatch, reason: String, now: Timestamp) async throws
    -> UndoneMerge
  {
    try await write(now: now) { session in
      let taken = try session.taken(by: pair)
      var edits: [CentreEdit] = []
      for (alias, target) in [(pair.first, pair.second), (pair.second, pair.first)] {
        let (dataset, record, editor) = try session.known(pair.dataset, alias)
        // Also where an office that entered the merged one anew has put it in question: that is decided with it.
        guard record.state.mergedInto == target else { continue }
        let change = try session.refusing(editor) {
          editor throws(EditRefusal) in try editor.setLifecycle(.present, version: nil, reason: reason)
        }
        edits.append(try session.append(change, to: record, of: dataset))
      }
      guard !edits.isEmpty || !taken.fields.isEmpty else { throw DuplicateRefusal.notMerged }
      let back = try session.giveBack(taken, in: pair.dataset, reason)
      try session.decide(pair, match, .distinct, reason)
      return UndoneMerge(edits: edits + back.edits, left: back.left)
    }
  }

  /// Notes that these are two people (or that one record is one): nobody is asked again.
  ///
  /// A decision of the centre about its own list, not a change: offices are not told. But what one has taken from the other
  /// in a merge that is undone otherwise, it gives back.
  ///
  /// - Throws: `DuplicateRefusal`, `CentreEditError`.
  @discardableResult
  package func keepApart(_ pair: DuplicatePair, match: PersonMatch, reason: String, now: Timestamp) async throws
    -> UndoneMerge
  {
    try await write(now: now) { session in
      for (id, other) in [(pair.first, pair.second), (pair.second, pair.first)] {
        if try session.known(pair.dataset, id).record.state.mergedInto == other { throw DuplicateRefusal.merged }
      }
      let back = try session.giveBack(try session.taken(by: pair), in: pair.dataset, reason)
      try session.decide(pair, match, .distinct, reason)
      return back
    }
  }

  /// Gives what `node` said of a record to a new one: two people shared it.
  ///
  /// - Parameter newID: an id that nobody has.
  /// - Returns: the edits, the new record's first.
  /// - Throws: `DuplicateRefusal`, `CentreEditError`.
  package func split(
    _ dataset: DatasetName, _ id: RecordID, saidBy node: NodeName, newID: RecordID, version: RecordVersion?,
    reason: String, now: Timestamp
  ) async throws -> [CentreEdit] {
    try await write(now: now) { session in
      let (installed, record, editor) = try session.inSight(dataset, id)
      let definition = installed.definition
      let required = Set(definition.fields.filter(\.isRequired).map(\.name))
      let split = try session.refusing(editor) {
        editor throws(EditRefusal) in
        try editor.split(version: version, reason: reason, required: required) { $0.dot.author.node == node }
      }
      guard let split else { throw DuplicateRefusal.notSplittable }
      guard try session.recordWriter(installed).record(newID) == nil else {
        throw CentreEditError.refused(.foreignVersion)
      }
      let maker = RecordEditor(
        definition: definition, node: .centre, record: newID, state: .empty, own: .none)
      let creation = try session.refusing(maker) {
        editor throws(EditRefusal) in try editor.create(split.moved, source: nil)
      }
      let made = try session.append(creation, to: .new(newID), of: installed)
      let rest = try session.append(split.rest, to: record, of: installed)
      let pair = DuplicatePair(dataset, id, newID)
      try session.decide(pair, PersonMatch(kind: .otherName, score: 0), .distinct, reason)
      return [made, rest]
    }
  }
}

extension WriteSession {
  typealias Found = (dataset: InstalledDataset, record: StoredRecord, editor: RecordEditor)

  fileprivate func known(_ dataset: DatasetName, _ id: RecordID) throws -> Found {
    do { return try editor(dataset, id) } catch CentreEditError.refused(.unknownRecord) {
      throw DuplicateRefusal.unknownRecord(id)
    }
  }

  fileprivate func inSight(_ dataset: DatasetName, _ id: RecordID) throws -> Found {
    let found = try known(dataset, id)
    guard !found.record.isHidden else { throw DuplicateRefusal.hidden(id) }
    return found
  }

  /// Turns what the editor refuses into what the centre's edits throw.
  fileprivate func refusing<Result>(
    _ editor: RecordEditor, _ make: (RecordEditor) throws(EditRefusal) -> Result
  ) throws -> Result {
    do throws(EditRefusal) { return try make(editor) } catch { throw CentreEditError.refused(error) }
  }

  fileprivate func decide(
    _ pair: DuplicatePair, _ match: PersonMatch, _ state: DuplicateEntry.State, _ reason: String,
    taken: TakenFields = TakenFields()
  ) throws {
    try run(
      """
      INSERT INTO duplicate (dataset, first, second, kind, score, rank, state, found_ms, decided_ms, decision, taken)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?8, ?8, ?9, ?10)
      ON CONFLICT DO UPDATE SET
        state = excluded.state, decided_ms = excluded.decided_ms, decision = excluded.decision, taken = excluded.taken
      """,
      [
        .text(pair.dataset.text), .blob(pair.first.bytes), .blob(pair.second.bytes), .text(match.kind.rawValue),
        .integer(Int64(match.score)), .integer(Int64(match.rank)), .text(state.rawValue),
        .integer(now.milliseconds), .text(reason), taken.fields.isEmpty ? .null : .blob(taken.bytes),
      ])
  }

  /// What merges of the two have taken and not given back; empty when that is nothing.
  fileprivate func taken(by pair: DuplicatePair) throws -> TakenFields {
    let bytes = try first(
      "SELECT taken FROM duplicate WHERE dataset = ? AND first = ? AND second = ?",
      [.text(pair.dataset.text), .blob(pair.first.bytes), .blob(pair.second.bytes)]
    ) { row -> [UInt8]? in row.isNull(0) ? nil : row.blob(0) }
    guard let bytes = bytes ?? nil else { return TakenFields() }
    guard let taken = TakenFields(bytes: bytes) else { throw StoreError.damaged("what a merge has taken") }
    return taken
  }

  /// Writes what records showed before a merge, where the merge's own change still stands alone.
  fileprivate func giveBack(_ taken: TakenFields, in dataset: DatasetName, _ reason: String) throws -> UndoneMerge {
    var edits: [CentreEdit] = []
    var left: [FieldName] = []
    for record in taken.records {
      let found = try known(dataset, record)
      let fields = taken.fields.filter { $0.record == record }
      let given = fields.filter { field in
        let isDeclared = found.dataset.definition.field(field.name) != nil
        return !found.record.isHidden && isDeclared && field.stands(in: found.record.state)
      }
      left += fields.map(\.name).filter { name in !given.contains { $0.name == name } }
      let change = try refusing(found.editor) {
        editor throws(EditRefusal) in
        try editor.save(
          given.map { (name: $0.name, value: $0.before) }, version: nil, isCorrection: true, reason: reason)
      }
      if let change { edits.append(try append(change, to: found.record, of: found.dataset)) }
    }
    return UndoneMerge(edits: edits, left: left)
  }
}
