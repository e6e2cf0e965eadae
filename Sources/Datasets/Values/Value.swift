/// One field's value: the only kinds of data that streams, merges and feeds carry.
package enum Value: Hashable, Sendable {
  /// Cleared on purpose; an untouched field has no value at all.
  case null
  case boolean(Bool)
  case integer(Int64)
  /// Canonical decimal text: no exponent, no superfluous zeros (`DecimalText`).
  case decimal(String)
  /// Also NIK, KK, NIP, region codes, phone numbers and the codes of coded fields.
  case text(String)
  case date(CalendarDate)
  case instant(ZonedInstant)
  /// Sorted, without repetitions, so that equal sets are equal values.
  case list([String])

  /// A list in canonical order.
  package static func list(of elements: some Swift.Sequence<String>) -> Value {
    .list(Set(elements).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  /// What a person reads: dates and instants as RFC 3339, lists joined by `; `, null as nothing.
  package var text: String {
    switch self {
    case .null: ""
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .decimal(let value), .text(let value): value
    case .date(let value): value.description
    case .instant(let value): value.description
    case .list(let elements): elements.joined(separator: "; ")
    }
  }
}
