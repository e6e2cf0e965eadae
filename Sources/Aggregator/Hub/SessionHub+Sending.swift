import Datasets
import Logging
import Replication
import Transport
import Wire

extension SessionHub {
  /// Queues one message; a peer that lets too much pile up loses its session.
  func queue(_ message: CentreMessage, to peer: PeerID) {
    noteWork(of: .sends)
    guard !outgoing.append(message.bytes, to: peer) else { return }
    logger.warning(
      "too much waits for a peer that reads nothing: its session ends", metadata: ["peer": "\(peer)"])
    lost(peer)
  }

  func answer(_ peer: PeerID, _ message: CentreMessage) {
    queue(message, to: peer)
    flush()
  }

  func flush() {
    if !outgoing.isEmpty { sendSignal.raise() }
  }

  func workSends() async {
    while await sendSignal.wait() { await drain() }
  }

  /// Hands everything to the link that it takes. Only one caller sends at a time, or messages of one peer could
  /// change places; the others wait until theirs have gone with it.
  func drain() async {
    if isSending { return await withCheckedContinuation { awaitingDrain.append($0) } }
    isSending = true
    while !outgoing.isEmpty {
      let messages = outgoing.take()
      let results = await link.send(messages)
      sent(messages, results)
      beat(.sends)
    }
    isSending = false
    let waiting = awaitingDrain
    awaitingDrain = []
    for continuation in waiting { continuation.resume() }
  }

  private func sent(_ messages: [(PeerID, [UInt8])], _ results: [SendResult]) {
    var full: [PeerID: [[UInt8]]] = [:]
    var gone: Set<PeerID> = []
    for ((peer, message), result) in zip(messages, results) {
      switch result {
      case .sent: break
      case .full: full[peer, default: []].append(message)
      case .unreachable: gone.insert(peer)
      case .tooLarge:
        logger.error("a message was too large to send", metadata: ["peer": "\(peer)"])
        gone.insert(peer)
      }
    }
    for (peer, messages) in full where !gone.contains(peer) { outgoing.putBack(messages, for: peer) }
    for peer in gone.sorted() { lost(peer) }
  }

  /// Nothing reaches the peer any more.
  private func lost(_ peer: PeerID) {
    outgoing.remove(peer)
    for node in presences.keys.sorted() where isLive(peer, of: node) {
      handle(.unreachable(Self.peer(peer)), of: node)
    }
  }
}
