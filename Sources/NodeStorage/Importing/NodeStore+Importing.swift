package import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Takes rows of records: creates what is new, changes what differs from the last import of the same
  /// source.
  ///
  /// The same rows twice change nothing. A value that this office itself changed since the last import is
  /// held for a person (`heldValues`). Rows come in batches of at most 2,000; `run` of the result goes with
  /// the next batch.
  /// - Throws: `StoreError`, `.full` when nothing can be dropped to make room.
  package func importRows(
    _ dataset: DatasetName, rows: [ImportRow], run: ImportRun, now: ClockReading
  ) async throws -> ImportResult {
    try await writeIntake { transaction in
      let installed = try transaction.installed(dataset, kind: .record)
      var result = ImportResult(run: run)
      try transaction.importRows(rows, into: installed, result: &result, now: now)
      return result
    }
  }
}

extension WriteTransaction {
  /// Rows of different records are planned at once; one that touches a record or an identity of a row before
  /// it in the same batch waits until that one is written.
  mutating func importRows(
    _ rows: [ImportRow], into dataset: InstalledDataset, result: inout ImportResult, now: ClockReading
  ) throws {
    let entered = EnteredKeys(database, dataset.name, rows, result.run, isDryRun: context.isDryRun)
    switch try entered?.answer(at: now.wall) {
    case .again(let record): return result.takeAgain(record)
    case .reused:
      result.rejected += rows.map { RejectedRow(line: $0.row.line, problem: .keyReused) }
      return
    case nil: break
    }
    let streamNumber = try stream(dataset.name).id
    let through = context.isDryRun ? try ReadThrough(database, dataset, stream: streamNumber) : nil
    let tables = try RecordTables(database, dataset, stream: streamNumber, through: through)
    let identity = try RecordIdentity(database, dataset, at: context.node, through: through)
    let source = try number(ofSource: result.run.source)
    let memories = try MemoryTable(database)
    let sorted = try sortedNames(in: rows, tables, &result.run)
    var round: [ImportItem] = []
    var taken: Set<RecordID> = []
    var identities: Set<[Value]> = []
    // An explicit id may give a record another identity: whatever follows must see that.
    var isNamed = false
    for row in rows {
      let given = identity.given(by: row.row)
      if isNamed || row.id != nil || given.group.map(identities.contains) ?? false {
        try finish(&round, dataset, tables, source, &result, now)
        taken = []
        identities = []
      }
      let (id, problem) = try record(of: row, given, identity, tables, dataset, &result.run)
      if taken.contains(id) {
        try finish(&round, dataset, tables, source, &result, now)
        taken = []
        identities = []
      }
      let stored = try tables.find(id)
      let memory = result.run.isTyped ? nil : try stored.flatMap { try memories.bytes(row: $0.row, source: source) }
      var item = ImportItem(
        row, id: id, dataset: dataset, stored: stored, memoryBytes: memory,
        registry: cache.registries[dataset.name] ?? FieldRegistry(), problem: problem)
      if memory != nil, cache.recoveredCount > 0 { item.isShelved = try isShelved(id, streamNumber) }
      if let problem = try refusal(ofNamed: item, given, identity, sorted, dataset.definition, result.run) {
        item.problem = problem
      }
      if result.outcomes != nil, stored == nil { item.sharesNumber = try identity.isShown(given, besides: id) }
      round.append(item)
      taken.insert(id)
      if let group = given.group { identities.insert(group) }
      isNamed = row.id != nil
      result.run.rowCount += 1
    }
    try finish(&round, dataset, tables, source, &result, now)
    if let record = result.records.first { try entered?.note(record, at: now.wall) }
  }

  /// Why a row that names its record can hardly be of it.
  private func refusal(
    ofNamed item: ImportItem, _ given: GivenIdentity, _ identity: borrowing RecordIdentity, _ sorted: SortedNames,
    _ definition: DatasetDefinition, _ run: ImportRun
  ) throws -> FieldProblem? {
    // Nobody gets by an edit in a sheet what somebody else has: numbers were sorted away from their rows.
    if item.version != nil, try identity.isShown(given, besides: item.id) { return .numberTaken(definition) }
    if sorted.lines.contains(item.line), let name = definition.person?.name { return .sortedNames(name) }
    guard item.isContradictable, let first = run.rows.line(contradicting: item.values, of: item.id) else { return nil }
    return .repeatedID(item.line, first: first)
  }

  private func isShelved(_ record: RecordID, _ stream: Int64) throws -> Bool {
    let row = try RawStatement(
      database,
      "SELECT 1 FROM \(context.isDryRun ? "live" : "main")._recovered WHERE stream = ? AND record = ? LIMIT 1")
    row.bind(stream, at: 1)
    row.bind(blob: record.bytes, at: 2)
    return try row.step()
  }

  /// The record that a row is of, or is to become; with a problem when it could be one of several.
  private func record(
    of row: ImportRow, _ given: GivenIdentity, _ identity: borrowing RecordIdentity,
    _ tables: borrowing RecordTables, _ dataset: InstalledDataset, _ run: inout ImportRun
  ) throws -> (id: RecordID, problem: FieldProblem?) {
    try identity.fetch(given)
    if let id = row.id { return (id, nil) }
    if given.isComplete, let id = try identity.shown(given) { return (id, nil) }
    // Half an identity, or a record that shows only half of it: the number that one person alone has decides.
    let possible = try identity.possible(given)
    if possible.count == 1 { return (possible[0], nil) }
    if given.isComplete {
      let registry = cache.registries[dataset.name] ?? FieldRegistry()
      let id = try identity.hashed(given, run: run) { id in
        guard let copy = try tables.find(id)?.copy(registry), !copy.state.isEmpty else { return nil }
        let definition = dataset.definition
        return definition.identity.map { copy.state[$0].shown(by: definition.rule(for: $0)) ?? .null }
      }
      return (id, nil)
    }
    let id = try identity.unidentified(row.row, given, run: &run) { try tables.find($0) != nil }
    let isUnclear = try possible.count > 1 && !possible.contains(id) && tables.find(id) == nil
    return (id, isUnclear ? .ambiguous(dataset.definition, given) : nil)
  }

