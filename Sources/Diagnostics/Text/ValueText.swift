package import API
package import Datasets
import Foundation

/// A field's value as a cell of a table.
package enum ValueText {
  package static func of(_ value: JSONValue?, language: Language) -> String {
    switch value {
    case nil, .null: "-"
    case .boolean(let flag): flag ? language("ya", "yes") : language("tidak", "no")
    case .integer(let number): String(number)
    case .number(let number): plain(number)
    case .string(let text): text
    case .array(let elements): elements.map { of($0, language: language) }.joined(separator: ", ")
    case .object: json(value)
    }
  }

  /// A number without a needless fraction; exponents only where Swift itself needs them.
  static func plain(_ number: Double) -> String {
    let text = String(number)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func json(_ value: JSONValue?) -> String {
    (try? APICoding.encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
