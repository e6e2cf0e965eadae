import API
import Datasets
import HTTPTypes
import Hummingbird
import Logging
import Replication
import Storage

/// What happened to a token or a session, as the log calls it.
enum AccessEvent: String, Sendable {
  case tokenCreated = "token_created"
  case tokenRevoked = "token_revoked"
  case linkMade = "sign_in_link_made"
  case signedIn = "signed_in"
  case signedOut = "signed_out"
}

extension AccessControl {
  /// Hours that a token is valid unless somebody says otherwise: a year.
  static let validHoursDefault = 365 * 24
  static let validHoursMax = 87_600

  /// Tokens, sign-in links and signing in, the same at both daemons.
  package var routes: [Route] { tokenRoutes + signInRoutes }

  private var tokenRoutes: [Route] {
    let token = "/api/v1/tokens/{token}"
    return [
      Route(
        .get, "/api/v1/tokens", "Who may come in over TCP; never the secrets.",
        answer: .json(.named("TokensReply")), admits: .atLeast(.admin), handle: listTokens),
      Route(
        .post, "/api/v1/tokens", "Makes a token. It is shown this once.", headers: [.reason],
        body: .named("TokenRequest"), answer: .json(.named("NewTokenReply")), refusals: [409, 415, 422],
        admits: .atLeast(.admin), handle: createToken),
      Route(
        .post, token + "/revocation", "Ends a token with its sessions and sign-in links, at once.",
        headers: [.reason], answer: .json(.named("TokenReply")), admits: .atLeast(.admin), handle: revokeToken),
      Route(
        .post, token + "/sign-in", "Makes a link by which a browser signs in once, within 15 minutes.",
        headers: [.reason], answer: .json(.named("SignInLinkReply")), admits: .atLeast(.admin), handle: makeLink),
    ]
  }

  /// Every change of who may come in passes here, beside the audit log.
  func note(_ event: AccessEvent, _ token: AccessToken, _ call: HTTPCall) {
    call.logger.notice(
      "access",
      metadata: [
        "event": "\(event.rawValue)", "subject": "\(token.name)", "role": "\(token.role.rawValue)",
        "office": "\(token.office?.text ?? "-")", "caller": "\(call.caller.name)", "reason": "\(call.reason ?? "-")",
      ])
  }

  // MARK: Handlers

  private func listTokens(_ call: HTTPCall) async throws -> Response {
    let time = now()
    return try .json(
      TokensReply(tokens: store.tokens(now: time).map { TokenReply($0.token, sessions: $0.sessions, now: time) }))
  }

  private func createToken(_ call: HTTPCall) async throws -> Response {
    let request = try await call.decoded(TokenRequest.self)
    let time = now()
    let new = try newToken(request, call, now: time)
    let secret = secret(.token)
    let token: AccessToken
    do {
      token = try await call.audited(.tokenCreate, subject(of: new)) {
        try await store.create(new, secret: secret.hash, now: time)
      }
    } catch let refusal as AccessRefusal {
      throw HTTPProblem(refusal, language: call.language)
    }
    note(.tokenCreated, token, call)
    return try .json(
      NewTokenReply(
        name: token.name.text, role: token.role.rawValue, office: token.office?.text,
        expires: InstantText.of(token.expires), token: secret.text))
  }

  /// As the audit log names what is made: `budi operator kec-citta`.
  private func subject(of new: NewToken) -> String {
    ([new.name.text, new.role.rawValue] + (new.office.map { [$0.text] } ?? [])).joined(separator: " ")
  }

  private func newToken(_ request: TokenRequest, _ call: HTTPCall, now: Timestamp) throws -> NewToken {
    func refused(_ field: String, _ message: BilingualText) -> HTTPProblem {
      HTTPProblem(.unprocessableContent, "out_of_range", message, language: call.language, field: field)
    }
    guard let name = TokenName(request.name) else {
      throw refused(
        "name",
        BilingualText(
          id: "Nama token: 1 sampai 64 huruf kecil, angka, titik, garis bawah atau tanda hubung.",
          en: "A token's name has 1 to 64 lower-case letters, digits, dots, underscores or hyphens."))
    }
    guard ![Caller.socket.name, Caller.unknown.name].contains(name.text) else {
      throw refused(
        "name",
        BilingualText(
          id: "Nama ini dipakai log audit untuk pemanggil tanpa token. Pilih nama lain.",
          en: "The audit log uses this name for callers without a token. Choose another one."))
    }
    guard let role = Role(rawValue: request.role) else {
      throw refused(
        "role",
        BilingualText(id: "Peran: viewer, operator, atau admin.", en: "The role is viewer, operator or admin."))
    }
    let hours = request.validHours ?? Self.validHoursDefault
    guard (1...Self.validHoursMax).contains(hours) else {
      throw refused(
        "valid_hours",
        BilingualText(
          id: "Masa berlaku: 1 sampai 87600 jam (10 tahun).", en: "It must be valid for 1 to 87600 hours (10 years)."))
    }
    var office: NodeName?
    if let text = request.office {
      guard let node = NodeName(text), mayBeLimited(to: node) else {
        throw isCentre
          ? HTTPProblem.unknownNode(call.language)
          : refused(
            "office",
            BilingualText(
              id: "Ini agen kantor \(home); kantor lain tidak dilayani di sini.",
              en: "This is the agent of \(home); no other office is served here."))
      }
      office = node
    }
    return NewToken(
      name: name, role: role, office: office, expires: now.advanced(byMilliseconds: Int64(hours) * 3_600_000))
  }

