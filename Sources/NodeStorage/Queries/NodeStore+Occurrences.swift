package import Datasets
import GRDB
import Storage

extension NodeStore {
  /// Events or samples in the local copy, in order of their natural keys.
  ///
  /// - Throws: `StoreError(.notFound)` for an unknown dataset or a cursor that is none of ours.
  package func occurrences(
    _ dataset: DatasetName, _ query: RecordQuery = RecordQuery()
  ) async throws -> Page<OccurrenceView> {
    let installed = try self.dataset(dataset)
    let typed = try TypedQuery(query, dataset: installed)
    if typed.isEmpty || installed.definition.kind == .record { return Page([], next: nil) }
    return try await read { database in
      let authors = try Author.byNumber(database)
      let columns = installed.table.columns.map { TypedTable.quoted($0.name) }
      let rows = try typed.statement(database, columns: columns)
      var views: [OccurrenceView] = []
      var key: [String] = []
      var count = 0
      while try rows.step() {
        count += 1
        if count > query.limit { return Page(views, next: TypedQuery.cursor(key)) }
        let view = OccurrenceView(rows, dataset: installed, authors: authors)
        key = view.place.key
        // A damaged one is left out and mended; the list goes on.
        if view.isSound { views.append(view) } else { self.noteDamage(dataset, occurrence: view.place) }
      }
      return Page(views, next: nil)
    }
  }

  /// The contents of one natural key that are out of sight.
  ///
  /// - Parameter key: the values of the natural key, in its order.
  package func variants(_ dataset: DatasetName, key: [Value]) async throws -> [OccurrenceView] {
    let installed = try self.dataset(dataset)
    guard let table = installed.variants, key.count == installed.keyIndexes.count else { return [] }
    return try await read { database in
      let authors = try Author.byNumber(database)
      let columns = installed.table.columns.map { TypedTable.quoted($0.name) }
      let isKey = installed.table.keyColumns.map { "\($0) = ?" }.joined(separator: " AND ")
      let rows = try RawStatement(
        database,
        "SELECT \(columns.joined(separator: ", ")) FROM \(table.name) WHERE \(isKey) ORDER BY _effective, _sequence"
      )
      for (index, value) in key.enumerated() { TypedTable.bind(value, to: rows, at: Int32(index + 1)) }
      var views: [OccurrenceView] = []
      while try rows.step() {
        let view = OccurrenceView(rows, dataset: installed, authors: authors)
        if view.isSound { views.append(view) }
      }
      return views
    }
  }
}

extension OccurrenceView {
  /// From the columns of the typed table, in its order.
  init(_ row: borrowing RawStatement, dataset: InstalledDataset, authors: [Int64: Author]) {
    var values: [(index: Int, value: Value)] = []
    for (column, index) in dataset.fieldOfColumn.enumerated() {
      if let value = Value(row, Int32(column), type: dataset.definition.fields[index].type) {
        values.append((index, value))
      }
    }
    let declared = values.sorted { $0.index < $1.index }.map {
      (name: dataset.definition.fields[$0.index].name, value: $0.value)
    }
    let author = Int32(dataset.fieldOfColumn.count)
    dot = authors[row.integer(author)].map {
      Dot(author: $0, sequence: Datasets.Sequence(UInt64(bitPattern: row.integer(author + 1))) ?? .none)
    }
    effective = Timestamp(milliseconds: row.integer(author + 2))
    let extra = row.isNull(author + 5) ? nil : row.text(author + 5)
    fields = declared + (extra.map { JSONText.fields(in: $0) } ?? [])
    place = OccurrencePlace(
      author: row.integer(author), sequence: row.integer(author + 1),
      key: (0..<Int32(dataset.keyIndexes.count)).map { row.text($0) ?? "" })
    isSound =
      row.isNull(author + 3)
      || UInt64(bitPattern: row.integer(author + 3)) == Self.checksum(row, extra: extra, dataset: dataset)
  }

  private static func checksum(
    _ row: borrowing RawStatement, extra: String?, dataset: InstalledDataset
  ) -> UInt64 {
    var columns = [Int32](repeating: 0, count: dataset.definition.fields.count)
    for (column, index) in dataset.fieldOfColumn.enumerated() { columns[index] = Int32(column) }
    var checksum = OccurrenceChecksum()
    for (field, column) in zip(dataset.definition.fields, columns) {
      checksum.add(field, row.isNull(column) ? nil : row.text(column))
    }
    return checksum.sum(extra: extra)
  }
}

extension Value {
  /// The value in a typed column; nil when it is null or does not read as its type.
  init?(_ row: borrowing RawStatement, _ column: Int32, type: FieldType) {
    if row.isNull(column) { return nil }
    switch type {
    case .integer: self = .integer(row.integer(column))
    case .boolean: self = .boolean(row.integer(column) != 0)
    default:
      guard let text = row.text(column), let value = Value(text: text, type: type) else { return nil }
      self = value
    }
  }

  private init?(text: String, type: FieldType) {
    switch type {
    case .decimal: self = .decimal(DecimalText.canonical(text) ?? text)
    case .date:
      guard let date = CalendarDate(text) else { return nil }
      self = .date(date)
    case .instant:
      guard let instant = ZonedInstant(text, defaultOffsetMinutes: nil) else { return nil }
      self = .instant(instant)
    case .list: self = .list(JSONText.strings(in: text))
    default: self = .text(text)
    }
  }
}

extension Author {
  static func byNumber(_ database: Database) throws -> [Int64: Author] {
    var authors: [Int64: Author] = [:]
    let rows = try RawStatement(database, "SELECT id, node, generation, random FROM _author")
    while try rows.step() {
      guard let node = rows.text(1).flatMap(NodeName.init) else { continue }
      authors[rows.integer(0)] = Author(
        node: node, incarnation: Incarnation(storedGeneration: rows.integer(2), random: rows.integer(3)))
    }
    return authors
  }
}
