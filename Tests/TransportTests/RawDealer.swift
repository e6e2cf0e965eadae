import CZeroMQ

@testable import Transport

/// A peer that does what `NodeLink` never does. Used from one task at a time.
final class RawDealer {
  private let context: ZeroMQContext
  private let socket: ZeroMQSocket

  init(
    endpoint: String, serverKey: CurvePublicKey?, keys: CurveKeyPair, routingID: String? = nil
  ) throws {
    context = try ZeroMQContext()
    socket = try ZeroMQSocket(context, ZMQ_DEALER)
    if let serverKey {
      try socket.set(ZMQ_CURVE_SERVERKEY, serverKey.text)
      try socket.set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.text)
      try socket.set(ZMQ_CURVE_SECRETKEY, keys.secretKey.revealedText)
    }
    if let routingID { try socket.set(ZMQ_ROUTING_ID, routingID) }
    // No IMMEDIATE: what is sent before the connection stands waits for it.
    try socket.connect(endpoint)
  }

  /// True if libzmq took every frame.
  @discardableResult
  func send(_ frames: [[UInt8]]) -> Bool {
    for (index, frame) in frames.enumerated() {
      guard socket.send(frame, more: index < frames.count - 1) == .accepted else { return false }
    }
    return true
  }

  func close() {
    socket.close()
    context.terminate()
  }
}
