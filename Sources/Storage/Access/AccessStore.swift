package import Datasets
import GRDB
import Synchronization

/// Who may come in over TCP: tokens, and the sessions of browsers that signed in (ADR 0022).
///
/// All of it is in memory too, so that a request reads and writes nothing on the disk. What a change returned from
/// is on the disk, and holds from that moment on. Callable from anywhere.
package final class AccessStore: Sendable {
  /// Tokens that may live at a time; as many that live no more are remembered.
  package static let tokensMax = 1_000
  /// Further ones end the one that would end next.
  package static let sessionsMax = 10_000
  /// Open sign-in links; further ones take the place of the one that would expire next.
  package static let linksMax = 1_000
  package static let linkLifetimeMilliseconds: Int64 = 15 * 60_000
  package static let sessionLifetimeMilliseconds: Int64 = 12 * 3_600_000
  /// How old the use that is on the disk may be, in milliseconds.
  static let useNotedEveryMilliseconds: Int64 = 3_600_000

  /// What a secret is found to be.
  package enum Finding: Sendable, Equatable {
    case unknown
    case expired(AccessToken)
    case revoked(AccessToken)
    case living(AccessToken)
  }

  let file: StoreFile
  let tables: AccessTables
  let memory: Mutex<AccessMemory>

  /// - Throws: what reading the tables throws.
  package init(_ file: StoreFile, tables: AccessTables) throws {
    self.file = file
    self.tables = tables
    memory = Mutex(
      // With the writer: a reader that is opened here would keep a clean close from taking the WAL away.
      try file.pool.writeWithoutTransaction { database in
        AccessMemory(tokens: try tables.tokens(database), sessions: try tables.sessions(database))
      })
  }

  // MARK: Requests

  /// Looks a token up, and notes that a living one was used.
  package func find(_ secret: SecretHash, now: Timestamp) -> Finding {
    memory.withLock { memory in
      guard let token = memory.token(secret) else { return .unknown }
      if token.revoked != nil { return .revoked(token) }
      guard token.isLiving(at: now) else { return .expired(token) }
      return .living(memory.use(token, at: now))
    }
  }

  /// The token of a session, noted as used.
  ///
  /// - Returns: nil when the session has ended, or its token has.
  package func session(_ secret: SecretHash, now: Timestamp) -> (token: AccessToken, session: SignInSession)? {
    memory.withLock { memory in
      guard let session = memory.sessions[secret], now < session.ends, let token = memory.tokens[session.token],
        token.isLiving(at: now)
      else { return nil }
      return (memory.use(token, at: now), session)
    }
  }

  /// Whether a token, and the session by which it came, still open anything. Notes no use.
  package func stands(_ token: Int64, session: SecretHash?, now: Timestamp) -> Bool {
    memory.withLock { memory in
      guard memory.tokens[token]?.isLiving(at: now) ?? false else { return false }
      guard let session else { return true }
      return memory.sessions[session].map { now < $0.ends } ?? false
    }
  }

  // MARK: Lists

  /// All that are remembered, the living ones first, by name, with how many sessions each has.
  package func tokens(now: Timestamp) -> [(token: AccessToken, sessions: Int)] {
    let (tokens, sessions) = memory.withLock { (Array($0.tokens.values), Array($0.sessions.values)) }
    let counts = Dictionary(grouping: sessions.filter { now < $0.ends }, by: \.token).mapValues(\.count)
    return tokens.sorted { left, right in
      (left.isLiving(at: now) ? 0 : 1, left.name, left.id) < (right.isLiving(at: now) ? 0 : 1, right.name, right.id)
    }.map { token in (token, token.isLiving(at: now) ? counts[token.id] ?? 0 : 0) }
  }

  // MARK: Sign-in links

  /// Opens a sign-in link for a living token. It is in memory alone: a restart ends it.
  ///
  /// - Throws: `AccessRefusal.unknownToken`.
  package func openLink(
    for name: TokenName, secret: SecretHash, now: Timestamp
  ) throws -> (token: AccessToken, expires: Timestamp) {
    try memory.withLock { memory in
      guard let token = memory.tokens.values.first(where: { $0.name == name && $0.isLiving(at: now) }) else {
        throw AccessRefusal.unknownToken
      }
      memory.links = memory.links.filter { now < $0.value.expires }
      if memory.links.count >= Self.linksMax,
        let next = memory.links.min(by: { $0.value.expires < $1.value.expires })?.key
      {
        memory.links[next] = nil
      }
      let expires = now.advanced(byMilliseconds: Self.linkLifetimeMilliseconds)
      memory.links[secret] = AccessMemory.Link(token: token.id, expires: expires)
      return (token, expires)
    }
  }
}

/// Everything that the tables hold, and the open links.
struct AccessMemory {
  struct Link {
    let token: Int64
    let expires: Timestamp
  }

  var tokens: [Int64: AccessToken] = [:]
  var ids: [SecretHash: Int64] = [:]
  /// The uses that are on the disk.
  var notedUses: [Int64: Timestamp] = [:]
  var sessions: [SecretHash: SignInSession] = [:]
  /// Sessions that have ended and are still on the disk.
  var undeleted: Set<SecretHash> = []
  var links: [SecretHash: Link] = [:]

  init(tokens: [(hash: SecretHash, token: AccessToken)], sessions: [(hash: SecretHash, session: SignInSession)]) {
    for (hash, token) in tokens { add(token, hash: hash) }
    for (hash, session) in sessions { self.sessions[hash] = session }
  }

  func token(_ secret: SecretHash) -> AccessToken? { ids[secret].flatMap { tokens[$0] } }

  mutating func use(_ token: AccessToken, at now: Timestamp) -> AccessToken {
    var token = token
    token.lastUsed = now
    tokens[token.id] = token
    return token
  }

  mutating func add(_ token: AccessToken, hash: SecretHash) {
    tokens[token.id] = token
    ids[hash] = token.id
    notedUses[token.id] = token.lastUsed
  }

  mutating func forget(_ id: Int64) {
    tokens[id] = nil
    notedUses[id] = nil
    ids = ids.filter { $0.value != id }
    end(id)
  }

  /// Ends one session.
  ///
  /// - Returns: false when there is none.
  mutating func end(_ session: SecretHash) -> Bool {
    guard sessions.removeValue(forKey: session) != nil else { return false }
    undeleted.insert(session)
    return true
  }

  /// Ends the sessions and links of a token.
  mutating func end(_ id: Int64) {
    sessions = sessions.filter { $0.value.token != id }
    links = links.filter { $0.value.token != id }
  }
}
