package import Datasets
import GRDB
import Replication
import Storage
import Wire

extension NodeStore {
  /// Entries held back that are looked through for an event: they have no index by natural key.
  private static let heldBackScanMax = 1_000

  /// How far this node's changes of a record have come, and what the copy holds of it.
  ///
  /// - Parameter limit: own changes at most, the newest.
  /// - Returns: nil when this node knows nothing of the record.
  /// - Throws: `StoreError(.notFound)` for a dataset that holds no records.
  package func trace(_ dataset: DatasetName, _ id: RecordID, limit: Int) async throws -> RecordTrace? {
    let installed = try self.dataset(dataset)
    return try await read { database in
      let reader = try self.reader(database, installed)
      let stream = reader.stream
      let (copy, isDamaged) = try self.copy(reader, id)
      var total = 0
      var sequences: Set<Datasets.Sequence> = []
      // Also where the copy cannot be read: what this node wrote of it has its own bytes.
      if let row = try database.row(of: id, stream) {
        total = try database.editCount(row: row)
        sequences = try database.newestEdits(row: row, limit: limit)
      }
      let held = try database.heldBack(record: id, of: stream, limit: limit)
      total += held.subtracting(sequences).count
      sequences.formUnion(held)
      let heldFields = try database.heldFields(record: id, of: stream)
      if sequences.isEmpty, copy?.state.isEmpty ?? true, heldFields.isEmpty, !isDamaged { return nil }
      let tracer = try EntryTracer(database, stream, node: self.node)
      let newest = sequences.sorted(by: >).prefix(limit)
      let state = copy.flatMap { $0.state.isEmpty ? nil : $0.state }
      return RecordTrace(
        own: try newest.compactMap { try tracer.trace($0) }, ownTotal: max(total, newest.count), state: state,
        view: state.map { RecordView(id, state: $0, definition: installed.definition, pendingCount: 0) },
        isDamaged: isDamaged, heldFields: heldFields, isRecovered: try database.isRecovered(record: id, of: stream),
        position: try CopyStanding.load(database).complete?.position)
    }
  }

  /// The copy as it is, or that its bytes are damaged, which is noted.
  private func copy(
    _ reader: borrowing RecordReader, _ id: RecordID
  ) throws -> (copy: CopyRecord?, isDamaged: Bool) {
    do {
      return (try reader.copy(id)?.copy, false)
    } catch let error as StoreError where error.code == .damaged {
      noteDamage(reader.stream.dataset)
      return (nil, true)
    }
  }

  /// How far an event or sample has come.
  ///
  /// - Parameter key: the values of the natural key, in its order.
  /// - Returns: nil when this node knows nothing of it.
  /// - Throws: `StoreError(.notFound)` for a dataset that holds none.
  package func trace(
    _ dataset: DatasetName, key: [(field: FieldName, value: Value)]
  ) async throws -> OccurrenceTrace? {
    let shown = try await occurrences(dataset, RecordQuery(limit: 1, equals: key)).elements.first
    let variants = try await variants(dataset, key: key.map(\.value))
    return try await read { database in
      guard let stream = try StreamRow.loadAll(database).first(where: { $0.dataset == dataset }),
        stream.kind != .record
      else { throw StoreError(.notFound, "The dataset \(dataset) holds no events.") }
      var sequences = try database.heldBack(occurrence: key, of: stream, limit: Self.heldBackScanMax)
      for view in [shown].compactMap({ $0 }) + variants {
        if let dot = view.dot, dot.author.node == self.node { sequences.insert(dot.sequence) }
      }
      if shown == nil, sequences.isEmpty { return nil }
      let tracer = try EntryTracer(database, stream, node: self.node)
      return OccurrenceTrace(
        shown: shown, own: try sequences.sorted(by: >).compactMap { try tracer.trace($0) },
        variantCount: variants.count)
    }
  }
}

extension Database {
  fileprivate func row(of id: RecordID, _ stream: StreamRow) throws -> Int64? {
    let rows = try RawStatement(self, "SELECT row FROM _record WHERE stream = ? AND id = ?")
    rows.bind(stream.id, at: 1)
    rows.bind(blob: id.bytes, at: 2)
    return try rows.step() ? rows.integer(0) : nil
  }

  fileprivate func editCount(row: Int64) throws -> Int {
    try Int.fetchOne(self, sql: "SELECT count(*) FROM _edit WHERE record = ?", arguments: [row]) ?? 0
  }

  fileprivate func newestEdits(row: Int64, limit: Int) throws -> Set<Datasets.Sequence> {
    let rows = try RawStatement(
      self, "SELECT sequence FROM _edit WHERE record = ? ORDER BY sequence DESC LIMIT ?")
    rows.bind(row, at: 1)
    rows.bind(Int64(limit), at: 2)
    var sequences: Set<Datasets.Sequence> = []
    while try rows.step() {
      if let sequence = Datasets.Sequence(UInt64(bitPattern: rows.integer(0))) { sequences.insert(sequence) }
    }
    return sequences
  }

  fileprivate func heldBack(
    record id: RecordID, of stream: StreamRow, limit: Int
  ) throws -> Set<Datasets.Sequence> {
    let rows = try RawStatement(
      self, "SELECT id FROM _held_back WHERE record = ? AND id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?")
    rows.bind(blob: id.bytes, at: 1)
    rows.bind(stream.key(.none), at: 2)
    rows.bind(stream.key(.max), at: 3)
    rows.bind(Int64(limit), at: 4)
    var sequences: Set<Datasets.Sequence> = []
    while try rows.step() { sequences.insert(EntryKey.sequence(rows.integer(0))) }
    return sequences
  }

  fileprivate func heldBack(
    occurrence key: [(field: FieldName, value: Value)], of stream: StreamRow, limit: Int
  ) throws -> Set<Datasets.Sequence> {
    let rows = try RawStatement(
      self, "SELECT id, body FROM _held_back WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?")
    rows.bind(stream.key(.none), at: 1)
    rows.bind(stream.key(.max), at: 2)
    rows.bind(Int64(limit), at: 3)
    var sequences: Set<Datasets.Sequence> = []
    while try rows.step() {
      var reader = ByteReader(rows.blob(1))
      guard let occurrence = try? Occurrence(from: &reader),
        key.allSatisfy({ occurrence[$0.field] == $0.value })
      else { continue }
      sequences.insert(EntryKey.sequence(rows.integer(0)))
    }
    return sequences
  }

  fileprivate func heldFields(record id: RecordID, of stream: StreamRow) throws -> [FieldName] {
    let rows = try RawStatement(
      self, "SELECT DISTINCT field FROM _held_value WHERE stream = ? AND record = ? ORDER BY field")
    rows.bind(stream.id, at: 1)
    rows.bind(blob: id.bytes, at: 2)
    var fields: [FieldName] = []
    while try rows.step() {
      if let field = rows.text(0).flatMap(FieldName.init) { fields.append(field) }
    }
    return fields
  }

  fileprivate func isRecovered(record id: RecordID, of stream: StreamRow) throws -> Bool {
    let rows = try RawStatement(self, "SELECT 1 FROM _recovered WHERE stream = ? AND record = ? LIMIT 1")
    rows.bind(stream.id, at: 1)
    rows.bind(blob: id.bytes, at: 2)
    return try rows.step()
  }
}
