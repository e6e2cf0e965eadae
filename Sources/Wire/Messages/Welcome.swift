package import Datasets

/// The centre's answer to a hello that it accepts.
package struct Welcome: Sendable, Equatable {
  /// How far the centre has applied one stream.
  package struct Position: Sendable, Equatable {
    package let dataset: DatasetName
    package let applied: StreamMark
    /// How far a verified backup of the centre holds it; nil where the centre has none.
    package let backedUp: Datasets.Sequence?
    /// What the centre has under numbers that the node has not sealed; nil where there are none, or not comparable.
    package let unsealed: Bodies?

    package init(
      dataset: DatasetName, applied: StreamMark, backedUp: Datasets.Sequence? = nil, unsealed: Bodies? = nil
    ) {
      self.dataset = dataset
      self.applied = applied
      self.backedUp = backedUp
      self.unsealed = unsealed
    }
  }

  /// What the entries after a place and up to the applied one say, whatever their seals.
  package struct Bodies: Sendable, Equatable {
    /// The last that the node's hello said was sealed.
    package let after: Datasets.Sequence
    package let digest: Hash256

    package init(after: Datasets.Sequence, digest: Hash256) {
      self.after = after
      self.digest = digest
    }
  }

  /// What becomes of the node's copy.
  package enum FeedStart: Sendable, Equatable {
    /// The cursor holds: go on from it.
    case resume
    /// A snapshot of the scope follows from the start; at `sweepAt` what it did not list is swept.
    case reset(sweepAt: UInt64)
  }

  /// Tells this session from others of the same node; every later message carries it.
  package var session: UInt64
  /// The incarnation that the centre now takes for the node's.
  package var incarnation: Incarnation
  package var positions: [Position]
  package var epoch: Incarnation
  package var feed: FeedStart
  package var ruleVersion: UInt64
  /// Of what the node may write, and of its need for the fleet keys.
  package var rightsVersion: UInt64
  package var credit: Credit
  /// The centre's wall clock when it answered.
  package var centreTime: Timestamp
  /// The node's clocks as its hello gave them.
  package var echo: ClockReading
  package var documents: [Document]
  /// For nodes that write a dataset with identities.
  package var fleetKeys: [FleetKey]
  /// Silence after which either side takes the other for gone, in milliseconds.
  package var silenceLimitMilliseconds: UInt64

  package init(
    session: UInt64, incarnation: Incarnation, positions: [Position], epoch: Incarnation, feed: FeedStart,
    ruleVersion: UInt64, rightsVersion: UInt64 = 0, credit: Credit, centreTime: Timestamp, echo: ClockReading,
    documents: [Document],
    fleetKeys: [FleetKey], silenceLimitMilliseconds: UInt64
  ) {
    self.session = session
    self.incarnation = incarnation
    self.positions = positions
    self.epoch = epoch
    self.feed = feed
    self.ruleVersion = ruleVersion
    self.rightsVersion = rightsVersion
    self.credit = credit
    self.centreTime = centreTime
    self.echo = echo
    self.documents = documents
    self.fleetKeys = fleetKeys
    self.silenceLimitMilliseconds = silenceLimitMilliseconds
  }
}

