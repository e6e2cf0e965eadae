/// The name of a dataset: also a table's name, so letters, digits and underscores, starting with a letter, 1 to 48 bytes.
package struct DatasetName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// - Returns: nil when `text` is not a well-formed name.
  package init?(_ text: String) {
    guard Identifier.isValid(text, lengthMax: 48) else { return nil }
    self.text = text
  }

  package static func < (left: DatasetName, right: DatasetName) -> Bool { left.text < right.text }
  package var description: String { text }
}

/// The name of a field: also a column's name; same form as `DatasetName`.
package struct FieldName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// Whether a record is present, deleted or an alias (merge.md); every record has it.
  package static let lifecycle = FieldName(unchecked: "lifecycle")
  /// The id of the record that this one is another name of.
  package static let aliasOf = FieldName(unchecked: "alias_of")

  /// - Returns: nil when `text` is not a well-formed name.
  package init?(_ text: String) {
    guard Identifier.isValid(text, lengthMax: 48) else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }

  /// Whether the name belongs to Simpul and cannot be declared by a dataset.
  package var isReserved: Bool { self == .lifecycle || self == .aliasOf }

  /// As people read it: the two that Simpul keeps of every record are no columns of anybody's file.
  package var shown: BilingualText {
    switch self {
    case .lifecycle: BilingualText(id: "keberadaan data", en: "lifecycle")
    case .aliasOf: BilingualText(id: "digabung ke", en: "merged into")
    default: .verbatim(text)
    }
  }

  package static func < (left: FieldName, right: FieldName) -> Bool { left.text < right.text }
  package var description: String { text }
}

private enum Identifier {
  static func isValid(_ text: String, lengthMax: Int) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= lengthMax, isLetter(first) else { return false }
    return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
