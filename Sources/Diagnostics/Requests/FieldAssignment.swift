package import API
import Datasets
import Foundation

/// `field=text`, `field=` (clears it) or `field:=JSON`, as a command line gives it.
package struct FieldAssignment: Sendable, Equatable {
  package var field: String
  package var value: JSONValue

  package init(_ field: String, _ value: JSONValue) {
    self.field = field
    self.value = value
  }

  /// - Returns: nil when `text` has neither form.
  package init?(_ text: String) {
    guard let mark = text.firstIndex(of: "="), mark != text.startIndex else { return nil }
    let value = text[text.index(after: mark)...]
    var field = text[..<mark]
    if field.last == ":" {
      field = field.dropLast()
      guard !field.isEmpty, let json = try? APICoding.decoder.decode(JSONValue.self, from: Data(value.utf8))
      else {
        return nil
      }
      self.init(String(field), json)
    } else {
      self.init(String(field), value.isEmpty ? .null : .string(String(value)))
    }
  }
}

extension ValueText {
  /// A value in a query: a text as it is, nothing as nothing.
  static func parameter(_ value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .boolean(let flag): String(flag)
    case .string, .integer, .number, .array, .object: of(value, language: .english)
    }
  }
}
