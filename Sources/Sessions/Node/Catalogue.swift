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

  /// What documents and fleet keys make of the present contents, before anybody sees it.
  package struct Preparation: Sendable {
    package var contents: Contents
    /// Documents that could not be read, with the reason; the last text that could stays in force.
    package var problems: [(name: String, reason: String)] = []
    /// Texts that could be read and were not known to be.
    package var readable: [Document] = []
  }

  /// - Parameter documents: all that the store holds: a dataset that is not among them is withdrawn.
  package func prepare(_ documents: [StoredDocument], fleetKeys: [FleetKey]) -> Preparation {
    var next = Preparation(contents: current)
    if !fleetKeys.isEmpty { next.contents.fleetKeys = fleetKeys.sorted { $0.version > $1.version } }
    if let document = documents.first(where: { $0.name == Document.profileName }) {
      let profile = next.read(document) { try ProfileDocument.parse($0).profile }
      next.contents.profile = profile ?? next.contents.profile
    }
    next.contents.datasets = [:]
    for document in documents where document.name != Document.profileName {
      guard let parsed = next.read(document, by: DefinitionDocument.parse) else { continue }
      next.contents.datasets[parsed.definition.name] = Self.dataset(parsed, profile: next.contents.profile)
    }
    return next
  }

  /// Puts `contents` in force; the store must have its tables by then, or an intake would find none.
  package func publish(_ contents: Contents) {
    self.contents.withLock { $0 = contents }
  }

  /// Makes the documents that the store holds the ones in force, in the store and here.
  package func install(
    from store: NodeStore, fleetKeys: [FleetKey]
  ) async throws -> [(name: String, reason: String)] {
    var next = prepare(try await store.storedDocuments(), fleetKeys: fleetKeys)
    try await store.keepReadable(next.readable)
    if let profile = next.contents.profile {
      let definitions = next.contents.sortedDatasets.map(\.definition)
      for (dataset, reason) in try await store.install(definitions, profile: profile) {
        next.contents.datasets[dataset] = nil
        next.problems.append((dataset.text, reason))
      }
    }
    publish(next.contents)
    return next.problems
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

extension Catalogue.Preparation {
  /// Reads the text, or the last one that could be read when this one cannot: it may come from a centre that is newer
  /// than this program.
  fileprivate mutating func read<Parsed>(
    _ document: StoredDocument, by parse: (String) throws -> Parsed
  ) -> Parsed? {
    do {
      let parsed = try parse(document.text)
      if document.readable != document.text { readable.append(Document(name: document.name, text: document.text)) }
      return parsed
    } catch {
      problems.append((document.name, "\(error)"))
      return document.readable.flatMap { try? parse($0) }
    }
  }
}
