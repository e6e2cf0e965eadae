import Foundation
import Logging
import Machine
import Transport

/// Peers that no office is, at fixed rates: handshakes with keys that nobody knows, connections that say nothing, and
/// bytes that are no ZeroMQ.
struct AttackStrangers {
  /// In a second.
  static let handshakeRate = 100
  static let silentRate = 20
  static let garbageRate = 50
  /// Silent connections that are held open; the oldest makes room.
  private static let silentMax = 400
  private static let garbageMax = 64
  private static let linkCount = 64

  let endpoint: String
  let serverKey: CurvePublicKey
  let port: Int

  /// Attacks until a moment.
  ///
  /// - Returns: how many handshakes, silent connections and pieces of garbage were begun.
  func run(until end: ContinuousClock.Instant) async throws -> (handshakes: Int, silent: Int, garbage: Int) {
    async let handshakes = flood(until: end)
    async let silent = stayStill(until: end)
    async let garbage = talkNonsense(until: end)
    return (try await handshakes, try await silent, try await garbage)
  }

  // MARK: Handshakes

  private func flood(until end: ContinuousClock.Instant) async throws -> Int {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let thread = try SocketThread.start(name: "strangers", logger: logger)
    let links = (0..<Self.linkCount).map { _ in NodeLink(thread: thread) }
    let begun = try await AttackPace(perSecond: Self.handshakeRate).run(until: end) { number in
      // A link that is opened anew drops its attempt of before, which was refused or has had its time.
      try await links[number % links.count].open(
        endpoint: endpoint, serverKey: serverKey, keys: try CurveKeyPair.generate())
    }
    for link in links { await link.close() }
    await thread.stop()
    return begun
  }

  // MARK: Bare connections

  private func stayStill(until end: ContinuousClock.Instant) async throws -> Int {
    var open: [BareConnection] = []
    return try await AttackPace(perSecond: Self.silentRate).run(until: end) { _ in
      if open.count == Self.silentMax { open.removeFirst().close() }
      if let connection = BareConnection(port: port) { open.append(connection) }
    } finally: {
      for connection in open { connection.close() }
    }
  }

  private func talkNonsense(until end: ContinuousClock.Instant) async throws -> Int {
    var open: [BareConnection] = []
    return try await AttackPace(perSecond: Self.garbageRate).run(until: end) { number in
      if open.count == Self.garbageMax { open.removeFirst().close() }
      guard let connection = BareConnection(port: port) else { return }
      connection.send(Self.garbage[number % Self.garbage.count])
      open.append(connection)
    } finally: {
      for connection in open { connection.close() }
    }
  }

  /// ZMTP 3.1's greeting (RFC 37): signature, version, mechanism, as-server, filler.
  private static let greeting: [UInt8] =
    [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1] + Array("CURVE".utf8) + [UInt8](repeating: 0, count: 47)

  private static let garbage: [[UInt8]] = [
    Array("GET / HTTP/1.1\r\nHost: scc\r\n\r\n".utf8),
    (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) },
    Array(greeting.prefix(20)),
    // A command of a handshake that ends early, one that says it is nearly 2^63 bytes long, and a message before both.
    greeting + [4, 200, 5] + Array("HELLO".utf8),
    greeting + [6, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    greeting + [0, 5] + Array("hello".utf8),
  ]
}

/// Something that is done so many times a second, whatever it takes: who is late catches up.
struct AttackPace {
  let perSecond: Int

  /// - Parameters:
  ///   - isolation: whose state `act` may touch: the caller's.
  ///   - act: is given how many times it was called before.
  ///   - finally: called once at the end, however it comes.
  /// - Returns: how many times `act` was called.
  func run(
    until end: ContinuousClock.Instant, isolation: isolated (any Actor)? = #isolation,
    _ act: (Int) async throws -> Void, finally: () -> Void = {}
  ) async throws -> Int {
    defer { finally() }
    let start = ContinuousClock.now
    var count = 0
    while true {
      let due = start + .seconds(1) / perSecond * count
      guard due < end, ContinuousClock.now < end else { return count }
      try await Task.sleep(until: due, clock: .continuous)
      try await act(count)
      count += 1
    }
  }
}

/// A TCP connection to a port of loopback, without any protocol.
struct BareConnection {
  private let descriptor: Int32

  /// - Returns: nil where nobody accepts it.
  init?(port: Int) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = UInt16(port).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
        connect(descriptor, rebound, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      close()
      return nil
    }
  }

  /// As much as the kernel takes at once; the other end may have closed.
  func send(_ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  func close() { _ = Foundation.close(descriptor) }
}
