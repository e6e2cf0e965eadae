import Foundation

/// A process that speaks ZeroMQ without any of our code (`peer.py`): it does what it is told, one thing at a time.
final class HostilePeer: Sendable {
  struct Order: Encodable {
    var `do`: String
    var peer = "1"
    var address: String?
    var server: String?
    var `public`: String?
    var secret: String?
    var routingID: String?
    var seconds: Double = 10
    var perSecond: Double?
    var frames: [Data]?
  }

  struct Answer: Decodable {
    var outcome: String?
    var frames: [Data]?
    var received: Int?
    var isClosed: Bool?
    var `public`: String?
    var secret: String?
  }

  /// The two halves of a CURVE key, in Z85.
  struct Keys {
    var `public`: String
    var secret: String
  }

  private let process: AnsweringProcess

  /// Runs `body` with such a process, and ends it.
  static func with(_ body: (HostilePeer) async throws -> Void) async throws {
    let peer = try HostilePeer()
    defer { peer.process.end() }
    try await body(peer)
  }

  private init() throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("peer.py").path
    // The system's, for which the package of pyzmq is.
    process = try AnsweringProcess("the hostile peer", ["/usr/bin/python3", script])
  }

  @discardableResult
  func ask(_ order: Order) async throws -> Answer {
    try await process.ask(order, within: .seconds(order.seconds + 30))
  }

  /// A key pair of libzmq's.
  func keys() async throws -> Keys {
    let answer = try await ask(Order(do: "keys"))
    return Keys(public: answer.public ?? "", secret: answer.secret ?? "")
  }

  /// Opens a connection; without `server` one that is not encrypted.
  func open(
    _ peer: String = "1", to address: String, server: String? = nil, as keys: Keys? = nil, routingID: String? = nil
  ) async throws {
    try await ask(
      Order(
        do: "open", peer: peer, address: address, server: server, public: keys?.public, secret: keys?.secret,
        routingID: routingID))
  }

  /// How the handshake ended.
  func outcome(_ peer: String = "1") async throws -> String? {
    try await ask(Order(do: "outcome", peer: peer)).outcome
  }

  func send(_ frames: [[UInt8]], by peer: String = "1") async throws {
    try await ask(Order(do: "send", peer: peer, frames: frames.map { Data($0) }))
  }

  /// The next message; nil when none comes within that time.
  func receive(_ peer: String = "1", within seconds: Double = 10) async throws -> [UInt8]? {
    try await ask(Order(do: "receive", peer: peer, seconds: seconds)).frames?.first.map { Array($0) }
  }
}
