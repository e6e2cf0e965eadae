import Transport

/// What waits to be sent: in order per peer, and bounded per peer, whose socket may take nothing for a long time.
struct SendQueue {
  static let messagesMax = 256
  static let bytesMax = 8 << 20

  private struct Waiting {
    var messages: [[UInt8]] = []
    var bytes = 0
    /// Its socket did not take the first one: there is no use in trying before the link says so.
    var isFull = false
  }

  private var peers: [PeerID: Waiting] = [:]
  /// Those with messages that may be tried, in the order in which they got their first.
  private var ready: [PeerID] = []

  /// Whether there is nothing to try.
  var isEmpty: Bool { ready.isEmpty }

  /// - Returns: false when too much waits for the peer; then nothing of it waits any more.
  mutating func append(_ message: [UInt8], to peer: PeerID) -> Bool {
    var waiting = peers[peer] ?? Waiting()
    if waiting.messages.isEmpty {
      ready.append(peer)
    } else if waiting.messages.count >= Self.messagesMax || waiting.bytes + message.count > Self.bytesMax {
      remove(peer)
      return false
    }
    waiting.messages.append(message)
    waiting.bytes += message.count
    peers[peer] = waiting
    return true
  }

  /// Everything that may be tried.
  mutating func take() -> [(PeerID, [UInt8])] {
    let taken = ready.flatMap { peer in (peers[peer]?.messages ?? []).map { (peer, $0) } }
    for peer in ready { peers[peer] = nil }
    ready = []
    return taken
  }

  /// Puts back what a full socket did not take, before what has come since.
  mutating func putBack(_ messages: [[UInt8]], for peer: PeerID) {
    var waiting = peers[peer] ?? Waiting()
    waiting.messages = messages + waiting.messages
    waiting.bytes += messages.reduce(0) { $0 + $1.count }
    waiting.isFull = true
    peers[peer] = waiting
    ready.removeAll { $0 == peer }
  }

  /// Full sockets may take something again.
  mutating func release() {
    for (peer, waiting) in peers.sorted(by: { $0.key < $1.key }) where waiting.isFull {
      peers[peer]?.isFull = false
      ready.append(peer)
    }
  }

  /// Forgets what waits for a peer that is gone.
  mutating func remove(_ peer: PeerID) {
    peers[peer] = nil
    ready.removeAll { $0 == peer }
  }
}
