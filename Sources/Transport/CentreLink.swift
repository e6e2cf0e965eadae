internal import CZeroMQ

/// The centre's end of all links: one CURVE server ROUTER and the ZAP handler, on the socket thread.
///
/// A peer's name is never what it claims: each message carries, from ZAP, the public key that its connection
/// proved, and the name is what `setAuthorised` says of that key at that moment. So revoking a key silences a
/// live connection at once, also when its name goes on with another key.
package actor CentreLink: SocketUser {
  /// Where the actor runs.
  package nonisolated let thread: SocketThread
  package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// The sockets of one `bind()`.
  struct Binding {
    let options: TransportOptions
    let socket: ZeroMQSocket
    let monitor: SocketMonitor
    let zap: ZapHandler
    let endpoint: String
  }

  /// A TCP connection from ZMQ_EVENT_ACCEPTED to ZMQ_EVENT_DISCONNECTED.
  struct Accepted {
    let address: String
    let at: ContinuousClock.Instant
    /// Set by its first message.
    var peer: PeerID?
  }

  /// A connection that has spoken and is not gone.
  struct Peer {
    let publicKey: CurvePublicKey
    var refusalReported = false
  }

  private static let formerNamesMax = 4_096

  var binding: Binding?
  var authorised: [CurvePublicKey: String] = [:]
  /// The last names of keys that are not authorised any more, for reports alone.
  private(set) var formerNames: [CurvePublicKey: String] = [:]
  var peers: [PeerID: Peer] = [:]
  /// By descriptor, which is what libzmq's events name connections by.
  var accepted: [Int32: Accepted] = [:]
  /// A failed handshake whose address comes with the ZMQ_EVENT_DISCONNECTED that follows it.
  var pendingFailure: HandshakeFailure?
  /// The rest of a message of several frames is being thrown away.
  var discarding = false
  var inbox = Inbox<CentreEvent>(bytesMax: TransportOptions().inboxBytesMax)
  var count = CentreCounters()
  var retry = WritableHint()
  let idFrame = ZeroMQFrame()
  let frame = ZeroMQFrame()

  /// Makes a centre that is not bound and authorises nobody.
  package init(thread: SocketThread) { self.thread = thread }

  /// Listens on a new socket, `tcp://HOST:PORT`, where HOST may be `*` and PORT `*`; an older one is closed
  /// with all its peers. One centre per thread.
  ///
  /// Throws `endpoint` (also when the port is taken), `option`, or `stopped`.
  package func bind(
    listen: String, keys: CurveKeyPair, options: TransportOptions = .init()
  ) throws(TransportError) {
    try options.validate()
    try Endpoint.check(listen, listening: true)
    shut(linger: .zero)
    inbox.clear()
    try thread.register(self)
    binding = try makeBinding(listen: listen, keys: keys, options: options)
    inbox.bytesMax = options.inboxBytesMax
  }

  /// Where the socket listens, with the port that the kernel chose; nil when it is not bound.
  package var boundEndpoint: String? { binding?.endpoint }

  /// Closes everything; accepted messages are still sent for `lingerOnClose`.
  package func close() {
    shut(linger: binding?.options.lingerOnClose ?? .zero)
    inbox.clear()
  }

  /// Replaces who may come in and speak: a node's name or `invitation:ID` for each public key. It holds from
  /// the next message on, on live connections too.
  ///
  /// - Parameter former: names of keys that are revoked, for reports alone.
  package func setAuthorised(_ names: [CurvePublicKey: String], former: [CurvePublicKey: String] = [:]) {
    if formerNames.count > Self.formerNamesMax { formerNames = [:] }
    formerNames.merge(former) { _, stored in stored }
    for (key, name) in authorised where names[key] == nil { formerNames[key] = name }
    authorised = names
  }

  /// Hands over messages without waiting, in order per peer, one answer each.
  package func send(_ messages: [(PeerID, [UInt8])]) -> [SendResult] {
    guard let binding else { return messages.map { _ in .unreachable } }
    var full: Set<PeerID> = []
    var results: [SendResult] = []
    results.reserveCapacity(messages.count)
    for (id, message) in messages {
      let result = full.contains(id) ? .full : send(message, to: id, binding)
      switch result {
      case .sent:
        count.messagesSent += 1
        count.bytesSent += UInt64(message.count)
      case .full:
        full.insert(id)
        count.sendsFull += 1
      case .unreachable: count.sendsUnreachable += 1
      case .tooLarge: break
      }
      results.append(result)
    }
    retry.sent(
      any: results.contains(.sent), anyFull: !full.isEmpty,
      isWritable: full.isEmpty || binding.socket.readiness & ZMQ_POLLOUT != 0, now: .now)
    return results
  }

  /// The key that the connection proved; nil before it has spoken and after it is gone.
  package func provenKey(of id: PeerID) -> CurvePublicKey? { peers[id]?.publicKey }

  /// Waits for at least one event and takes all there are. Empty means the end: this task was cancelled or
  /// the thread stopped. One task at a time.
  package func receive() async -> [CentreEvent] {
    if let events = inbox.take() { return events }
    guard (try? thread.register(self)) != nil else { return [] }
    let ticket = inbox.nextTicket()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { inbox.wait($0, ticket: ticket) }
    } onCancel: {
      thread.perform { self.assumeIsolated { $0.inbox.cancel(ticket) } }
    }
  }

  /// What the socket has seen, with what waits now.
  package var counters: CentreCounters {
    var count = count
    count.inboxBytes = inbox.bytes
    count.peers = peers.count
    return count
  }

  private func send(_ message: [UInt8], to id: PeerID, _ binding: Binding) -> SendResult {
    guard message.count <= binding.options.messageBytesMax else { return .tooLarge }
    // Nothing goes to a connection whose key was revoked, either.
    guard let peer = peers[id], authorised[peer.publicKey] != nil else { return .unreachable }
    switch id.withBytes({ binding.socket.send($0, more: true) }) {
    case .full: return .full
    case .unreachable: return .unreachable
    case .accepted: break
    }
    // The ROUTER has taken the id, so it takes the frame: a peer that is gone by now swallows it.
    return binding.socket.send(message) == .accepted ? .sent : .unreachable
  }
}