  private func revokeToken(_ call: HTTPCall) async throws -> Response {
    let time = now()
    let name = try name(call)
    let token: AccessToken
    do {
      token = try await call.audited(.tokenRevoke, name.text) { try await store.revoke(name, now: time) }
    } catch let refusal as AccessRefusal {
      throw HTTPProblem(refusal, language: call.language)
    }
    note(.tokenRevoked, token, call)
    return try .json(TokenReply(token, sessions: 0, now: time))
  }

  private func makeLink(_ call: HTTPCall) async throws -> Response {
    let secret = secret(.link)
    let name = try name(call)
    let link: (token: AccessToken, expires: Timestamp)
    do {
      link = try await call.audited(.signInLink, name.text) {
        try store.openLink(for: name, secret: secret.hash, now: now())
      }
    } catch let refusal as AccessRefusal {
      throw HTTPProblem(refusal, language: call.language)
    }
    note(.linkMade, link.token, call)
    let path = "\(Self.signInPath)?code=\(secret.text)"
    return try .json(
      SignInLinkReply(
        name: link.token.name.text, path: path, url: address.map { $0 + path },
        expires: InstantText.of(link.expires)))
  }

  private func name(_ call: HTTPCall) throws -> TokenName {
    guard let name = TokenName(call.parameter("token")) else {
      throw HTTPProblem(AccessRefusal.unknownToken, language: call.language)
    }
    return name
  }
}

extension HTTPProblem {
  fileprivate init(_ refusal: AccessRefusal, language: Language) {
    switch refusal {
    case .nameTaken:
      self.init(
        .conflict, "name_taken",
        BilingualText(
          id: "Token dengan nama ini masih berlaku. Pakai nama lain, atau cabut dulu: simpulctl tokens revoke NAMA.",
          en: "A token of this name is valid. Take another name, or revoke it first: simpulctl tokens revoke NAME."),
        language: language, field: "name")
    case .tooMany:
      self.init(
        .conflict, "too_many",
        BilingualText(
          id: "Sudah ada 1000 token yang berlaku. Cabut yang tidak dipakai: simpulctl tokens list.",
          en: "1000 tokens are valid already. Revoke those that nobody uses: simpulctl tokens list."),
        language: language)
    case .unknownToken, .unknownLink:
      self.init(
        .notFound, "unknown_token",
        BilingualText(
          id: "Tidak ada token yang berlaku dengan nama ini. Daftarnya: simpulctl tokens list.",
          en: "There is no valid token of this name. The list: simpulctl tokens list."),
        language: language)
    }
  }
}

extension TokenReply {
  fileprivate init(_ token: AccessToken, sessions: Int, now: Timestamp) {
    self.init(
      name: token.name.text, role: token.role.rawValue, office: token.office?.text,
      state: token.revoked != nil ? "revoked" : token.isLiving(at: now) ? "valid" : "expired",
      created: InstantText.of(token.created), expires: InstantText.of(token.expires),
      revoked: token.revoked.map { InstantText.of($0) }, lastUsed: token.lastUsed.map { InstantText.of($0) },
      sessions: sessions)
  }
}

extension Schema {
  /// What `AccessControl.routes` answer with, for both daemons.
  package static let access: [(name: String, schema: Schema)] = [
    (
      "TokenRequest",
      .object([
        .init("name", .string), .init("role", .words(Role.allCases.map(\.rawValue))), optional("office", .string),
        optional("valid_hours", .integer),
      ])
    ),
    (
      "NewTokenReply",
      .object([
        .init("name", .string), .init("role", .words(Role.allCases.map(\.rawValue))), optional("office", .string),
        .init("expires", .instant), .init("token", .string),
      ])
    ),
    (
      "TokenReply",
      .object([
        .init("name", .string), .init("role", .words(Role.allCases.map(\.rawValue))), optional("office", .string),
        .init("state", .words(["valid", "expired", "revoked"])), .init("created", .instant),
        .init("expires", .instant), optional("revoked", .instant), optional("last_used", .instant),
        .init("sessions", .integer),
      ])
    ),
    ("TokensReply", .object([.init("tokens", .array(.named("TokenReply")))])),
    (
      "SignInLinkReply",
      .object([
        .init("name", .string), .init("path", .string), optional("url", .string), .init("expires", .instant),
      ])
    ),
  ]
}
