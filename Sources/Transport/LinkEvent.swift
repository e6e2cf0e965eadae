/// What happened at a node's link, in order.
package enum LinkEvent: Sendable, Equatable {
  /// `open()` began this connection attempt; whatever came before belongs to an older one.
  case opened(ConnectionID)
  /// The centre has let this node in; messages may be sent.
  case connected
  /// One whole message.
  case received([UInt8])
  /// The last `send()` took less than it was given; it would take more now.
  case writable
  /// The link stood and is gone; the socket is closed.
  case disconnected(reason: String)
  /// The other end was reached but the link did not come to stand; the socket is closed.
  case handshakeFailed(HandshakeFailure)
  /// The other end was not reached; the socket is closed.
  case connectFailed(reason: String)
}

/// Which `open()` of a link an event belongs to; counts up from 1.
package struct ConnectionID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let number: UInt64

  package init(_ number: UInt64) { self.number = number }

  package var description: String { "\(number)" }

  package static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.number < right.number }
}
