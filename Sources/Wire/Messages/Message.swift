package import Datasets

/// What a node says. One message is one ZeroMQ frame: protocol version, kind, payload.
package enum NodeMessage: Sendable, Equatable {
  case hello(Hello)
  case batch(Batch)
  case feedAck(FeedAck)
  case ping(Ping)
  /// The only thing that an invitation may say.
  case join(Join)
  /// A clean end: the centre need not wait for silence.
  case goodbye(session: UInt64)
}

/// What the centre says.
package enum CentreMessage: Sendable, Equatable {
  case welcome(Welcome)
  case refusal(Refusal)
  case ack(Ack)
  case feed(Feed)
  case pong(Pong)
  case documents(Documents)
  case joined(Joined)
  /// Asks for a sign of life, a ping with this number: of a session beside which a second one of the same node has
  /// appeared, or of one that has said hello and waits for its welcome (ADR 0014).
  case probe(session: UInt64)
}

/// A sign of life with the node's clocks and report.
package struct Ping: Sendable, Equatable {
  package let session: UInt64
  package let clock: ClockReading
  package let report: NodeReport

  package init(session: UInt64, clock: ClockReading, report: NodeReport) {
    self.session = session
    self.clock = clock
    self.report = report
  }
}

/// The answer to a ping: the node measures offset and round trip from it.
package struct Pong: Sendable, Equatable {
  package let session: UInt64
  package let echo: ClockReading
  package let centreTime: Timestamp

  package init(session: UInt64, echo: ClockReading, centreTime: Timestamp) {
    self.session = session
    self.echo = echo
    self.centreTime = centreTime
  }
}

/// Definitions or a profile that changed within a session, with the rule version that they make.
package struct Documents: Sendable, Equatable {
  package let session: UInt64
  package let documents: [Document]
  package let ruleVersion: UInt64
  /// As in `Welcome`.
  package let rightsVersion: UInt64

  package init(session: UInt64, documents: [Document], ruleVersion: UInt64, rightsVersion: UInt64 = 0) {
    self.session = session
    self.documents = documents
    self.ruleVersion = ruleVersion
    self.rightsVersion = rightsVersion
  }
}

/// Asks for a new public key to be enrolled; sent with an invitation's key.
package struct Join: Sendable, Equatable {
  /// Z85, 40 characters.
  package let publicKey: String

  package init(publicKey: String) { self.publicKey = publicKey }
}

/// The key is enrolled under this name.
package struct Joined: Sendable, Equatable {
  package let node: NodeName

  package init(node: NodeName) { self.node = node }
}

extension NodeMessage {
  package static let protocolVersion: UInt8 = 1

  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 256)
    writer.byte(Self.protocolVersion)
    switch self {
    case .hello(let hello):
      writer.byte(1)
      writer.hello(hello)
    case .batch(let batch):
      writer.byte(2)
      writer.batch(batch)
    case .feedAck(let ack):
      writer.byte(3)
      writer.fixed64(ack.session)
      writer.cursor(ack.cursor)
    case .ping(let ping):
      writer.byte(4)
      writer.fixed64(ping.session)
      writer.clock(ping.clock)
      writer.report(ping.report)
    case .join(let join):
      writer.byte(5)
      writer.text(join.publicKey)
    case .goodbye(let session):
      writer.byte(6)
      writer.fixed64(session)
    }
    return writer.bytes
  }

  package init(bytes: [UInt8]) throws(WireError) {
    var reader = ByteReader(bytes)
    try reader.expectProtocolVersion()
    let kind = try reader.byte("message kind")
    switch kind {
    case 1: self = .hello(try reader.hello())
    case 2: self = .batch(try reader.batch())
    case 3: self = .feedAck(FeedAck(session: try reader.fixed64("session"), cursor: try reader.cursor()))
    case 4:
      self = .ping(
        Ping(session: try reader.fixed64("session"), clock: try reader.clock(), report: try reader.report()))
    case 5: self = .join(Join(publicKey: try reader.text("public key", limit: 40)))
    case 6: self = .goodbye(session: try reader.fixed64("session"))
    default: throw .unknownKind(what: "message kind", value: UInt64(kind))
    }
    try reader.expectEnd()
  }
}

extension CentreMessage {
  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 256)
    writer.byte(NodeMessage.protocolVersion)
    switch self {
    case .welcome(let welcome):
      writer.byte(65)
      writer.welcome(welcome)
    case .refusal(let refusal):
      writer.byte(66)
      writer.refusal(refusal)
    case .ack(let ack):
      writer.byte(67)
      writer.ack(ack)
    case .feed(let feed):
      writer.byte(68)
      writer.feed(feed)
    case .pong(let pong):
      writer.byte(69)
      writer.fixed64(pong.session)
      writer.clock(pong.echo)
      writer.timestamp(pong.centreTime)
    case .documents(let documents):
      writer.byte(70)
      writer.fixed64(documents.session)
      writer.list(documents.documents) { $0.document($1) }
      writer.varint(documents.ruleVersion)
      writer.fixed64(documents.rightsVersion)
    case .joined(let joined):
      writer.byte(71)
      writer.node(joined.node)
    case .probe(let session):
      writer.byte(72)
      writer.fixed64(session)
    }
    return writer.bytes
  }

  package init(bytes: [UInt8]) throws(WireError) {
    var reader = ByteReader(bytes)
    try reader.expectProtocolVersion()
    let kind = try reader.byte("message kind")
    switch kind {
    case 65: self = .welcome(try reader.welcome())
    case 66: self = .refusal(try reader.refusal())
    case 67: self = .ack(try reader.ack())
    case 68: self = .feed(try reader.feed())
    case 69:
      self = .pong(
        Pong(
          session: try reader.fixed64("session"), echo: try reader.clock(),
          centreTime: try reader.timestamp()))
    case 70:
      self = .documents(
        Documents(
          session: try reader.fixed64("session"),
          documents: try reader.list("documents", limit: Limits.datasetsMax + 1) { reader throws(WireError) in
            try reader.document()
          },
          ruleVersion: try reader.varint("rule version"), rightsVersion: try reader.fixed64("rights version")))
    case 71: self = .joined(Joined(node: try reader.node()))
    case 72: self = .probe(session: try reader.fixed64("session"))
    default: throw .unknownKind(what: "message kind", value: UInt64(kind))
    }
    try reader.expectEnd()
  }
}

extension ByteReader {
  fileprivate mutating func expectProtocolVersion() throws(WireError) {
    let version = try byte("protocol version")
    guard version == NodeMessage.protocolVersion else {
      throw .unknownKind(what: "protocol version", value: UInt64(version))
    }
  }
}
