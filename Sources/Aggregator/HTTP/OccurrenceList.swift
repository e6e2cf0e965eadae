import API
import CentreStorage
import Datasets
import HTTPServing

/// Events or samples of one dataset, as one caller may see them.
struct OccurrenceList: Sendable {
  let store: CentreStore
  let definition: DatasetDefinition
  let rendering: RecordRendering
  let filter: RecordFilter
  let areVariants: Bool

  init(
    store: CentreStore, definition: DatasetDefinition, rendering: RecordRendering,
    filter: RecordFilter = .none,
    areVariants: Bool = false
  ) {
    self.store = store
    self.definition = definition
    self.rendering = rendering
    self.filter = filter
    self.areVariants = areVariants
  }

  /// How many texts a cursor has: a variant's goes on with node, incarnation and sequence.
  var keyCount: Int { definition.key.count + (areVariants ? 3 : 0) }

  /// Whether the key holds what this caller may not see, so that a cursor would give it away.
  var isKeyHidden: Bool { !definition.key.allSatisfy(rendering.isShown) }

  func page(after: [String]?, limit: Int) async throws -> Page<OccurrenceEntry, [String]> {
    try await store.occurrences(
      definition.name, areVariants: areVariants, matching: filter.columns, after: after, limit: limit)
  }

  func occurrence(_ id: OccurrenceID) async throws -> OccurrenceEntry? {
    let key = zip(definition.key, id.key).map { (name: $0, text: $1) }
    return try await store.occurrences(definition.name, matching: key, limit: 1).elements.first
  }

  func key(_ entry: OccurrenceEntry) -> [String] { definition.key.map { entry[$0]?.text ?? "" } }

  func reply(_ entry: OccurrenceEntry) -> RecordReply {
    rendering.occurrence(key: definition.key, fields: entry.values.map { ($0.name, $0.value) })
  }
}
