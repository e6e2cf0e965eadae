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
}
