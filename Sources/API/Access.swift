/// `POST /api/v1/tokens`.
package struct TokenRequest: Sendable, Codable, Equatable {
  /// 1 to 64 characters of `a-z0-9._-`; unique among the tokens that live.
  package var name: String
  /// `viewer`, `operator` or `admin`.
  package var role: String
  /// The only office that it is concerned with; absent is all.
  package var office: String?
  /// From now on: 1 to 87,600. Absent is 365 days.
  package var validHours: Int?

  package init(name: String, role: String, office: String? = nil, validHours: Int? = nil) {
    self.name = name
    self.role = role
    self.office = office
    self.validHours = validHours
  }
}

/// A token as lists show it: never the secret.
package struct TokenReply: Sendable, Codable, Equatable {
  package var name: String
  package var role: String
  package var office: String?
  /// `valid`, `expired` or `revoked`.
  package var state: String
  package var created: String
  package var expires: String
  package var revoked: String?
  /// Absent when it was never used.
  package var lastUsed: String?
  /// Browsers that are signed in with it.
  package var sessions: Int

  package init(
    name: String, role: String, office: String?, state: String, created: String, expires: String, revoked: String?,
    lastUsed: String?, sessions: Int
  ) {
    self.name = name
    self.role = role
    self.office = office
    self.state = state
    self.created = created
    self.expires = expires
    self.revoked = revoked
    self.lastUsed = lastUsed
    self.sessions = sessions
  }
}

/// `GET /api/v1/tokens`: those that are valid first.
package struct TokensReply: Sendable, Codable, Equatable {
  package var tokens: [TokenReply]

  package init(tokens: [TokenReply]) { self.tokens = tokens }
}

/// What `POST /api/v1/tokens` answers, and `simpulctl tokens create --json` prints: the only time that the token is
/// shown.
package struct NewTokenReply: Sendable, Codable, Equatable {
  package var name: String
  package var role: String
  package var office: String?
  package var expires: String
  package var token: String

  package init(name: String, role: String, office: String?, expires: String, token: String) {
    self.name = name
    self.role = role
    self.office = office
    self.expires = expires
    self.token = token
  }
}

/// `POST /api/v1/tokens/{token}/sign-in`: a link that is good once.
package struct SignInLinkReply: Sendable, Codable, Equatable {
  package var name: String
  /// From the root of the daemon's address.
  package var path: String
  /// As the daemon's own settings have it; a proxy in front of it has another. Absent when it listens on no TCP address.
  package var url: String?
  package var expires: String

  package init(name: String, path: String, url: String?, expires: String) {
    self.name = name
    self.path = path
    self.url = url
    self.expires = expires
  }
}
