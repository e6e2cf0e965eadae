package import Datasets

/// Somebody who may come in over TCP: a name with a role. What proves it is known as a hash alone.
package struct AccessToken: Sendable, Equatable {
  /// Never given out twice.
  package let id: Int64
  package let name: TokenName
  package let role: Role
  /// The only office that it is concerned with; nil is all.
  package let office: NodeName?
  package let created: Timestamp
  package let expires: Timestamp
  package var revoked: Timestamp?
  package var lastUsed: Timestamp?

  /// Whether it still opens anything.
  package func isLiving(at now: Timestamp) -> Bool { revoked == nil && now < expires }
}

/// What a token is made from.
package struct NewToken: Sendable, Equatable {
  package var name: TokenName
  package var role: Role
  package var office: NodeName?
  package var expires: Timestamp

  package init(name: TokenName, role: Role, office: NodeName? = nil, expires: Timestamp) {
    self.name = name
    self.role = role
    self.office = office
    self.expires = expires
  }
}

/// What a token is called in logs and lists: unique among those that live.
///
/// 1 to 64 lower-case letters, digits, dots, hyphens and underscores.
package struct TokenName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// - Returns: nil when `text` is not a well-formed name.
  package init?(_ text: String) {
    guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
    self.text = text
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  package var description: String { text }

  package static func < (left: TokenName, right: TokenName) -> Bool { left.text < right.text }
}

/// A browser that a person signed in with: the token whose rights it has, until it ends.
package struct SignInSession: Sendable, Equatable {
  /// `AccessToken.id`.
  package let token: Int64
  package let ends: Timestamp
}

/// Why a token or a session was not made or found. Nothing was changed.
package enum AccessRefusal: Error, Sendable, Equatable {
  /// Another token that lives has the name.
  case nameTaken
  /// `AccessStore.tokensMax` live already.
  case tooMany
  /// No token of that name lives.
  case unknownToken
  /// A sign-in link that was used, has expired, or never was.
  case unknownLink
}
