package import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Begins a new incarnation from the last places that the centre has acknowledged, when the centre says
  /// that this incarnation has another history (a copy of a running machine; protocol.md "What hello can
  /// find").
  ///
  /// Entries after those places get new dots there and are sealed and chained anew, the node's own `saw` is
  /// rewritten, and hello asks for the whole copy again. Reads all unacknowledged entries, in one transaction: in
  /// between, an edit would see dots that no longer are. The watchdog is told how it goes on.
  /// - Parameter random: for the incarnation.
  package func branch(random: UInt64, now: ClockReading) async throws -> Incarnation {
    try await writeLong { try $0.branch(random: random, now: now) }
  }
}

/// How dots of entries that get new ones are rewritten: their sequences stay.
private struct DotRewriting: Sendable {
  let node: NodeName
  let incarnation: Incarnation
  /// The last sequence that keeps its incarnation.
  let kept: Datasets.Sequence
  /// Incarnations that have no sequence up to `kept`.
  let vanished: Set<Incarnation>

  func context(_ context: Context) -> Context {
    var result = Context()
    for entry in context.entries {
      guard entry.author.node == node, entry.author.incarnation != incarnation, entry.counter > kept else {
        result.raise(entry.author, to: entry.counter)
        continue
      }
      if !vanished.contains(entry.author.incarnation) { result.raise(entry.author, to: kept) }
      result.raise(Author(node: node, incarnation: incarnation), to: entry.counter)
    }
    return result
  }

  func dot(_ dot: Dot) -> Dot {
    guard dot.author.node == node, dot.sequence > kept else { return dot }
    return Dot(author: Author(node: node, incarnation: incarnation), sequence: dot.sequence)
  }

  /// Own edits under their new dots, also those whose entries are trimmed.
  func own(_ own: OwnEdits, of record: RecordID, fields: [FieldName]) -> OwnEdits {
    var result = OwnEdits()
    for field in fields {
      for entry in context(own[field]).entries {
        let edit = Change.Edit(field: field, value: .null, saw: .empty)
        result.record(
          Change(record: record, edits: [edit]), dot: Dot(author: entry.author, sequence: entry.counter))
      }
    }
    return result
  }

  func change(_ change: Change) -> Change {
    var change = change
    change.edits = change.edits.map { Change.Edit(field: $0.field, value: $0.value, saw: context($0.saw)) }
    change.affirmation = change.affirmation.map(context)
    change.scopeSeen = change.scopeSeen.map(dot)
    return change
  }
}

extension WriteTransaction {
  mutating func branch(random: UInt64, now: ClockReading) throws -> Incarnation {
    let parent = context.incarnation
    let incarnation = Incarnation(generation: parent.generation + 1, random: random)
    var ends: [Int64: LineageLine.End] = [:]
    for stream in sortedStreams {
      let mark = try database.mark(of: stream, atOrBefore: stream.acked)
      ends[stream.id] = LineageLine.End(last: stream.acked, sealed: mark.mark)
    }
    let old = cache.lineage
    let member = LineageLine.Member(
      incarnation: incarnation, parent: parent, isSpoken: false, isWelcomed: false, ends: ends)
    try LineageLine.insert(member, openedAt: now.wall, database)
    cache.lineage.append(member)
    for stream in sortedStreams { try rebase(stream, onto: incarnation, lineage: old, now: now) }
    cache.copy.needsRebuild = true
    return incarnation
  }

  private mutating func rebase(
    _ row: StreamRow, onto incarnation: Incarnation, lineage: LineageLine, now: ClockReading
  ) throws {
    var stream = row
    for table in ["_seal", "_mark"] {
      let rows = try RawStatement(database, "DELETE FROM \(table) WHERE id > ? AND id <= ?")
      rows.bind(stream.key(stream.acked), at: 1)
      rows.bind(stream.key(.max), at: 2)
      try rows.run()
    }
    // A seal that reaches over the place is cut there.
    try cutSeal(stream)
    stream.sealed = stream.acked
    cache.streams[stream.dataset] = stream
    let vanished = lineage.members.filter { ($0.ends[stream.id]?.last ?? .none) >= stream.acked }.map(
      \.incarnation)
    let rewriting = DotRewriting(
      node: context.node, incarnation: incarnation, kept: stream.acked, vanished: Set(vanished))
    if stream.kind == .record {
      try rewriteChanges(stream, rewriting)
    } else {
      try rewriteOccurrences(stream, rewriting)
    }
    try unsealGaps(stream)
  }

  private func cutSeal(_ stream: StreamRow) throws {
    let rows = try RawStatement(
      database,
      """
      SELECT id, last, offset_ms, boot, uptime_ms, wall_ms, checksum FROM _seal
      WHERE id BETWEEN ? AND ? AND last > ?
      """)
    rows.bind(stream.key(.none), at: 1)
    rows.bind(stream.key(stream.acked), at: 2)
    rows.bind(Int64(bitPattern: stream.acked.value), at: 3)
    var found: [SealRow] = []
    while try rows.step() { found.append(SealRow(rows)) }
    rows.reset()
    for seal in found {
      let key = stream.key(seal.first)
      let checksum = StoredChecksum.seal(key: key, last: stream.acked, basis: seal.basis)
      try database.execute(
        sql: "UPDATE _seal SET last = ?, checksum = ? WHERE id = ?",
        arguments: [Int64(bitPattern: stream.acked.value), Int64(bitPattern: checksum), key])
    }
  }

