import Datasets
import Replication
import Storage
import Wire

/// An event or sample ready for its tables: everything that needs no database is done.
struct PreparedOccurrence: Sendable {
  let line: Int
  /// By place in the definition.
  var values: [Value]
  /// Fields that the definition does not know, as JSON.
  var extra: String?
  var body: [UInt8] = []
  var keySum = DigestSum()
  /// Over what stands in the row; see `OccurrenceChecksum`.
  var checksum: UInt64 = 0
  var problem: FieldProblem?

  /// Fills a row into the definition's fields; absent ones are null, so that all entries have one shape.
  init(_ row: ValidRow, dataset: InstalledDataset) {
    line = row.line
    values = [Value](repeating: .null, count: dataset.definition.fields.count)
    var unknown: [(name: FieldName, value: Value)] = []
    let definitions = dataset.definition.fields
    var place = 0
    for (name, value) in row.fields {
      // Rows come in the order of the definition; any other order is found by name.
      while place < definitions.count, definitions[place].name != name { place += 1 }
      if place < definitions.count {
        values[place] = value
      } else if let index = dataset.fieldIndexes[name] {
        values[index] = value
        place = index
      } else if value != .null {
        unknown.append((name, value))
      }
    }
    var fields = zip(definitions, values).map { Occurrence.FieldValue(name: $0.name, value: $1) }
    if let allowed = dataset.writableFields(values) {
      // What this office may not write is only in the way as a null.
      fields.removeAll { $0.value == .null && !allowed.contains($0.name) }
    }
    fields += unknown.map { Occurrence.FieldValue(name: $0.name, value: $0.value) }
    let occurrence = Occurrence(fields: fields)
    let judge = EntryJudge(
      definition: dataset.definition, write: dataset.write, now: Timestamp(milliseconds: 0))
    do {
      try judge.judge(occurrence)
    } catch {
      problem = FieldProblem(error)
      return
    }
    extra = Self.extra(unknown)
    body = occurrence.bytes
    // An entry is at most 1 MiB; a larger one could never be sent.
    guard body.count <= Limits.entryBytesMax / 2 else {
      problem = .tooLarge
      return
    }
    checksum = OccurrenceChecksum.of(values, extra: extra, dataset: dataset)
    keySum = OccurrenceDigest.of(dataset: dataset.name, key: dataset.keyIndexes.map { values[$0] })
  }

  /// An occurrence that another node recorded; nil when it has no natural key.
  init?(_ occurrence: Occurrence, dataset: InstalledDataset) {
    line = 0
    values = [Value](repeating: .null, count: dataset.definition.fields.count)
    var unknown: [(name: FieldName, value: Value)] = []
    for field in occurrence.fields {
      if let index = dataset.fieldIndexes[field.name] {
        values[index] = field.value
      } else if field.value != .null {
        unknown.append((field.name, field.value))
      }
    }
    let key = dataset.keyIndexes.map { values[$0] }
    guard !key.contains(.null) else { return nil }
    extra = Self.extra(unknown)
    checksum = OccurrenceChecksum.of(values, extra: extra, dataset: dataset)
    keySum = OccurrenceDigest.of(dataset: dataset.name, key: key)
  }

  /// Sorted: the same content is the same text, or two of one key would be variants of each other.
  private static func extra(_ unknown: [(name: FieldName, value: Value)]) -> String? {
    if unknown.isEmpty { return nil }
    return JSONText.object(unknown.sorted { $0.name < $1.name }.map { ($0.name.text, $0.value) })
  }
}

extension FieldProblem {
  init(_ reason: QuarantineReason) {
    self.init(field: reason.field?.text, code: reason.code.rawValue, reason: reason.text)
  }
}

/// What tells a flipped bit in a row of a typed table: a checksum over the texts of its columns.
///
/// Only columns that hold something count, with their names, so that a field that is added later changes nothing.
/// Decimals do not: SQLite keeps them as numbers.
struct OccurrenceChecksum {
  private var writer = ByteWriter(capacity: 160)

  static func of(_ values: [Value], extra: String?, dataset: InstalledDataset) -> UInt64 {
    var checksum = OccurrenceChecksum()
    for (field, value) in zip(dataset.definition.fields, values) { checksum.add(field, columnText(value)) }
    return checksum.sum(extra: extra)
  }

  mutating func add(_ field: FieldDefinition, _ text: String?) {
    if case .decimal = field.type { return }
    guard let text else { return }
    writer.text(field.name.text)
    writer.text(text)
  }

  func sum(extra: String?) -> UInt64 {
    var writer = writer
    writer.optional(extra) { $0.text($1) }
    return EntryChecksum.of(writer.bytes)
  }

  /// As `TypedTable.bind` writes it and SQLite reads it as text.
  private static func columnText(_ value: Value) -> String? {
    switch value {
    case .null: nil
    case .boolean(let flag): flag ? "1" : "0"
    case .list(let elements): JSONText.array(elements)
    default: value.text
    }
  }
}
