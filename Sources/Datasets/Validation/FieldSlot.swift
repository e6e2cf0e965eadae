/// What validation needs of one field, prepared once.
///
/// A class, because a field's definition is a dozen counted references: copying it for each cell of 250,000
/// rows took more time than the checks.
final class FieldSlot: Sendable {
  let name: FieldName
  let title: BilingualText
  let type: FieldType
  let isRequired: Bool
  let isIdentifier: Bool
  /// Not personal in any way: what was refused may be repeated.
  let isPublic: Bool
  /// A date that may not lie after today.
  let isUntilToday: Bool
  /// A region that must be a desa or kelurahan.
  let isVillage: Bool
  /// Part of the natural key of events or samples.
  let isKey: Bool
  /// Codes by the exact spellings of their table: what nearly every cell has, found without folding it.
  let codes: [String: Value]

  init(_ field: FieldDefinition, isKey: Bool) {
    self.isKey = isKey
    name = field.name
    title = field.title
    type = field.type
    isRequired = field.isRequired
    isIdentifier = field.personal == .identifier
    isPublic = field.personal == .none
    isUntilToday = field.isUntilToday
    isVillage = field.isVillage
    var codes: [String: Value] = [:]
    if case .code(let table) = field.type {
      for entry in table.codes {
        for spelling in [entry.code, entry.title.indonesian, entry.title.english] + entry.aliases {
          // The table decides what a spelling means; this only remembers it.
          if let code = table.code(for: spelling) { codes[spelling] = .text(code) }
        }
      }
    }
    self.codes = codes
  }
}