  /// Plans and writes a round of rows of different records.
  private mutating func finish(
    _ round: inout [ImportItem], _ dataset: InstalledDataset, _ tables: borrowing RecordTables,
    _ source: Int64,
    _ result: inout ImportResult, _ now: ClockReading
  ) throws {
    if round.isEmpty { return }
    defer { round = [] }
    let known = cache.registries[dataset.name] ?? FieldRegistry()
    let node = context.node
    let run = result.run
    Parallel.forEach(&round) { $0.plan(dataset: dataset, node: node, run: run, registry: known) }
    let registry = number(&round, of: dataset)
    if !run.isTyped { Parallel.forEach(&round) { $0.remember(dataset: dataset, node: node, registry: registry) } }
    let stamp = cache.copy.stamp
    let changes = round.compactMap { item -> RecordChange? in
      guard item.problem == nil, let change = item.plan.change else { return nil }
      return RecordChange(
        record: item.id, row: item.stored?.row, stamp: item.stored?.stamp ?? stamp, copy: item.copy,
        change: change,
        memory: run.isTyped || item.version != nil
          ? nil
          : RecordChange.Memory(source: source, before: item.memory, plan: item.plan, values: item.values))
    }
    let dots = try commit(changes, to: dataset, tables: tables, now: now)
    for dot in dots { result.appended(dot.sequence) }
    let memories = try MemoryTable(database)
    let haveHeld = try database.keptCount("_held_value") > 0
    for item in round {
      if let bytes = item.unchangedMemory, let row = item.stored?.row {
        try memories.save(bytes, row: row, source: source)
      }
      if haveHeld, !run.isTyped, item.version == nil, item.problem == nil {
        try settleHeld(item, dataset, source: source)
      }
      try hold(item, dataset, source: source, now: now)
      result.take(item)
      if item.problem == nil, item.isContradictable { run.rows.add(item.values, of: item.id, line: item.line) }
      result.outcomes?.append(item.outcome(dataset.definition))
      if item.problem == .unreadable {
        try noteDamage("record", dataset: dataset.name, isCopy: true, at: now.wall)
      }
    }
  }

  /// Numbers the undeclared fields of rows that are taken; a row with one too many is not.
  ///
  /// Only these: rows that are refused anyhow must not use up the places for good.
  private mutating func number(_ round: inout [ImportItem], of dataset: InstalledDataset) -> FieldRegistry {
    var registry = cache.registries[dataset.name] ?? FieldRegistry()
    for index in round.indices where round[index].problem == nil && !round[index].undeclared.isEmpty {
      guard let field = registry.admit(round[index].undeclared, of: dataset.definition) else { continue }
      round[index].problem = FieldProblem(.tooManyUndeclared(field, countMax: Undeclared.perDatasetMax))
    }
    cache.registries[dataset.name] = registry
    return registry
  }

  /// Keeps what a file says of fields that this office changed itself.
  private func hold(_ item: ImportItem, _ dataset: InstalledDataset, source: Int64, now: ClockReading) throws {
    if item.plan.held.isEmpty { return }
    let statement = try RawStatement(
      database,
      """
      INSERT INTO _held_value (stream, record, field, source, value, at_ms) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (stream, record, field, source) DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms
      """)
    for (name, value) in item.plan.held {
      var writer = ByteWriter()
      writer.value(value)
      statement.bind(try stream(dataset.name).id, at: 1)
      statement.bind(blob: item.id.bytes, at: 2)
      statement.bind(name.text, at: 3)
      statement.bind(source, at: 4)
      statement.bind(blob: writer.bytes, at: 5)
      statement.bind(now.wall.milliseconds, at: 6)
      try statement.run()
    }
  }

  mutating func number(ofSource source: String) throws -> Int64 {
    if let number = cache.sources[source] { return number }
    try database.execute(sql: "INSERT INTO _import_source (name) VALUES (?)", arguments: [source])
    cache.sources[source] = database.lastInsertedRowID
    return database.lastInsertedRowID
  }
}

extension ImportResult {
  /// A request that is repeated was taken before.
  fileprivate mutating func takeAgain(_ record: RecordID) {
    accepted += 1
    unchanged += 1
    records.append(record)
  }

  fileprivate mutating func take(_ item: ImportItem) {
    if let problem = item.problem {
      rejected.append(RejectedRow(line: item.line, problem: problem))
      return
    }
    held += item.plan.held.count
    rejected += item.plan.held.map { RejectedRow(line: item.line, problem: .held($0.name)) }
    rejected += item.plan.steppedBack.map { RejectedRow(line: item.line, problem: .stepBack($0)) }
    if item.plan.change == nil, !item.plan.held.isEmpty || !item.plan.steppedBack.isEmpty { return }
    accepted += 1
    records.append(item.id)
    if item.plan.change == nil {
      unchanged += 1
    } else if item.isCreation {
      created += 1
    } else {
      changed += 1
    }
  }
}
