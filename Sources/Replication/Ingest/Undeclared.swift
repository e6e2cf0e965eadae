package import Datasets
package import Wire

/// What is taken of fields that a dataset's definition does not know (ADR 0020).
package enum Undeclared {
  /// So many in one entry.
  package static let perEntryMax = RowValidator.unknownFieldsMax
  /// Of all together in one entry: a definition bounds what is declared, nobody else would bound this.
  package static let bytesMax = 64 << 10
  /// So many different ones in one dataset of records, whose names are numbered for good.
  package static let perDatasetMax = 64

  /// Text of bounded length without what terminals or pages would obey, or null.
  package static func accepts(_ value: Value) -> Bool {
    switch value {
    case .null: true
    case .text(let text):
      TextCleaning.fits(text, lengthMax: RowValidator.unknownLengthMax)
        && !TextCleaning.hasControlCharacter(text)
    default: false
    }
  }

  /// What one entry has of them so far.
  struct Tally {
    private(set) var count = 0
    private(set) var bytes = 0

    mutating func add(_ value: Value) {
      count += 1
      bytes += value.text.utf8.count
    }
  }
}

extension FieldRegistry {
  /// Numbers the fields that every record may have, in one order at all nodes: what the feed brings then has the
  /// numbers that the copy has, and its bytes are kept as they are.
  package mutating func declare(_ definition: DatasetDefinition) {
    _ = number(of: .lifecycle)
    _ = number(of: .aliasOf)
    for field in definition.fields { _ = number(of: field.name) }
  }

  /// Numbers the undeclared fields of one entry, all or none.
  ///
  /// - Parameter names: none that `definition` declares, none twice.
  /// - Returns: the first for which there is no place; nil when all have a number now.
  package mutating func admit(_ names: [FieldName], of definition: DatasetDefinition) -> FieldName? {
    let new = names.filter { !contains($0) }
    if new.isEmpty { return nil }
    let declared = Set(definition.fields.map(\.name))
    let places = Undeclared.perDatasetMax - self.names.count { !declared.contains($0) && !$0.isReserved }
    if new.count > places { return new[max(0, places)] }
    for name in new { _ = number(of: name) }
    return nil
  }
}
