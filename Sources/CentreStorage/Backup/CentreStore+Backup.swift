package import Datasets
import Dispatch
import GRDB
import Storage
package import Wire

extension CentreStore {
  /// Writes a backup: the whole store as it is now, checked, with `secrets` (the centre's key), so that it is enough
  /// to set the centre up again on a new machine. The writer goes on meanwhile.
  ///
  /// The file is for its owner alone. It counts only once `confirm` says that it is kept.
  /// - Parameter secrets: texts by name; `BackupFile.restore` gives them back.
  /// - Throws: `StoreError`; nothing is left at `path` then.
  package func makeBackup(at path: String, secrets: [String: String], now: Timestamp) async throws -> BackupFacts {
    let file = file
    return try await withCheckedThrowingContinuation { continuation in
      // It reads and writes all of the store: the cooperative pool must not wait for that.
      DispatchQueue.global(qos: .utility).async {
        continuation.resume(
          with: Result { try BackupFile.make(from: file, at: path, secrets: secrets, now: now) })
      }
    }
  }

  /// Bytes that the store uses: about what a backup takes.
  package func usedBytes() async throws -> UInt64 {
    try await read { UInt64(clamping: try StoreFile.usedBytes($0)) }
  }

  /// Notes that a backup is on a disk that outlives this one: nodes may trim what it holds.
  package func confirm(_ backup: BackupFacts, now: Timestamp) async throws {
    try await write(now: now) { session in
      try backup.note(session.database)
      session.memory.backups = nil
    }
  }

  /// When the newest backup that counts was made, and what it holds; nil when there was none.
  package func newestBackup() async throws -> (madeAt: Timestamp, end: FeedCursor)? {
    try await read { database in
      try database.first("SELECT made_ms, generation, random, position FROM backup ORDER BY id DESC LIMIT 1") {
        (
          madeAt: $0.timestamp(0),
          end: FeedCursor(epoch: $0.incarnation(1), position: $0.unsigned(3))
        )
      }
    }
  }
}

extension WriteSession {
  /// How far a backup holds the stream that `row` writes; nil when there is no backup at all.
  func backedUp(_ row: Int64, _ dataset: DatasetName) throws -> Datasets.Sequence? {
    var known = try backups()
    guard known.isAny else { return nil }
    let key = WriterMemory.StreamKey(incarnation: row, dataset: dataset)
    if let place = known.places[key] { return place }
    let place = try backedUpPlace(row, dataset)
    known.places[key] = place
    memory.backups = known
    return place
  }

  private func backups() throws -> WriterMemory.Backups {
    if let known = memory.backups { return known }
    let isAny = try first("SELECT 1 FROM backup LIMIT 1", []) { $0.integer(0) } != nil
    let backups = WriterMemory.Backups(isAny: isAny)
    memory.backups = backups
    return backups
  }

  /// Down the line to the newest incarnation that the backup has, and no further than its children went on from it.
  private func backedUpPlace(_ row: Int64, _ dataset: DatasetName) throws -> Datasets.Sequence {
    var limit = Datasets.Sequence.max
    var current: Int64? = row
    while let here = current {
      let applied = try first(
        "SELECT applied FROM backup_stream WHERE incarnation = ? AND dataset = ?",
        [.integer(here), .text(dataset.text)]
      ) { $0.sequence(0) }
      if let applied { return min(applied, limit) }
      current = try parent(ofRow: here)
      if current != nil { limit = min(limit, try end(ofRow: here, dataset)?.last ?? .none) }
    }
    return .none
  }
}
