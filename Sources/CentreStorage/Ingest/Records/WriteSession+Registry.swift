import Datasets
import Storage
import Wire

extension WriteSession {
  func registry(_ dataset: DatasetName) throws -> WriterMemory.StoredRegistry {
    if let known = memory.registries[dataset] { return known }
    let registry = try RegistryTable.load(database, dataset: dataset)
    let stored = WriterMemory.StoredRegistry(registry: registry, storedCount: registry.names.count)
    memory.registries[dataset] = stored
    return stored
  }

  /// Stores the names that are not on the disk yet.
  func store(_ stored: WriterMemory.StoredRegistry, of dataset: DatasetName) throws {
    guard stored.registry.names.count > stored.storedCount else { return }
    try RegistryTable.store(
      database, dataset: dataset, registry: stored.registry, storedCount: stored.storedCount)
    memory.registries[dataset] = WriterMemory.StoredRegistry(
      registry: stored.registry, storedCount: stored.registry.names.count)
  }

  func recordWriter(_ dataset: InstalledDataset) throws -> RecordWriter {
    if let known = recordWriters[dataset.definition.name] { return known }
    let writer = try RecordWriter(self, dataset: dataset)
    recordWriters[dataset.definition.name] = writer
    return writer
  }
}
