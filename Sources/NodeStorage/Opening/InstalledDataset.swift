import Datasets
import Storage
import Wire

/// A dataset as it is installed: its definition, this node's access, and how its typed table is bound.
final class InstalledDataset: Sendable {
  let definition: DatasetDefinition
  let read: Access
  let write: Access
  let table: TypedTable
  /// Where occurrences of the same key with other content are kept out of sight.
  let variants: TypedTable?
  /// For each column of the typed table that is a field: which one of the definition.
  let fieldOfColumn: [Int]
  /// Declared fields by name, with their column (from 1) in a record's typed table.
  let columnsByName: [(name: FieldName, column: Int32)]
  let fieldIndexes: [FieldName: Int]
  /// The natural key's fields, as places in the definition.
  let keyIndexes: [Int]
  let identityIndexes: [Int]
  /// Which of `identityIndexes` is a number that one person alone has.
  let personIndex: Int?

  var name: DatasetName { definition.name }

  init(_ definition: DatasetDefinition, profile: NodeProfile) {
    self.definition = definition
    read = Access(rules: definition.read, profile: profile)
    write = Access(rules: definition.write, profile: profile)
    let indexes = Dictionary(
      definition.fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    fieldIndexes = indexes
    if definition.kind == .record {
      table = TypedTable(definition: definition)
      variants = nil
      fieldOfColumn = Array(definition.fields.indices)
      columnsByName = definition.fields.enumerated()
        .map { ($1.name, Int32($0 + 2)) }.sorted { $0.0 < $1.0 }
      keyIndexes = []
    } else {
      table = TypedTable(definition: definition, extraColumns: Self.occurrenceColumns)
      variants = TypedTable(
        definition: Self.variantDefinition(definition), extraColumns: Self.occurrenceColumns,
        suffix: Self.variantSuffix)
      keyIndexes = definition.key.compactMap { indexes[$0] }
      let keys = Set(keyIndexes)
      fieldOfColumn = keyIndexes + definition.fields.indices.filter { !keys.contains($0) }
      columnsByName = []
    }
    identityIndexes = definition.identity.compactMap { indexes[$0] }
    personIndex = identityIndexes.firstIndex {
      switch definition.fields[$0].type {
      case .nik, .nip: true
      default: false
      }
    }
  }

  /// The fields that this node may write of an occurrence; nil is all.
  func writableFields(_ values: [Value]) -> Set<FieldName>? {
    guard write.grants.contains(where: { $0.fields != nil }) else { return nil }
    let scope = definition.scope.flatMap { fieldIndexes[$0] }.flatMap { RegionCode(values[$0].text) }
    return write.fields(scope: scope)
  }

  static let variantSuffix = "_variant"

  /// Who recorded an occurrence, as what entry, and when: decides which of two with one key is shown. `_stamp` is of
  /// the snapshot that last listed it.
  private static let occurrenceColumns = [
    TypedTable.ExtraColumn("_author", "INTEGER"), TypedTable.ExtraColumn("_sequence", "INTEGER"),
    TypedTable.ExtraColumn("_effective", "INTEGER"), TypedTable.ExtraColumn("_checksum", "INTEGER"),
    TypedTable.ExtraColumn("_stamp", "INTEGER"),
  ]

  /// The key of a variant has the entry in it: one natural key may have several.
  private static func variantDefinition(_ definition: DatasetDefinition) -> DatasetDefinition {
    var definition = definition
    for text in ["variant_author", "variant_sequence"] {
      guard let name = FieldName(text) else { continue }
      definition.fields.append(
        FieldDefinition(
          name: name, title: BilingualText(id: text, en: text), type: .integer(minimum: nil, maximum: nil)))
      definition.key.append(name)
    }
    return definition
  }

  /// Why a dataset of this name cannot have tables; nil when it can.
  static func nameProblem(_ name: DatasetName) -> String? {
    if name.text == "field_name" || name.text.hasPrefix("sqlite_") || name.text.hasSuffix(variantSuffix) {
      return "The dataset name \(name) is reserved; rename the dataset."
    }
    return nil
  }
}
