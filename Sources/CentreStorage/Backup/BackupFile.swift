package import Datasets
import GRDB
import Glibc
package import Replication
import Storage

/// A backup as a file: a store of the centre with a note of itself and the centre's secrets in it.
package enum BackupFile {
  /// What a file holds, after every page of it was checked.
  package struct Contents: Sendable, Equatable {
    package let facts: BackupFacts
    package let secrets: [String: String]
  }

  /// - Throws: `StoreError` with what is wrong with the file.
  package static func read(_ path: String) throws -> Contents {
    try opened(path, isReadOnly: true) { database in
      try StoreFile.checkIntegrity(database)
      guard try database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'backup_secret'") == 1,
        let madeAt = try database.first("SELECT made_ms FROM backup ORDER BY id DESC LIMIT 1", [], { $0.timestamp(0) })
      else {
        throw StoreError(.unusable, "\(path) is no backup: it was not made by simpulctl backup")
      }
      let secrets = try database.rows("SELECT name, value FROM backup_secret") { ($0.text(0), $0.text(1)) }
      return Contents(
        facts: try BackupFacts(database, madeAt: madeAt),
        secrets: Dictionary(
          secrets.compactMap { name, value in name.flatMap { name in value.map { (name, $0) } } },
          uniquingKeysWith: { _, last in last }))
    }
  }

  /// Makes a copy of a backup into a store that can be opened: without the secrets, and with nobody signed in.
  ///
  /// - Parameter act: what its audit log says of that: the entries since the backup are gone with the rest.
  package static func prepare(_ path: String, noting act: AuditAct, now: Timestamp) throws {
    try opened(path) { database in
      try database.inTransaction {
        try Schema.audit.append([act], at: now, to: database)
        return .commit
      }
      try database.execute(sql: "PRAGMA secure_delete = ON; DROP TABLE backup_secret")
      try AccessTables.centre.endSessions(database)
    }
    try StoreFile.sync(path)
  }

  static func make(
    from file: StoreFile, at path: String, secrets: [String: String], now: Timestamp
  ) throws -> BackupFacts {
    try file.copy(to: path)
    do {
      let facts = try opened(path) { database in
        try StoreFile.checkIntegrity(database)
        let facts = try BackupFacts(database, madeAt: now)
        try database.inTransaction {
          // A centre that is restored from it has this backup.
          try facts.note(database)
          try database.execute(sql: "CREATE TABLE backup_secret (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
          for (name, value) in secrets {
            try database.run("INSERT INTO backup_secret (name, value) VALUES (?, ?)", [.text(name), .text(value)])
          }
          return .commit
        }
        return facts
      }
      try StoreFile.sync(path)
      return facts
    } catch {
      unlink(path)
      throw error
    }
  }

  private static func opened<Result>(
    _ path: String, isReadOnly: Bool = false, _ body: (Database) throws -> Result
  ) throws -> Result {
    try StoreFile.withClosedFile(
      path, applicationID: CentreStore.applicationID, newestFormat: CentreStore.newestFormat, isReadOnly: isReadOnly,
      body)
  }
}