/// A text that the centre decides and hands out: a dataset's definition (named after it) or the node's `profile`.
package struct Document: Sendable, Equatable {
  package static let profileName = "profile"
  package static let textBytesMax = 1 << 20

  package let name: String
  /// Empty when the document no longer applies to the node.
  package let text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// Why the centre does not talk to a node: something a person can act on.
package struct Refusal: Sendable, Equatable {
  package enum Code: UInt64, Sendable, CaseIterable {
    case protocolVersion = 1
    case revoked = 2
    case fenced = 3
    case duplicateSession = 4
    case malformed = 5
    case unknownNode = 6
    case brokenChain = 7
    case overCredit = 8
    case superseded = 9
    case invitationUsed = 10
    case busy = 11
    case unknownIncarnation = 12

    /// The label in metrics and logs.
    package var word: String {
      switch self {
      case .protocolVersion: "protocol_version"
      case .revoked: "revoked"
      case .fenced: "fenced"
      case .duplicateSession: "duplicate_session"
      case .malformed: "malformed"
      case .unknownNode: "unknown_node"
      case .brokenChain: "broken_chain"
      case .overCredit: "over_credit"
      case .superseded: "superseded"
      case .invitationUsed: "invitation_used"
      case .busy: "busy"
      case .unknownIncarnation: "unknown_incarnation"
      }
    }
  }

  package let code: Code
  /// A sentence for the log and the status of the node.
  package let reason: String

  package init(code: Code, reason: String) {
    self.code = code
    self.reason = reason
  }
}

extension ByteWriter {
  package mutating func document(_ document: Document) {
    text(document.name)
    text(document.text)
  }

  package mutating func welcome(_ welcome: Welcome) {
    fixed64(welcome.session)
    incarnation(welcome.incarnation)
    list(welcome.positions) {
      $0.dataset($1.dataset)
      $0.mark($1.applied)
      $0.backedUp($1.backedUp)
      $0.bodies($1.unsealed)
    }
    incarnation(welcome.epoch)
    switch welcome.feed {
    case .resume: byte(0)
    case .reset(let sweepAt):
      byte(1)
      varint(sweepAt)
    }
    varint(welcome.ruleVersion)
    fixed64(welcome.rightsVersion)
    credit(welcome.credit)
    timestamp(welcome.centreTime)
    clock(welcome.echo)
    list(welcome.documents) { $0.document($1) }
    list(welcome.fleetKeys) {
      $0.byte($1.version)
      $0.lengthPrefixed($1.secret)
    }
    varint(welcome.silenceLimitMilliseconds)
  }

  package mutating func refusal(_ refusal: Refusal) {
    varint(refusal.code.rawValue)
    text(refusal.reason)
  }
}

extension ByteWriter {
  fileprivate mutating func bodies(_ bodies: Welcome.Bodies?) {
    byte(bodies == nil ? 0 : 1)
    guard let bodies else { return }
    sequence(bodies.after)
    raw(bodies.digest.bytes)
  }
}

extension ByteReader {
  fileprivate mutating func bodies() throws(WireError) -> Welcome.Bodies? {
    guard try flag("unsealed") else { return nil }
    return Welcome.Bodies(after: try sequence(), digest: try hash())
  }

  package mutating func document() throws(WireError) -> Document {
    Document(
      name: try text("document name", limit: 64), text: try text("document", limit: Document.textBytesMax))
  }

  package mutating func welcome() throws(WireError) -> Welcome {
    let session = try fixed64("session")
    let incarnation = try incarnation()
    let positions = try list("positions", limit: Limits.datasetsMax) { reader throws(WireError) in
      Welcome.Position(
        dataset: try reader.dataset(), applied: try reader.mark(), backedUp: try reader.backedUp(),
        unsealed: try reader.bodies())
    }
    let epoch = try self.incarnation()
    let feed: Welcome.FeedStart =
      try flag("feed start") ? .reset(sweepAt: try varint("sweep position")) : .resume
    let ruleVersion = try varint("rule version")
    let rightsVersion = try fixed64("rights version")
    let credit = try credit()
    let centreTime = try timestamp()
    let echo = try clock()
    let documents = try list("documents", limit: Limits.datasetsMax + 1) { reader throws(WireError) in
      try reader.document()
    }
    let keys = try list("fleet keys", limit: 255) { reader throws(WireError) -> FleetKey in
      let version = try reader.byte("key version")
      guard let key = FleetKey(version: version, secret: try reader.lengthPrefixed("fleet key", limit: 32))
      else { throw .malformed(what: "fleet key") }
      return key
    }
    return Welcome(
      session: session, incarnation: incarnation, positions: positions, epoch: epoch, feed: feed,
      ruleVersion: ruleVersion, rightsVersion: rightsVersion, credit: credit, centreTime: centreTime, echo: echo,
      documents: documents,
      fleetKeys: keys, silenceLimitMilliseconds: try varint("silence limit"))
  }

  package mutating func refusal() throws(WireError) -> Refusal {
    let code = try varint("refusal")
    guard let known = Refusal.Code(rawValue: code) else { throw .unknownKind(what: "refusal", value: code) }
    return Refusal(code: known, reason: try text("reason", limit: Limits.reasonBytesMax))
  }
}
