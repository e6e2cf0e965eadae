package import Datasets
package import Wire

/// What the store knows of one node; whether it is online only the service knows.
package struct NodeEntry: Sendable, Equatable {
  package enum State: String, Sendable {
    /// Never enrolled; an invitation is open.
    case invited
    /// Enrolled.
    case offline
    /// Its disk runs twice, or it needs a decision: it keeps its data and is refused.
    case fenced
    /// No key of it is authorised.
    case revoked
  }

  package let node: NodeName
  package let state: State
  /// Why it is fenced: `FenceReason`'s word.
  package let fenceReason: String?
  package let lastSeen: Timestamp?
  package let report: NodeReport?
  /// Of its software, as its last hello said.
  package let version: String?
  package let incarnation: Incarnation?
  /// Where its copy of the feed stood when it last said so.
  package let cursor: FeedCursor?
}

/// Why a node is fenced.
package enum FenceReason: String, Sendable {
  /// An older incarnation of its disk has spoken.
  case diskRunsTwice = "disk_runs_twice"

  package var text: BilingualText {
    switch self {
    case .diskRunsTwice:
      BilingualText(
        id: "disknya berjalan dua kali: salinan yang lebih lama ikut bicara",
        en: "its disk runs twice: an older copy of it has spoken")
    }
  }
}

/// One-time leave to enrol a key under a node's name.
package struct InvitationID: Hashable, Sendable, CustomStringConvertible {
  package let number: Int64

  package init(number: Int64) { self.number = number }

  /// Reads what `description` writes.
  package init?(_ text: String) {
    guard let number = Int64(text), number > 0 else { return nil }
    self.number = number
  }

  package var description: String { String(number) }

  /// Who speaks with an invitation's key: `invitation:` and the id.
  package var peerName: String { "invitation:\(number)" }

  /// - Returns: nil for the name of a node.
  package init?(peerName: String) {
    guard peerName.hasPrefix("invitation:") else { return nil }
    self.init(String(peerName.dropFirst("invitation:".count)))
  }
}

/// Why a key was not enrolled or a node not invited. Nothing was changed.
package enum EnrolmentError: Error, Sendable, Equatable, CustomStringConvertible {
  case unknownInvitation
  case expired
  case used
  /// Replaced by a later invitation, or withdrawn when the node was revoked.
  case withdrawn
  /// The key is known already, under this or another name, or revoked.
  case keyTaken
  /// The centre's own name and malformed keys.
  case notInvitable(String)

  package var description: String {
    switch self {
    case .unknownInvitation: "there is no such invitation"
    case .expired: "the invitation has expired; ask for a new one"
    case .used: "the invitation was used already; ask for a new one"
    case .withdrawn: "the invitation was withdrawn; ask for a new one"
    case .keyTaken: "this public key was enrolled or revoked before; join again with a new one"
    case .notInvitable(let why): why
    }
  }
}

/// A node's word about itself, to be stored together with others.
package struct NodeSighting: Sendable, Equatable {
  package let node: NodeName
  package let seen: Timestamp
  package let report: NodeReport?
  package let cursor: FeedCursor?
  package let version: String?

  package init(
    node: NodeName, seen: Timestamp, report: NodeReport? = nil, cursor: FeedCursor? = nil,
    version: String? = nil
  ) {
    self.node = node
    self.seen = seen
    self.report = report
    self.cursor = cursor
    self.version = version
  }
}
