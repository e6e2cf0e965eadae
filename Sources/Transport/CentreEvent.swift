/// What happened at the centre's socket, in order.
package enum CentreEvent: Sendable, Equatable {
  /// In place of an address that could not be asked for any more.
  package static let addressUnknown = "?"

  /// One whole message of a peer whose key is authorised at this moment, under its present name.
  case received(peer: PeerID, name: String, publicKey: CurvePublicKey, message: [UInt8])
  /// Some `send()` was answered `full`; try those peers again. A hint: they may still be full.
  case writable
  /// A connection spoke whose key is not authorised any more; once per connection, the rest is only counted.
  case refused(peer: PeerID, name: String, reason: RefusalReason)
  /// Somebody did not get in; the address is numeric, without port, `addressUnknown` if the connection was gone before it
  /// could be asked for. Many at a time are only counted.
  case handshakeFailed(HandshakeFailure, address: String)
  /// Somebody knocked with a key that is not authorised any more, beside the failed handshake; `name` was its last.
  case formerKeyRefused(name: String, address: String)
  /// A peer sent a message of more than one frame; it was dropped.
  case malformed(peer: PeerID, name: String)
}

/// Why the centre did not hear somebody out; the raw value is the word for metrics.
package enum RefusalReason: String, Sendable, Hashable, Comparable, CaseIterable {
  /// The key was never authorised, or no longer is, when the connection was made.
  case unknownKey = "unknown_key"
  /// The key was authorised when the connection was made and is not now.
  case revokedKey = "revoked_key"
  /// The peer chose a routing id of its own.
  case routingID = "routing_id"
  /// The connection did not use CURVE, or asked in a form that RFC 27/ZAP does not know.
  case notCurve = "not_curve"

  package static func < (left: RefusalReason, right: RefusalReason) -> Bool { left.rawValue < right.rawValue }
}

/// What became of one message that the centre wanted to send.
package enum SendResult: Sendable, Equatable {
  /// Accepted by libzmq, which is not delivery.
  case sent
  /// That connection is gone, was never heard, or its key is not authorised any more.
  case unreachable
  /// Too much waits for this peer already; try again after `.writable`. Later messages of the same call for
  /// the same peer are answered so too, to keep their order.
  case full
  /// Above `messageBytesMax`.
  case tooLarge
}
