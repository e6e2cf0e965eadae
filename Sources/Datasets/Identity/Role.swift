/// What somebody at a daemon's interface may do; each may all that the ones before it may.
///
/// Not the roles of an office in its profile, which say what the office's data rules are (`AccessRule`).
package enum Role: String, Sendable, CaseIterable, Comparable {
  /// Looks, with identifiers masked.
  case viewer
  /// Edits, decides, and sees identifiers with a reason.
  case `operator`
  /// Lets offices and people in, and takes backups.
  case admin

  package static func < (one: Role, other: Role) -> Bool { one.rank < other.rank }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .operator: 1
    case .admin: 2
    }
  }
}
