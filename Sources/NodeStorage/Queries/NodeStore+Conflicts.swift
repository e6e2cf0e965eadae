package import Datasets
import GRDB
package import Replication
import Storage

/// A field of a record whose edits did not see each other.
package struct RecordConflict: Sendable {
  package let dataset: DatasetName
  package let record: RecordID
  package let conflict: FieldConflict
  /// What a resolution brings back.
  package let version: RecordVersion
}

extension NodeStore {
  /// Conflicts in the local copy, in order of stream, record and field.
  ///
  /// - Parameters:
  ///   - state: `.open`, `.settled`, or nil for both.
  ///   - limit: 1 to 1,000.
  ///   - cursor: `next` of the page before.
  package func conflicts(
    state: ConflictState? = nil, limit: Int = RecordQuery.limitDefault, cursor: String? = nil
  ) async throws -> Page<RecordConflict> {
    let limit = min(max(1, limit), RecordQuery.limitMax)
    let datasets = shared.withLock { $0.datasets }
    return try await read { database in
      let places = try ConflictPlace.list(database, state: state, limit: limit + 1, after: cursor)
      var conflicts: [RecordConflict] = []
      for place in places.prefix(limit) {
        guard let dataset = place.dataset.flatMap({ datasets[$0] }),
          let view = try? self.reader(database, dataset).view(place.record),
          let conflict = view.conflicts.first(where: { $0.field == place.field })
        else { continue }
        conflicts.append(
          RecordConflict(
            dataset: dataset.name, record: place.record, conflict: conflict, version: view.version))
      }
      let isMore = places.count > limit
      return Page(conflicts, next: isMore ? places.prefix(limit).last?.cursor : nil)
    }
  }

  /// How many conflicts there are in each state.
  package func conflictCounts() async throws -> (open: Int, settled: Int) {
    try await read { database in
      func count(_ state: ConflictState) throws -> Int {
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM _conflict WHERE state = ?", arguments: [state.rawValue]) ?? 0
      }
      return (try count(.open), try count(.settled))
    }
  }
}

/// A row of `_conflict`.
private struct ConflictPlace {
  let stream: Int64
  let dataset: DatasetName?
  let record: RecordID
  let field: FieldName

  var cursor: String { TypedQuery.cursor([String(stream), record.description, field.text]) }

  static func list(
    _ database: Database, state: ConflictState?, limit: Int, after cursor: String?
  ) throws -> [ConflictPlace] {
    let rows = try RawStatement(
      database,
      """
      SELECT _conflict.stream, _stream.dataset, _conflict.record, _conflict.field
      FROM _conflict JOIN _stream ON _stream.id = _conflict.stream
      WHERE (_conflict.stream, _conflict.record, _conflict.field) > (?, ?, ?)
        \(state == nil ? "" : "AND _conflict.state = ?")
      ORDER BY _conflict.stream, _conflict.record, _conflict.field LIMIT ?
      """)
    let parts = (cursor ?? "").split(separator: ".").map { part in
      Hexadecimal.bytes(of: String(part)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    let isAfter = parts.count == 3
    rows.bind(isAfter ? Int64(parts[0]) ?? 0 : 0, at: 1)
    rows.bind(blob: isAfter ? RecordID(parts[1])?.bytes ?? [] : [], at: 2)
    rows.bind(isAfter ? parts[2] : "", at: 3)
    if let state { rows.bind(state.rawValue, at: 4) }
    rows.bind(Int64(limit), at: state == nil ? 4 : 5)
    var places: [ConflictPlace] = []
    while try rows.step() {
      guard let record = RecordID(bytes: rows.blob(2)),
        let field = rows.text(3).flatMap(FieldName.init(stored:))
      else { continue }
      places.append(
        ConflictPlace(
          stream: rows.integer(0), dataset: rows.text(1).flatMap(DatasetName.init), record: record,
          field: field))
    }
    return places
  }
}

extension FieldName {
  fileprivate init?(stored text: String) {
    self.init(text)
  }
}
