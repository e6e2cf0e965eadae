package import Datasets
import HTTPTypes
import Hummingbird
import Logging
package import Storage

/// Who may come in over TCP at one daemon (ADR 0022): looks callers up, and makes tokens, links and sessions.
package final class AccessControl: Sendable {
  /// Whose interface it is; `scc` is the centre's.
  package let home: NodeName
  package let refusals = SignInRefusals()
  let store: AccessStore
  let cookie: SessionCookie
  /// `http://host:port` as the settings have it; nil without a TCP listener.
  let address: String?
  let now: @Sendable () -> Timestamp
  private let random: @Sendable (Int) -> [UInt8]
  private let isOffice: @Sendable (NodeName) -> Bool

  /// - Parameters:
  ///   - now: the wall clock.
  ///   - random: that many bytes, fit for keys.
  ///   - isOffice: whether a token may be limited to an office of that name.
  package init(
    home: NodeName, store: AccessStore, address: String?, now: @escaping @Sendable () -> Timestamp,
    random: @escaping @Sendable (Int) -> [UInt8], isOffice: @escaping @Sendable (NodeName) -> Bool
  ) {
    self.home = home
    self.store = store
    cookie = SessionCookie(home: home)
    self.address = address
    self.now = now
    self.random = random
    self.isOffice = isOffice
  }

  var isCentre: Bool { home == .centre }

  /// Forgets what has ended; to be called now and then.
  package func sweep() async throws { try await store.sweep(now: now()) }

  func secret(_ kind: AccessSecret.Kind) -> AccessSecret {
    AccessSecret(kind, random: random(AccessSecret.randomBytes))
  }

  func mayBeLimited(to office: NodeName) -> Bool { isOffice(office) }

  // MARK: Callers

  /// The caller by token or session; nil when the request shows neither.
  ///
  /// - Throws: `HTTPProblem` 401 or 403 for one that does not hold.
  func caller(_ request: Request, language: Language, logger: Logger) throws -> Guest? {
    if let text = Self.bearer(of: request) { return try bearer(text, language, logger) }
    guard let value = cookie.value(in: request) else { return nil }
    let secret = SecretHash(of: value)
    guard let token = store.session(secret, now: now())?.token else {
      throw refuse(.endedSession, nil, language, logger)
    }
    // SameSite keeps the cookie from most of what other sites send; a change needs the browser's own word.
    let origin = RequestOrigin(request)
    let isSafe = request.method == .get || request.method == .head
    guard origin == .own || (isSafe && origin == .unsaid) else {
      throw refuse(.foreignOrigin, token, language, logger)
    }
    return try guest(token, session: secret, language, logger)
  }

  private func bearer(_ text: String, _ language: Language, _ logger: Logger) throws -> Guest {
    switch store.find(SecretHash(of: text), now: now()) {
    case .unknown: throw refuse(.unknownToken, nil, language, logger)
    case .expired(let token): throw refuse(.expiredToken, token, language, logger)
    case .revoked(let token): throw refuse(.revokedToken, token, language, logger)
    case .living(let token): return try guest(token, session: nil, language, logger)
    }
  }

  private func guest(
    _ token: AccessToken, session: SecretHash?, _ language: Language, _ logger: Logger
  ) throws -> Guest {
    if !isCentre, let office = token.office, office != home {
      throw refuse(.otherOffice, token, language, logger)
    }
    return Guest(
      caller: Caller(name: token.name.text, role: token.role, office: token.office),
      isStillWelcome: { [store, now] in store.stands(token.id, session: session, now: now()) })
  }

  /// The token of an `Authorization: Bearer`; a proxy's own scheme, such as Basic, is none of ours (RFC 6750).
  private static func bearer(of request: Request) -> String? {
    guard let header = request.headers[.authorization] else { return nil }
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.first?.lowercased() == "bearer" else { return nil }
    return words.count == 2 ? String(words[1].filter { $0 != " " }) : ""
  }

  func refuse(
    _ refusal: SignInRefusal, _ token: AccessToken?, _ language: Language, _ logger: Logger
  ) -> HTTPProblem {
    refusals.note(refusal, name: token?.name.text, minute: now().milliseconds / 60_000, logger: logger)
    return HTTPProblem(refusal, token: token, home: home, language: language)
  }
}

/// Somebody who was let in.
struct Guest: Sendable {
  let caller: Caller
  /// Whether they still would be: answers that go on for long ask now and then.
  let isStillWelcome: @Sendable () -> Bool

  /// Whoever opened the admin socket, or may be anybody.
  init(always caller: Caller) {
    self.caller = caller
    isStillWelcome = { true }
  }

  init(caller: Caller, isStillWelcome: @escaping @Sendable () -> Bool) {
    self.caller = caller
    self.isStillWelcome = isStillWelcome
  }
}
