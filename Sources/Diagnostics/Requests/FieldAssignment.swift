package import API
import ArgumentParser
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

extension FieldAssignment {
  /// What a command line assigns, by field.
  ///
  /// - Throws: `ValidationError` for an argument of neither form, and a field that is given twice.
  static func fields(_ arguments: [String]) throws -> [String: JSONValue] {
    var fields: [String: JSONValue] = [:]
    for argument in arguments {
      guard let assignment = FieldAssignment(argument) else {
        throw ValidationError(
          id: "'\(argument)' bukan KOLOM=ISI dan bukan KOLOM:=JSON.",
          en: "'\(argument)' is no FIELD=VALUE and no FIELD:=JSON.")
      }
      guard fields.updateValue(assignment.value, forKey: assignment.field) == nil else {
        throw ValidationError(
          id: "'\(assignment.field)' diberi dua kali.", en: "'\(assignment.field)' is given twice.")
      }
    }
    return fields
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
