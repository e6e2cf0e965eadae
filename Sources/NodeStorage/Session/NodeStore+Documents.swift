package import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// Keeps texts that the centre handed out; one with an empty text is forgotten.
  package func storeDocuments(_ documents: [Document]) async throws {
    try await write { try $0.store(documents) }
  }

  /// The texts that the centre handed out, sorted by name.
  package func documents() async throws -> [Document] {
    try await read { try $0.documents() }
  }

  /// Makes the tables and streams of these datasets, and takes what the node may read and write from
  /// `profile`.
  ///
  /// Called after every start and whenever definitions or the profile changed. The tables of datasets that
  /// are no longer given stay as they are.
  /// - Throws: `StoreError` when a dataset's name is reserved or its kind differs from that of the tables
  ///   there are.
  package func install(_ definitions: [DatasetDefinition], profile: NodeProfile) async throws {
    let datasets = definitions.map { InstalledDataset($0, profile: profile) }
    try await write { transaction in
      for dataset in datasets { try transaction.install(dataset) }
    }
    shared.withLock { shared in
      shared.datasets = Dictionary(datasets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }
}

extension Database {
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
          sql: "INSERT OR REPLACE INTO _document (name, text) VALUES (?, ?)",
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
