/// What the centre's socket has seen since it was made; counts never go down, sizes do.
package struct CentreCounters: Sendable, Equatable {
  package var messagesReceived: UInt64 = 0
  package var bytesReceived: UInt64 = 0
  /// Accepted by libzmq, which is not delivery.
  package var messagesSent: UInt64 = 0
  package var bytesSent: UInt64 = 0
  package var sendsFull: UInt64 = 0
  package var sendsUnreachable: UInt64 = 0
  /// Messages and handshakes refused, by reason; all reasons are present.
  package var refused: [RefusalReason: UInt64] = .init(
    uniqueKeysWithValues: RefusalReason.allCases.map { ($0, 0) })
  /// Messages of more than one frame.
  package var malformed: UInt64 = 0
  package var handshakesSucceeded: UInt64 = 0
  /// Handshakes that failed for whatever reason, refused ones included.
  package var handshakeFailures: UInt64 = 0
  /// Connections that have spoken and not gone.
  package var peers = 0
  /// What waits for `receive()` now.
  package var inboxBytes = 0

  package init() {}

  mutating func refuse(_ reason: RefusalReason) { refused[reason, default: 0] += 1 }
}
