/// What a field may hold; the types know the domain (domain.md section 4).
package enum FieldType: Sendable, Equatable {
  /// At most `lengthMax` characters.
  case text(lengthMax: Int)
  case integer(minimum: Int64?, maximum: Int64?)
  /// Both ends inclusive.
  case decimal(minimum: Double?, maximum: Double?)
  case boolean
  case date
  case instant
  /// One of a table's codes; intake takes a code, a title or an alias and stores the code.
  case code(CodeTable)
  /// At most `countMax` texts of at most `lengthMax` characters.
  case list(lengthMax: Int, countMax: Int)
  case nik
  case kk
  case nip
  case region
  case phone

  /// The word in definitions.
  package var word: String {
    switch self {
    case .text: "text"
    case .integer: "integer"
    case .decimal: "decimal"
    case .boolean: "boolean"
    case .date: "date"
    case .instant: "instant"
    case .code: "code"
    case .list: "list"
    case .nik: "nik"
    case .kk: "kk"
    case .nip: "nip"
    case .region: "region"
    case .phone: "phone"
    }
  }
}
