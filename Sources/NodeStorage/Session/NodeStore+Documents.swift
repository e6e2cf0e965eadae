package import Datasets
import GRDB
import Replication
import Storage
package import Wire

/// A text that the centre handed out, as it lies in the store.
package struct StoredDocument: Sendable, Equatable {
  package let name: String
  package let text: String
  /// The last text under this name that this version of the program could read (`keepReadable`).
  package let readable: String?

  package init(name: String, text: String, readable: String? = nil) {
    self.name = name
    self.text = text
    self.readable = readable
  }
}

extension NodeStore {
  /// Keeps texts that the centre handed out; one with an empty text is forgotten.
  package func storeDocuments(_ documents: [Document]) async throws {
    try await write { try $0.store(documents) }
  }

  /// The texts that the centre handed out, sorted by name.
  package func documents() async throws -> [Document] {
    try await read { try $0.documents() }
  }

  /// The same, with the last text that could be read.
  package func storedDocuments() async throws -> [StoredDocument] {
    try await read { try $0.storedDocuments() }
  }

  /// Notes that these texts could be read: they stay in force when a later one cannot.
  package func keepReadable(_ documents: [Document]) async throws {
    if documents.isEmpty { return }
    try await write { transaction in
      for document in documents {
        try transaction.database.execute(
          sql: "UPDATE _document SET readable = text WHERE name = ? AND text = ?",
          arguments: [document.name, document.text])
      }
    }
  }

  /// Makes the tables and streams of these datasets, and takes what the node may read and write from
  /// `profile`.
  ///
  /// Called after every start and whenever definitions or the profile changed. The tables of datasets that
  /// are no longer given stay as they are.
  /// - Returns: datasets that cannot be installed, with the reason: the name is reserved, or the kind differs
  ///   from that of the tables there are. The others are in force.
  @discardableResult
  package func install(
    _ definitions: [DatasetDefinition], profile: NodeProfile
  ) async throws -> [(dataset: DatasetName, reason: String)] {
    let datasets = definitions.map { InstalledDataset($0, profile: profile) }
    let refused = try await write { transaction in
      var refused: [(dataset: DatasetName, reason: String)] = []
      for dataset in datasets {
        do { try transaction.install(dataset) } catch let error as StoreError where error.code == .unusable {
          refused.append((dataset.name, error.message))
        }
      }
      return refused
    }
    let installed = datasets.filter { dataset in !refused.contains { $0.dataset == dataset.name } }
    shared.withLock { shared in
      shared.datasets = Dictionary(installed.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
    return refused
  }
}

extension Database {
  func storedDocuments() throws -> [StoredDocument] {
    let rows = try RawStatement(self, "SELECT name, text, readable FROM _document ORDER BY name")
    var documents: [StoredDocument] = []
    while try rows.step() {
      documents.append(StoredDocument(name: rows.text(0) ?? "", text: rows.text(1) ?? "", readable: rows.text(2)))
    }
    return documents
  }

  func documents() throws -> [Document] {
    let rows = try RawStatement(self, "SELECT name, text FROM _document ORDER BY name")
    var documents: [Document] = []
    while try rows.step() {
      documents.append(Document(name: rows.text(0) ?? "", text: rows.text(1) ?? ""))
    }
    return documents
  }
}

extension WriteTransaction {
  func store(_ documents: [Document]) throws {
    for document in documents {
      if document.text.isEmpty {
        try database.execute(sql: "DELETE FROM _document WHERE name = ?", arguments: [document.name])
      } else {
        try database.execute(
          sql: """
            INSERT INTO _document (name, text) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text
            """,
          arguments: [document.name, document.text])
      }
    }
  }

  mutating func install(_ dataset: InstalledDataset) throws {
    let definition = dataset.definition
    if let problem = InstalledDataset.nameProblem(dataset.name) { throw StoreError(.unusable, problem) }
    if var stream = cache.streams[dataset.name] {
      guard stream.kind == definition.kind else {
        throw StoreError(
          .unusable,
          "The dataset \(dataset.name) is of kind \(stream.kind.rawValue) here; a dataset never changes its kind."
        )
      }
      stream.lane = definition.lane
      cache.streams[dataset.name] = stream
    } else {
      let number = (cache.streams.values.map(\.id).max() ?? 0) + 1
      cache.streams[dataset.name] = StreamRow(
        id: number, dataset: dataset.name, kind: definition.kind, lane: definition.lane)
    }
    // Numbered before any row names others: declared fields always have their place.
    if definition.kind == .record {
      cache.registries[dataset.name, default: FieldRegistry()].declare(definition)
    }
    try dataset.table.install(database)
    try dataset.variants?.install(database)
    try installIndexes(dataset)
    try askForSkipped(dataset.name)
  }

  /// The feed spoke of the dataset before it was here: hello asks for everything again, unless that has begun.
  private mutating func askForSkipped(_ dataset: DatasetName) throws {
    let removal = try RawStatement(database, "DELETE FROM _skipped WHERE dataset = ?")
    removal.bind(dataset.text, at: 1)
    guard try removal.run() > 0 else { return }
    if cache.copy.sweepAt == nil || cache.copy.cursor?.position != 0 { cache.copy.needsRebuild = true }
  }

  /// Identity and scope of records are looked up by index.
  private func installIndexes(_ dataset: InstalledDataset) throws {
    let definition = dataset.definition
    guard definition.kind == .record else { return }
    func install(_ suffix: String, _ columns: [FieldName]) throws {
      if columns.isEmpty { return }
      let name = TypedTable.quoted("_\(dataset.name)_\(suffix)")
      let list = columns.map { TypedTable.quoted($0.text) }.joined(separator: ", ")
      try database.execute(sql: "CREATE INDEX IF NOT EXISTS \(name) ON \(dataset.table.name) (\(list))")
    }
    // The number that one person alone has first: half an identity is looked up by it.
    let person = dataset.personIndex.map { definition.identity[$0] }
    try install(
      "identity", definition.identity.filter { $0 == person } + definition.identity.filter { $0 != person })
    try install("scope", [definition.scope].compactMap { $0 })
  }
}