  /// Gaps that were sealed on the lost chain get their heads anew.
  private func unsealGaps(_ stream: StreamRow) throws {
    let rows = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id > ? AND id <= ? AND kind = 3 ORDER BY id")
    rows.bind(stream.key(stream.acked), at: 1)
    rows.bind(stream.key(stream.last), at: 2)
    var gaps: [(Gap, EntryStamp)] = []
    while try rows.step() {
      let entry = StoredEntry(rows)
      if let gap = entry.gap { gaps.append((gap, entry.stamp)) }
    }
    rows.reset()
    for (gap, stamp) in gaps {
      guard
        let open = Gap(
          first: gap.first, last: gap.last, recordCount: gap.recordCount, reason: gap.reason, headAfter: .zero
        )
      else { continue }
      try database.save(open, of: stream, stamp: stamp)
    }
  }

  private mutating func rewriteOccurrences(_ stream: StreamRow, _ rewriting: DotRewriting) throws {
    guard let dataset = context.datasets[stream.dataset] else { return }
    let new = try number(of: Author(node: rewriting.node, incarnation: rewriting.incarnation))
    let own = cache.authors.filter { $0.key.node == rewriting.node && $0.value != new }.values.sorted()
    let list = own.map { String($0) }.joined(separator: ", ")
    // Once through each table, however many incarnations there were.
    for table in [dataset.table, dataset.variants].compactMap({ $0 }) {
      context.noteProgress()
      let isVariant = table.suffix == InstalledDataset.variantSuffix
      let set = isVariant ? "_author = ?1, variant_author = ?1" : "_author = ?1"
      let update = try RawStatement(
        database, "UPDATE \(table.name) SET \(set) WHERE _author IN (\(list)) AND _sequence > ?2")
      update.bind(new, at: 1)
      update.bind(Int64(bitPattern: rewriting.kept.value), at: 2)
      try update.run()
    }
  }
}

extension WriteTransaction {
  /// Writes every change after the kept place anew, and the records that they are of.
  private mutating func rewriteChanges(_ stream: StreamRow, _ rewriting: DotRewriting) throws {
    let records = try rewriteBodies(stream, rewriting)
    guard let dataset = context.datasets[stream.dataset] else { return }
    let registry = cache.registries[stream.dataset] ?? FieldRegistry()
    let tables = try RecordTables(database, dataset, stream: stream.id)
    let overlays = try OverlayReader(self, stream)
    for (index, id) in records.enumerated() {
      if index.isMultiple(of: 500) { context.noteProgress() }
      guard let stored = try tables.find(id), let copy = try? stored.copy(registry) else { continue }
      let pending = try overlays.pending(row: stored.row)
      let own = rewriting.own(copy.own, of: id, fields: registry.names)
      var rebuilt = CopyRecord(state: copy.state, base: copy.base, own: own)
      if let base = copy.base {
        rebuilt.receive(base, pending: pending)
      } else {
        rebuilt.retract(pending: pending)
      }
      let encoded = EncodedRecord(
        rebuilt, id: id, stamp: stored.stamp, definition: dataset.definition, registry: registry)
      try tables.write(encoded, over: stored.row)
      try rewriteMemories(row: stored.row, rewriting, registry)
    }
  }

  private func rewriteBodies(_ stream: StreamRow, _ rewriting: DotRewriting) throws -> [RecordID] {
    let rows = try RawStatement(
      database, "SELECT \(StoredEntry.columns) FROM _entry WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1000")
    let update = try RawStatement(database, "UPDATE _entry SET body = ?, checksum = ? WHERE id = ?")
    var seen: Set<RecordID> = []
    var records: [RecordID] = []
    var next = stream.acked.next
    while next <= stream.last {
      rows.bind(stream.key(next), at: 1)
      rows.bind(stream.key(stream.last), at: 2)
      var page: [StoredEntry] = []
      while try rows.step() { page.append(StoredEntry(rows)) }
      rows.reset()
      guard let last = page.last else { break }
      context.noteProgress()
      next = last.sequence.next
      for entry in page where entry.isSound && entry.kind == .change {
        var reader = ByteReader(entry.body)
        guard let change = try? Change(from: &reader) else { continue }
        let body = rewriting.change(change).bytes
        update.bind(blob: body, at: 1)
        let checksum = StoredChecksum.entry(body: body, kind: .change, stamp: entry.stamp, key: entry.key)
        update.bind(Int64(bitPattern: checksum), at: 2)
        update.bind(entry.key, at: 3)
        try update.run()
        if seen.insert(change.record).inserted { records.append(change.record) }
      }
    }
    return records
  }

  private func rewriteMemories(row: Int64, _ rewriting: DotRewriting, _ registry: FieldRegistry) throws {
    let rows = try RawStatement(database, "SELECT source, memory FROM _import_memory WHERE record = ?")
    rows.bind(row, at: 1)
    var found: [(source: Int64, memory: ImportMemory)] = []
    while try rows.step() {
      if let memory = try? ImportMemory(bytes: rows.blob(1), registry: registry) {
        found.append((rows.integer(0), memory))
      }
    }
    rows.reset()
    let table = try MemoryTable(database)
    for (source, memory) in found {
      var memory = memory
      for name in registry.names {
        guard let field = memory[name] else { continue }
        memory[name] = ImportMemory.Field(
          valueHash: field.valueHash, context: rewriting.context(field.context))
      }
      var registry = registry
      try table.save(memory.bytes(registry: &registry), row: row, source: source)
    }
  }
}
