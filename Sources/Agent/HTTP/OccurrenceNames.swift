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

  func reply(_ occurrence: OccurrenceView) -> RecordReply {
    rendering.occurrence(key: definition.key, fields: occurrence.fields)
  }
}
