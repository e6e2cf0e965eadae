/// What went over a node's link since it was made; counts never go down, sizes do.
package struct LinkCounters: Sendable, Equatable {
  package var messagesReceived: UInt64 = 0
  package var bytesReceived: UInt64 = 0
  /// Accepted by libzmq, which is not delivery.
  package var messagesSent: UInt64 = 0
  package var bytesSent: UInt64 = 0
  package var connections: UInt64 = 0
  package var handshakeFailures: UInt64 = 0
  /// What waits for `receive()` now.
  package var inboxBytes = 0

  package init() {}
}
