import API
import Datasets
import HTTPServing
import NodeStorage

/// How events and samples are named and shown: by the values of their natural key.
struct OccurrenceNames: Sendable {
  private let definition: DatasetDefinition
  private let rendering: RecordRendering

  init(_ definition: DatasetDefinition, _ rendering: RecordRendering) {
    self.definition = definition
    self.rendering = rendering
  }

  /// Whether the key holds what this caller may not see, so that names and cursors would give it away.
  var areHidden: Bool { !definition.key.allSatisfy(rendering.isShown) }

  /// A masked part of the key is masked in the name too: that names nothing any more, but tells nothing
  /// either.
  func reply(_ occurrence: OccurrenceView) -> RecordReply {
    let key = definition.key.map { name -> String in
      let value = occurrence[name] ?? .null
      if case .string(let text) = rendering.value(value, of: name) { return text }
      return value.text
    }
    return rendering.occurrence(OccurrenceID(key: key), fields: occurrence.fields)
  }

  /// The values of the key that `text` names; nil when it names none of this dataset.
  func key(of text: String, regions: RegionTable?) -> [(field: FieldName, value: Value)]? {
    guard let id = OccurrenceID(text, keyCount: definition.key.count) else { return nil }
    let row = IntakeRow(line: 1, fields: zip(definition.key, id.key).map { ($0.text, .text($1)) })
    let validator = RowValidator(definition: definition, regions: regions)
    guard case .success(let checked) = validator.validate(row) else { return nil }
    let key = definition.key.compactMap { name in checked[name].map { (field: name, value: $0) } }
    return key.count == definition.key.count ? key : nil
  }
}
