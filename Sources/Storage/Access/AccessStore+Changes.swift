package import Datasets
import GRDB
import Synchronization

extension AccessStore {
  /// Makes a token; a name that nobody living has may be given again.
  ///
  /// - Parameter secret: of what its holder will show.
  /// - Throws: `AccessRefusal`, `StoreError`.
  package func create(_ new: NewToken, secret: SecretHash, now: Timestamp) async throws -> AccessToken {
    let tables = tables
    let (token, _) = try await change { database in
      let token = try tables.insert(new, hash: secret, now: now, database)
      return (token, try tables.forgetOldest(now: now, database))
    } then: { memory, result in
      memory.add(result.0, hash: secret)
      for id in result.1 { memory.forget(id) }
    }
    return token
  }

  /// Ends a token with its sessions and links, at once and for good.
  ///
  /// - Throws: `AccessRefusal.unknownToken` when none of that name lives, `StoreError`.
  package func revoke(_ name: TokenName, now: Timestamp) async throws -> AccessToken {
    let tables = tables
    let id = try await change { database in
      guard let id = try tables.revoke(name, now: now, database) else { throw AccessRefusal.unknownToken }
      return id
    } then: { memory, id in
      memory.tokens[id]?.revoked = now
      memory.end(id)
    }
    guard let token = memory.withLock({ $0.tokens[id] }) else { throw AccessRefusal.unknownToken }
    return token
  }

  /// Uses a sign-in link up, whatever comes of it, and begins a session.
  ///
  /// - Parameters:
  ///   - link: of the link's code.
  ///   - session: of what the browser will show.
  /// - Throws: `AccessRefusal.unknownLink`, `StoreError`.
  package func signIn(
    _ link: SecretHash, session: SecretHash, now: Timestamp
  ) async throws -> (token: AccessToken, session: SignInSession) {
    // Taken before anything else: of two that come at once, one finds it.
    let taken = memory.withLock { $0.links.removeValue(forKey: link) }
    guard let taken, now < taken.expires else { throw AccessRefusal.unknownLink }
    let tables = tables
    let new = SignInSession(
      token: taken.token, ends: now.advanced(byMilliseconds: Self.sessionLifetimeMilliseconds))
    _ = try await change { database in
      try tables.insert(new, hash: session, now: now, database)
    } then: { memory, ended in
      for hash in ended { memory.sessions[hash] = nil }
      memory.sessions[session] = new
    }
    guard let token = memory.withLock({ $0.tokens[new.token] }) else { throw AccessRefusal.unknownLink }
    return (token, new)
  }

  /// Ends a session at once, also where the disk takes nothing now: `sweep` tries again then. One that has ended already
  /// is fine.
  ///
  /// - Throws: `StoreError` when a restart would find the session still there.
  package func signOut(_ session: SecretHash) async throws {
    guard memory.withLock({ $0.end(session) }) else { return }
    let tables = tables
    try await change {
      try tables.delete([session], $0)
    } then: { memory, _ in
      memory.undeleted.remove(session)
    }
  }

  /// Forgets what has ended, and brings to the disk when tokens were used last: at most once an hour for each.
  ///
  /// To be called now and then; writes only when there is something to write.
  package func sweep(now: Timestamp) async throws {
    let (ended, uses) = memory.withLock { memory in
      memory.links = memory.links.filter { now < $0.value.expires }
      let ended = memory.sessions.filter { session in
        session.value.ends <= now || !(memory.tokens[session.value.token]?.isLiving(at: now) ?? false)
      }.map(\.key)
      let uses = memory.tokens.values.compactMap { token -> (id: Int64, at: Timestamp)? in
        guard let used = token.lastUsed, used != memory.notedUses[token.id] else { return nil }
        let age = memory.notedUses[token.id].map { used.millisecondsSince($0) }
        return age.map { $0 >= Self.useNotedEveryMilliseconds } ?? true ? (token.id, used) : nil
      }
      return (ended + memory.undeleted, uses)
    }
    if ended.isEmpty, uses.isEmpty { return }
    let tables = tables
    try await change { database in
      try tables.delete(ended, database)
      for use in uses { try tables.noteUse(of: use.id, at: use.at, database) }
    } then: { memory, _ in
      for hash in ended { memory.sessions[hash] = nil }
      memory.undeleted.subtract(ended)
      for use in uses where memory.tokens[use.id] != nil { memory.notedUses[use.id] = use.at }
    }
  }

  /// Runs `body` in one transaction and, once it is on the disk, `then`; both while no other change runs, so that
  /// memory sees changes in the order of the disk.
  @discardableResult
  private func change<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result,
    then: @escaping @Sendable (inout AccessMemory, Result) -> Void
  ) async throws -> Result {
    do {
      return try await file.pool.writeWithoutTransaction { database in
        var result: Result?
        try database.inTransaction(.immediate) {
          result = try body(database)
          return .commit
        }
        guard let result else { throw StoreError(.inputOutput, "The store did not commit; try again.") }
        self.memory.withLock { then(&$0, result) }
        return result
      }
    } catch let error as DatabaseError {
      throw StoreError(
        error.resultCode == .SQLITE_FULL ? .full : error.resultCode == .SQLITE_CORRUPT ? .damaged : .inputOutput,
        "Tokens and sessions could not be stored.", cause: error)
    }
  }
}
