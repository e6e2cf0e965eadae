import Foundation
import Synchronization
import TestSupport

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

  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let heard = Mutex(Data())

  /// Runs `body` with such a process, and ends it.
  static func with(_ body: (HostilePeer) async throws -> Void) async throws {
    let peer = try HostilePeer()
    defer { peer.end() }
    try await body(peer)
  }

  private init() throws {
    // The system's, for which the package of pyzmq is.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("peer.py").path
    ]
    process.standardInput = input
    process.standardOutput = output
    output.fileHandleForReading.readabilityHandler = { [weak self] handle in
      let data = handle.availableData
      self?.heard.withLock { $0.append(data) }
    }
    try process.run()
  }

  private func end() {
    output.fileHandleForReading.readabilityHandler = nil
    try? input.fileHandleForWriting.close()
    // The tests' own signal mask is inherited, and keeps others back.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  @discardableResult
  func ask(_ order: Order) async throws -> Answer {
    let line = try JSONEncoder().encode(order) + Data("\n".utf8)
    try input.fileHandleForWriting.write(contentsOf: line)
    var answer: Answer?
    try await eventually("an answer to \(order.do)", within: .seconds(order.seconds + 30)) {
      let line = heard.withLock { heard -> Data? in
        guard let end = heard.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { heard = Data(heard[heard.index(after: end)...]) }
        return Data(heard[..<end])
      }
      guard let line else {
        guard process.isRunning else { throw TestFailure("the hostile peer died over \(order.do)") }
        return false
      }
      answer = try JSONDecoder().decode(Answer.self, from: line)
      return true
    }
    guard let answer else { throw TestFailure("no answer to \(order.do)") }
    return answer
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
