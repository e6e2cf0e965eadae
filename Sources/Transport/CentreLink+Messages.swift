internal import CZeroMQ

/// Reading the ROUTER.
extension CentreLink {
  /// How many messages, and frames of malformed ones, are read in one turn before others have theirs.
  private static let messagesPerTurnMax = 1_024
  private static let discardedFramesPerTurnMax = 4_096

  func takeMessages() {
    guard let socket = binding?.socket else { return }
    var framesLeft = Self.discardedFramesPerTurnMax
    discard(from: socket, &framesLeft)
    var left = Self.messagesPerTurnMax
    while left > 0, !discarding, inbox.hasRoom, socket.receive(into: idFrame) {
      left -= 1
      guard idFrame.more, socket.receive(into: frame) else { continue }
      let isWhole = !frame.more
      take(isWhole: isWhole)
      if !isWhole {
        discarding = true
        discard(from: socket, &framesLeft)
      }
    }
  }

  /// Judges the message whose id and first frame were read.
  private func take(isWhole: Bool) {
    guard let id = PeerID(idFrame.bytes) else {
      count.refuse(.routingID)
      return
    }
    guard let key = publicKey(of: id) else {
      count.refuse(.notCurve)
      return
    }
    guard let name = authorised[key] else {
      refuse(id, key)
      return
    }
    remember(id, key)
    if peers[id]?.refusalReported == true { peers[id]?.refusalReported = false }
    guard isWhole else {
      count.malformed += 1
      inbox.append(.malformed(peer: id, name: name))
      return
    }
    let message = frame.copy()
    count.messagesReceived += 1
    count.bytesReceived += UInt64(message.count)
    inbox.append(
      .received(peer: id, name: name, publicKey: key, message: message), payloadBytes: message.count)
  }

  /// The key that the connection proved, from the user id that ZAP gave it, read anew from each message.
  private func publicKey(of id: PeerID) -> CurvePublicKey? {
    guard let userID = frame.userID else { return nil }
    if let known = peers[id]?.publicKey, known.equals(userID) { return known }
    return try? CurvePublicKey(String(cString: userID))
  }

  /// Notes a peer at its first message, unless its connection is gone: messages that came whole before the end
  /// are read after it, when another connection may have the descriptor already.
  private func remember(_ id: PeerID, _ key: CurvePublicKey) {
    guard peers[id]?.publicKey != key else { return }
    let descriptor = frame.sourceDescriptor
    guard let connection = accepted[descriptor] else { return }
    if let holder = connection.peer {
      guard id.isLater(than: holder) else { return }
      peers[holder] = nil
    }
    accepted[descriptor]?.peer = id
    peers[id] = Peer(publicKey: key)
  }

  private func refuse(_ id: PeerID, _ key: CurvePublicKey) {
    count.refuse(.revokedKey)
    remember(id, key)
    guard peers[id]?.refusalReported == false else { return }
    let event = CentreEvent.refused(peer: id, name: formerNames[key] ?? "?", reason: .revokedKey)
    if inbox.appendNotice(event) { peers[id]?.refusalReported = true }
  }

  /// Drops the frames that follow the first. libzmq delivers a message when it has all of it, so the rest is
  /// there; a monstrous one is dropped over several turns.
  private func discard(from socket: ZeroMQSocket, _ framesLeft: inout Int) {
    while discarding, framesLeft > 0 {
      guard socket.receive(into: frame) else { return }
      framesLeft -= 1
      discarding = frame.more
    }
  }
}
