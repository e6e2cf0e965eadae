package import Datasets
package import NodeStorage
import Settings
import Synchronization
package import Wire

/// What the centre has decided for this node: definitions, profile and fleet keys, as the rest of the agent looks them up.
///
/// Readable from any thread; replaced as a whole when documents arrive.
package final class Catalogue: Sendable {
  /// One dataset as this node may use it.
  package struct Dataset: Sendable {
    package let definition: DatasetDefinition
    package let regions: RegionTable?
    package let validator: RowValidator
    package let read: Access
    package let write: Access
  }

  package struct Contents: Sendable {
    package var datasets: [DatasetName: Dataset] = [:]
    package var profile: NodeProfile?
    /// Newest version first.
    package var fleetKeys: [FleetKey] = []

    /// Sorted by lane, then name.
    package var sortedDatasets: [Dataset] {
      datasets.values.sorted {
        ($0.definition.lane, $0.definition.name) < ($1.definition.lane, $1.definition.name)
      }
    }
  }

  private let contents = Mutex(Contents())

  package init() {}

  package var current: Contents { contents.withLock { $0 } }

  package func dataset(_ name: DatasetName) -> Dataset? { contents.withLock { $0.datasets[name] } }

  /// The newest key, for making ids.
  package var fleetKey: FleetKey? { contents.withLock { $0.fleetKeys.first } }

  /// What `documents` and `fleetKeys` make of the present contents, before anybody sees it.
  ///
  /// - Returns: also the documents that could not be read, with the reason; what they replace stays in force.
  package func prepare(
    _ documents: [Document], fleetKeys: [FleetKey]
  ) -> (contents: Contents, problems: [(name: String, reason: String)]) {
    var problems: [(name: String, reason: String)] = []
    var next = current
    if !fleetKeys.isEmpty { next.fleetKeys = fleetKeys.sorted { $0.version > $1.version } }
    if let document = documents.first(where: { $0.name == Document.profileName }) {
      do { next.profile = try ProfileDocument.parse(document.text).profile } catch {
        problems.append((document.name, "\(error)"))
      }
    }
    var parsed: [DefinitionDocument] = next.datasets.values.map {
      DefinitionDocument(definition: $0.definition, regions: $0.regions)
    }
    for document in documents where document.name != Document.profileName && !document.text.isEmpty {
      do {
        let definition = try DefinitionDocument.parse(document.text)
        parsed.removeAll { $0.definition.name == definition.definition.name }
        parsed.append(definition)
      } catch {
        problems.append((document.name, "\(error)"))
      }
    }
    let withdrawn = Set(documents.filter(\.text.isEmpty).map(\.name))
    next.datasets = [:]
    for document in parsed where !withdrawn.contains(document.definition.name.text) {
      next.datasets[document.definition.name] = Self.dataset(document, profile: next.profile)
    }
    return (next, problems)
  }

  /// Puts `contents` in force; the store must have its tables by then, or an intake would find none.
  package func publish(_ contents: Contents) {
    self.contents.withLock { $0 = contents }
  }

  /// Makes the documents that the store holds the ones in force, in the store and here.
  package func install(
    from store: NodeStore, fleetKeys: [FleetKey]
  ) async throws -> [(name: String, reason: String)] {
    let (contents, problems) = prepare(try await store.documents(), fleetKeys: fleetKeys)
    if let profile = contents.profile {
      try await store.install(contents.sortedDatasets.map(\.definition), profile: profile)
    }
    publish(contents)
    return problems
  }

  private static func dataset(_ document: DefinitionDocument, profile: NodeProfile?) -> Dataset {
    let definition = document.definition
    return Dataset(
      definition: definition, regions: document.regions,
      validator: RowValidator(definition: definition, regions: document.regions),
      read: profile.map { Access(rules: definition.read, profile: $0) } ?? .nothing,
      write: profile.map { Access(rules: definition.write, profile: $0) } ?? .nothing)
  }
}
