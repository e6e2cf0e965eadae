import Datasets
import Foundation
import HTTPServing

/// Which of the rows that the store found for a text the caller may know to hold it.
///
/// What the caller sees masked is found by the whole number alone: parts would tell its digits one by one.
struct ShownSearch: Sendable {
  private let text: String?
  private let rendering: RecordRendering

  /// - Parameter text: what the store was asked for; nil finds everything.
  init(_ text: String?, rendering: RecordRendering) {
    self.text = text
    self.rendering = rendering
  }

  func matches(_ fields: [(name: FieldName, value: Value)]) -> Bool {
    guard let text else { return true }
    return fields.contains { name, value in
      guard let shown = rendering.searchText(value, of: name) else { return value.text == text }
      return shown.range(of: text, options: .caseInsensitive) != nil
    }
  }
}
