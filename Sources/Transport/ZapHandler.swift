internal import CZeroMQ

/// Answers libzmq's question whether a key may come in (RFC 27/ZAP), for every CURVE server of one context.
struct ZapHandler {
  private static let endpoint = "inproc://zeromq.zap.01"
  /// A request has 7 frames with CURVE; more are dropped unread.
  private static let framesMax = 7

  let socket: ZeroMQSocket

  /// What a request asks, as far as it matters here.
  struct Request {
    /// Nil unless the mechanism is CURVE and the key is 32 bytes.
    let key: CurvePublicKey?
    let domain: String
    let address: String
  }

  /// Binds the inproc endpoint; there is one handler per context.
  init(in context: ZeroMQContext) throws(TransportError) {
    socket = try ZeroMQSocket(context, ZMQ_REP)
    do {
      try socket.set(ZMQ_LINGER, 0)
      try socket.bind(Self.endpoint)
    } catch {
      socket.close()
      throw error
    }
  }

  /// Answers one request if there is one: 200 with the key's own text as user id where `decide` allows it,
  /// else 400. The user id is the key, not the name, so that a live connection stays tied to what it proved.
  func serveOne(_ frame: ZeroMQFrame, decide: (Request) -> Bool) -> Bool {
    var frames: [[UInt8]] = []
    repeat {
      guard socket.receive(into: frame) else { return false }
      if frames.count < Self.framesMax { frames.append(frame.copy()) }
    } while frame.more
    guard frames.count >= 2 else {
      // Not from libzmq, which always says at least version and request id. REP needs some answer.
      _ = socket.send([])
      return true
    }
    let request = Self.read(frames)
    let allowed = request.map(decide) ?? false
    let userID = allowed ? request?.key?.text ?? "" : ""
    let answer = ["1.0", nil, allowed ? "200" : "400", allowed ? "OK" : "refused", userID, ""]
    for (index, part) in answer.enumerated() {
      let bytes = part.map { Array($0.utf8) } ?? frames[1]
      guard socket.send(bytes, more: index < answer.count - 1) == .accepted else { break }
    }
    return true
  }

  /// version, request id, domain, address, identity, mechanism, credentials.
  private static func read(_ frames: [[UInt8]]) -> Request? {
    guard frames.count >= 6, frames[0].elementsEqual("1.0".utf8) else { return nil }
    var key: CurvePublicKey?
    if frames.count == framesMax, frames[5].elementsEqual("CURVE".utf8) {
      key = frames[6].withUnsafeBytes { Z85.text(of: $0) }.map { CurvePublicKey(trusted: $0) }
    }
    return Request(
      key: key, domain: String(decoding: frames[2], as: UTF8.self),
      address: String(decoding: frames[3], as: UTF8.self))
  }

  /// Frees the endpoint at once, so that another handler can take its place, then closes.
  func close() {
    socket.unbind(Self.endpoint)
    socket.close()
  }
}
