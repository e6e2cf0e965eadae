import API
package import Datasets
import Foundation
import HTTPTypes

/// What names an event or sample: the values of its natural key, escaped and joined by commas.
package struct OccurrenceID: Hashable, Sendable, CustomStringConvertible {
  /// In the order of the dataset's key.
  package let key: [String]

  package init(key: [String]) { self.key = key }

  /// - Returns: nil unless `text` names as many values as the key has.
  package init?(_ text: String, keyCount: Int) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.removingPercentEncoding
    }
    let key = parts.compactMap { $0 }
    guard key.count == parts.count, key.count == keyCount else { return nil }
    self.init(key: key)
  }

  package var description: String {
    key.map {
      $0.replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: ",", with: "%2C")
    }.joined(separator: ",")
  }
}

extension OccurrenceID {
  /// The values of the key that `text` names, in its order; nil when it names none of this dataset.
  package static func key(
    _ text: String, of definition: DatasetDefinition, regions: RegionTable?
  ) -> [(field: FieldName, value: Value)]? {
    guard let id = OccurrenceID(text, keyCount: definition.key.count) else { return nil }
    let row = IntakeRow(line: 1, fields: zip(definition.key, id.key).map { ($0.text, .text($1)) })
    let validator = RowValidator(definition: definition, regions: regions)
    guard case .success(let checked) = validator.validate(row) else { return nil }
    let key = definition.key.compactMap { name in checked[name].map { (field: name, value: $0) } }
    return key.count == definition.key.count ? key : nil
  }
}

extension RecordRendering {
  /// A natural key as an id; what this caller may not see of it is masked, so that it names nothing but tells nothing
  /// either.
  package func name(ofKey key: [(field: FieldName, value: Value)]) -> String {
    occurrence(key: key.map(\.field), fields: key.map { (name: $0.field, value: $0.value) }).id
  }
}

extension HTTPProblem {
  /// The path names no event of the dataset: 404.
  package static func noNaturalKey(_ definition: DatasetDefinition, _ language: Language) -> HTTPProblem {
    let fields = definition.key.map(\.text).joined(separator: ",")
    return HTTPProblem(
      .notFound, "unknown_record",
      BilingualText(
        id: "Itu bukan kunci dari \(definition.name). Bentuknya, seperti id di records list: \(fields).",
        en: "That is no key of \(definition.name). Its form, as the id in records list: \(fields)."),
      language: language)
  }
}
