package import Datasets
import Replication
import Storage

extension CentreStore {
  /// Events or samples by natural key.
  ///
  /// - Parameters:
  ///   - areVariants: those that are out of sight because their key was taken by another content.
  ///   - after: the key's values of the last one seen, as text.
  ///   - limit: at most 1,000.
  package func occurrences(
    _ name: DatasetName, areVariants: Bool = false, matching: [(name: FieldName, text: String)] = [],
    after: [String]? = nil, limit: Int
  ) async throws -> Page<OccurrenceEntry, [String]> {
    guard let dataset = catalogues.current.datasets[name], dataset.plan != nil,
      let table = areVariants ? dataset.variant : dataset.table
    else { throw StoreError(.notFound, "\(name) is not a dataset of events or samples.") }
    let definition = dataset.definition
    let key = definition.key.map(\.text) + (areVariants ? ["node", "incarnation", "sequence"] : [])
    guard matching.allSatisfy({ definition.field($0.name) != nil }), (after?.count ?? key.count) == key.count
    else {
      throw StoreError(.notFound, "\(name) has no such field.")
    }
    let count = min(max(1, limit), 1000)
    let keyColumns = key.map(TypedTable.quoted).joined(separator: ", ")
    var conditions = matching.map { "CAST(\(TypedTable.quoted($0.name.text)) AS TEXT) = ?" }
    var values: [StoredValue] = matching.map { .text($0.text) }
    if let after {
      conditions.append("(\(keyColumns)) > (\(after.map { _ in "?" }.joined(separator: ", ")))")
      values += after.map { .text($0) }
    }
    let columns = definition.fields.map { TypedTable.quoted($0.name.text) }.joined(separator: ", ")
    let sql = """
      SELECT node, sequence, effective, suspect, incarnation, extra, \(columns) FROM \(table.name)
      \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
      ORDER BY \(keyColumns) LIMIT \(count + 1)
      """
    let bound = values
    let rows = try await read { database in
      try database.rows(sql, bound) { row in
        let entry = try OccurrenceEntry(row, fields: definition.fields, from: 6)
        var cursor = definition.key.map { entry[$0]?.text ?? "" }
        if areVariants { cursor += [entry.node.text, String(row.integer(4)), entry.sequence.description] }
        return (entry: entry, cursor: cursor)
      }
    }
    return Page(
      elements: rows.prefix(count).map(\.entry), next: rows.count > count ? rows[count - 1].cursor : nil)
  }
}

extension OccurrenceEntry {
  /// Only these fields of it.
  package func limited(to fields: Set<FieldName>) -> OccurrenceEntry {
    OccurrenceEntry(
      values: values.filter { fields.contains($0.name) }, node: node, sequence: sequence, effective: effective,
      isSuspect: isSuspect)
  }

  package subscript(name: FieldName) -> Value? { values.first { $0.name == name }?.value }

  /// - Parameter column: of the first field; the one before it is `extra`.
  fileprivate init(_ row: borrowing RawStatement, fields: [FieldDefinition], from column: Int32) throws {
    var values: [FieldValue] = []
    for (index, field) in fields.enumerated() {
      let place = column + Int32(index)
      if row.isNull(place) { continue }
      let text = row.text(place) ?? ""
      let value: Value
      switch field.type {
      case .integer: value = .integer(row.integer(place))
      case .boolean: value = .boolean(row.integer(place) != 0)
      case .decimal: value = .decimal(text)
      case .date: value = CalendarDate(text).map { .date($0) } ?? .text(text)
      case .instant: value = ZonedInstant(text, defaultOffsetMinutes: nil).map { .instant($0) } ?? .text(text)
      default: value = .text(text)
      }
      values.append(FieldValue(name: field.name, value: value))
    }
    if let extra = row.text(column - 1) {
      values += JSONText.fields(in: extra).map { FieldValue(name: $0.name, value: $0.value) }
    }
    self.init(
      values: values, node: try row.node(0), sequence: row.sequence(1), effective: row.timestamp(2),
      isSuspect: row.integer(3) != 0)
  }
}
