import Datasets
import GRDB
import Replication
import Storage
import Wire

/// A change of a record on its way to the disk.
struct RecordChange: Sendable {
  let record: RecordID
  /// The row that it changes; nil for a record that the node has none of.
  let row: Int64?
  let stamp: Int64
  /// What the node holds, before the change.
  var copy: CopyRecord
  let change: Change
  /// What the import remembers beside it, before the change.
  var memory: Memory?

  struct Memory: Sendable {
    let source: Int64
    let before: ImportMemory
    let plan: ImportPlan
    let values: [(name: FieldName, value: Value)]
  }

  // Filled on the way.
  var dot: Dot?
  var body: [UInt8] = []
  var encoded: EncodedRecord?
  var memoryBytes: [UInt8]?
}

extension WriteTransaction {
  /// Appends changes of different records and puts them into the copy.
  ///
  /// - Returns: the dots, in order.
  mutating func commit(
    _ changes: [RecordChange], to dataset: InstalledDataset, tables: borrowing RecordTables, now: ClockReading
  ) throws -> [Dot] {
    var changes = changes
    let stamp = EntryStamp(now, boot: context.boot)
    let seal = presentBasis(stamp).seal(stamp)
    var sequence = try stream(dataset.name).last
    for index in changes.indices {
      sequence = sequence.next
      changes[index].dot = Dot(author: author, sequence: sequence)
    }
    let registry = registry(dataset.name, with: changes)
    let node = context.node
    Parallel.forEach(&changes) { change in
      change.encode(dataset: dataset, node: node, seal: seal, registry: registry)
    }
    try makeRoom(forBytes: changes.reduce(0) { $0 + $1.bytesEstimate }, now: now)

    var stream = try stream(dataset.name)
    let appender = try EntryAppender(database)
    let memories = try MemoryTable(database)
    var dots: [Dot] = []
    for change in changes {
      guard let dot = change.dot, let encoded = change.encoded else { continue }
      try appender.append(change.body, kind: .change, stamp: stamp, to: &stream)
      guard let row = try tables.write(encoded, over: change.row) else { continue }
      try tables.noteEdit(row: row, dot.sequence)
      if let memory = change.memory, let bytes = change.memoryBytes {
        try memories.save(bytes, row: row, source: memory.source)
      }
      dots.append(dot)
    }
    cache.streams[dataset.name] = stream
    return dots
  }

  /// The dataset's registry with a number for every field of `changes`, whose undeclared fields were admitted.
  private mutating func registry(_ dataset: DatasetName, with changes: [RecordChange]) -> FieldRegistry {
    var registry = cache.registries[dataset] ?? FieldRegistry()
    _ = registry.number(of: .lifecycle)
    for change in changes {
      for edit in change.change.edits { _ = registry.number(of: edit.field) }
      for value in change.memory?.values ?? [] { _ = registry.number(of: value.name) }
    }
    cache.registries[dataset] = registry
    return registry
  }
}

extension RecordChange {
  fileprivate var bytesEstimate: Int {
    body.count * 2 + (encoded.map { $0.state.count + ($0.own?.count ?? 0) } ?? 0) + (memoryBytes?.count ?? 0)
      + 256
  }

  fileprivate mutating func encode(
    dataset: InstalledDataset, node: NodeName, seal: Seal, registry: FieldRegistry
  ) {
    guard let dot else { return }
    var registry = registry
    if let memory {
      let editor = RecordEditor(
        definition: dataset.definition, node: node, record: record, state: copy.state, own: copy.own)
      let remembered = editor.remembering(memory.values, in: memory.before, plan: memory.plan, dot: dot)
      memoryBytes = remembered.bytes(registry: &registry)
    }
    copy.edit(
      CopyRecord.Pending(change: change, dot: dot, time: seal.effective, isSuspect: seal.isSuspect))
    body = change.bytes
    encoded = EncodedRecord(
      copy, id: record, stamp: stamp, definition: dataset.definition, registry: registry)
  }
}

/// What imports remember, by record and source.
struct MemoryTable: ~Copyable {
  private let selection: RawStatement
  private let insertion: RawStatement

  init(_ database: Database) throws {
    let selection = try RawStatement(
      database, "SELECT memory FROM _import_memory WHERE record = ? AND source = ?")
    let insertion = try RawStatement(
      database, "INSERT OR REPLACE INTO _import_memory (record, source, memory) VALUES (?, ?, ?)")
    self.selection = selection
    self.insertion = insertion
  }

  func bytes(row: Int64, source: Int64) throws -> [UInt8]? {
    selection.bind(row, at: 1)
    selection.bind(source, at: 2)
    defer { selection.reset() }
    return try selection.step() ? selection.blob(0) : nil
  }

  func save(_ memory: [UInt8], row: Int64, source: Int64) throws {
    insertion.bind(row, at: 1)
    insertion.bind(source, at: 2)
    insertion.bind(blob: memory, at: 3)
    try insertion.run()
  }
}
