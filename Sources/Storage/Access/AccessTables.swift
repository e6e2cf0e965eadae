import Datasets
import Foundation
package import GRDB

/// The tables of tokens and sessions, which both stores have: in a node's store their names begin with `_`.
package struct AccessTables: Sendable {
  package static let centre = AccessTables(prefix: "")
  package static let node = AccessTables(prefix: "_")

  let token: String
  let session: String

  private init(prefix: String) {
    token = prefix + "access_token"
    session = prefix + "access_session"
  }

  package var schema: String {
    """
    CREATE TABLE \(token) (
      id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL,
      office TEXT, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER, used_ms INTEGER);
    CREATE TABLE \(session) (
      hash BLOB PRIMARY KEY, token INTEGER NOT NULL, began_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL)
      WITHOUT ROWID;

    """
  }

  /// Ends every session, in a store that no daemon has open: who signs in after a restore shows a token again.
  package func endSessions(_ database: Database) throws { try database.execute(sql: "DELETE FROM \(session)") }

  // MARK: Tokens

  func tokens(_ database: Database) throws -> [(hash: SecretHash, token: AccessToken)] {
    let rows = try Row.fetchAll(
      database,
      sql: "SELECT id, hash, name, role, office, created_ms, expires_ms, revoked_ms, used_ms FROM \(token)")
    return rows.compactMap { row in
      // A role that a newer version made opens nothing here.
      guard let name = TokenName(row["name"]), let role = Role(rawValue: row["role"]) else { return nil }
      let office: String? = row["office"]
      // Nor does a limit that cannot be read become none.
      let node = office.flatMap { NodeName($0) }
      guard (office == nil) == (node == nil) else { return nil }
      let token = AccessToken(
        id: row["id"], name: name, role: role, office: node, created: Timestamp(milliseconds: row["created_ms"]),
        expires: Timestamp(milliseconds: row["expires_ms"]), revoked: Self.time(row["revoked_ms"]),
        lastUsed: Self.time(row["used_ms"]))
      return (SecretHash(stored: [UInt8](row["hash"] as Data)), token)
    }
  }

  private static func time(_ milliseconds: Int64?) -> Timestamp? { milliseconds.map { Timestamp(milliseconds: $0) } }

  /// - Throws: `AccessRefusal`.
  func insert(_ new: NewToken, hash: SecretHash, now: Timestamp, _ database: Database) throws -> AccessToken {
    let living = "revoked_ms IS NULL AND expires_ms > ?"
    let isTaken = try Bool.fetchOne(
      database, sql: "SELECT 1 FROM \(token) WHERE name = ? AND \(living)",
      arguments: [new.name.text, now.milliseconds])
    if isTaken != nil { throw AccessRefusal.nameTaken }
    let count = try Int.fetchOne(
      database, sql: "SELECT count(*) FROM \(token) WHERE \(living)", arguments: [now.milliseconds])
    guard count ?? 0 < AccessStore.tokensMax else { throw AccessRefusal.tooMany }
    try database.execute(
      sql: "INSERT INTO \(token) (hash, name, role, office, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [
        Data(hash.bytes), new.name.text, new.role.rawValue, new.office?.text, now.milliseconds,
        new.expires.milliseconds,
      ])
    return AccessToken(
      id: database.lastInsertedRowID, name: new.name, role: new.role, office: new.office, created: now,
      expires: new.expires)
  }

  /// Forgets the oldest that live no more, until as many as may live are left of them.
  /// - Returns: their ids.
  func forgetOldest(now: Timestamp, _ database: Database) throws -> [Int64] {
    try Int64.fetchAll(
      database,
      sql: """
        DELETE FROM \(token) WHERE id IN (
          SELECT id FROM \(token) WHERE revoked_ms IS NOT NULL OR expires_ms <= ?
          ORDER BY coalesce(revoked_ms, expires_ms) DESC, id DESC LIMIT -1 OFFSET \(AccessStore.tokensMax))
        RETURNING id
        """, arguments: [now.milliseconds])
  }

  /// - Returns: the id of the living token of that name; nil when there is none.
  func revoke(_ name: TokenName, now: Timestamp, _ database: Database) throws -> Int64? {
    let id = try Int64.fetchOne(
      database,
      sql: """
        UPDATE \(token) SET revoked_ms = ?1 WHERE name = ?2 AND revoked_ms IS NULL AND expires_ms > ?1 RETURNING id
        """, arguments: [now.milliseconds, name.text])
    if let id { try database.execute(sql: "DELETE FROM \(session) WHERE token = ?", arguments: [id]) }
    return id
  }

  func noteUse(of id: Int64, at time: Timestamp, _ database: Database) throws {
    try database.execute(
      sql: "UPDATE \(token) SET used_ms = ? WHERE id = ?", arguments: [time.milliseconds, id])
  }

  // MARK: Sessions

  func sessions(_ database: Database) throws -> [(hash: SecretHash, session: SignInSession)] {
    try Row.fetchAll(database, sql: "SELECT hash, token, ends_ms FROM \(session)").map { row in
      (
        SecretHash(stored: [UInt8](row["hash"] as Data)),
        SignInSession(token: row["token"], ends: Timestamp(milliseconds: row["ends_ms"]))
      )
    }
  }

  /// - Returns: the hashes of those that had to end, since there were too many.
  /// - Throws: `AccessRefusal.unknownLink` when the token lives no more.
  func insert(
    _ new: SignInSession, hash: SecretHash, now: Timestamp, _ database: Database
  ) throws -> [SecretHash] {
    let isLiving = try Bool.fetchOne(
      database, sql: "SELECT 1 FROM \(token) WHERE id = ? AND revoked_ms IS NULL AND expires_ms > ?",
      arguments: [new.token, now.milliseconds])
    guard isLiving != nil else { throw AccessRefusal.unknownLink }
    let ended = try Data.fetchAll(
      database,
      sql: """
        DELETE FROM \(session) WHERE hash IN (
          SELECT hash FROM \(session) ORDER BY ends_ms DESC, hash LIMIT -1 OFFSET \(AccessStore.sessionsMax - 1))
        RETURNING hash
        """)
    try database.execute(
      sql: "INSERT INTO \(session) (hash, token, began_ms, ends_ms) VALUES (?, ?, ?, ?)",
      arguments: [Data(hash.bytes), new.token, now.milliseconds, new.ends.milliseconds])
    return ended.map { SecretHash(stored: [UInt8]($0)) }
  }

  func delete(_ hashes: [SecretHash], _ database: Database) throws {
    for hash in hashes {
      try database.execute(sql: "DELETE FROM \(session) WHERE hash = ?", arguments: [Data(hash.bytes)])
    }
  }
}
