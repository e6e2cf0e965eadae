package import Datasets

/// Fields of rows that the definition does not know: they are kept (ADR 0020), and whoever sent them is told.
package struct UnknownFields: Sendable, Equatable {
  /// So many names are told.
  package static let namesMax = 64

  /// How many rows have each.
  private var rows: [FieldName: Int] = [:]

  package var isEmpty: Bool { rows.isEmpty }

  package var sorted: [(name: FieldName, rows: Int)] {
    rows.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }

  mutating func add(_ name: FieldName, rows count: Int = 1) {
    guard rows[name] != nil || rows.count < Self.namesMax else { return }
    rows[name, default: 0] += count
  }

  mutating func add(_ other: UnknownFields) {
    for (name, count) in other.sorted { add(name, rows: count) }
  }
}
