import Datasets
import Foundation
import HTTPServing

/// Looks for a text in the fields of a record.
struct FieldSearch: Sendable {
  private let text: String
  private let rendering: RecordRendering

  init(_ text: String, rendering: RecordRendering) {
    self.text = text
    self.rendering = rendering
  }

  /// What the caller sees masked is found by the whole number alone: parts would tell its digits one by one.
  func matches(_ fields: [(name: FieldName, value: Value)]) -> Bool {
    fields.contains { name, value in
      guard let shown = rendering.searchText(value, of: name) else { return value.text == text }
      return shown.range(of: text, options: [.caseInsensitive, .diacriticInsensitive]) != nil
    }
  }
}
