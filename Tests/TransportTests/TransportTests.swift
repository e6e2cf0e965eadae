import Logging
import Testing

@testable import Transport

/// One suite for all, in series: they count this process's descriptors and share two cores.
@Suite(.serialized) struct TransportTests {}

/// A condition did not come about in time.
struct Late: Error {}

/// Runs the body, or cancels it and throws when it takes longer than the limit.
func within<Value: Sendable>(
  _ limit: Duration = .seconds(20), _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try? await Task.sleep(for: limit)
      return nil
    }
    defer { group.cancelAll() }
    guard let value = try await group.next() ?? nil else { throw Late() }
    return value
  }
}

extension NodeLink {
  /// Takes events up to the first that the condition accepts, which is the last returned.
  nonisolated func events(
    within limit: Duration = .seconds(20), until condition: @escaping @Sendable (LinkEvent) -> Bool
  ) async throws -> [LinkEvent] {
    try await deadline(limit) {
      var all: [LinkEvent] = []
      while true {
        let batch = await self.receive()
        if batch.isEmpty { throw Late() }
        all += batch
        if batch.contains(where: condition) { return all }
      }
    }
  }

  nonisolated func untilConnected() async throws {
    let seen = try await events { $0 == .connected || $0.isEnd }
    try #require(seen.last == .connected, "\(seen)")
  }

  /// Sends everything, waiting for room.
  nonisolated func sendAll(_ messages: [[UInt8]]) async throws {
    var rest = messages[...]
    while true {
      rest = rest.dropFirst(try await send(Array(rest)))
      if rest.isEmpty { return }
      _ = try await events { $0 == .writable }
    }
  }
}

private func deadline<Value: Sendable>(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value { try await within(limit, body) }

extension CentreLink {
  /// Takes events up to the first that the condition accepts.
  nonisolated func events(
    within limit: Duration = .seconds(20), until condition: @escaping @Sendable (CentreEvent) -> Bool
  ) async throws -> [CentreEvent] {
    try await deadline(limit) {
      var all: [CentreEvent] = []
      while true {
        let batch = await self.receive()
        if batch.isEmpty { throw Late() }
        all += batch
        if batch.contains(where: condition) { return all }
      }
    }
  }

  /// Takes whole messages until there are so many.
  nonisolated func messages(_ count: Int) async throws -> [Heard] {
    try await deadline(.seconds(30)) {
      var all: [Heard] = []
      while all.count < count {
        let batch = await self.receive()
        if batch.isEmpty { throw Late() }
        all += batch.compactMap(\.heard)
      }
      return all
    }
  }
}

/// A message as the centre heard it.
struct Heard: Sendable, Equatable {
  let peer: PeerID
  let name: String
  let key: CurvePublicKey
  let message: [UInt8]
}

extension LinkEvent {
  var isEnd: Bool {
    switch self {
    case .disconnected, .handshakeFailed, .connectFailed: true
    default: false
    }
  }

  var message: [UInt8]? {
    if case .received(let message) = self { return message }
    return nil
  }
}

extension CentreEvent {
  var heard: Heard? {
    if case .received(let peer, let name, let key, let message) = self {
      return Heard(peer: peer, name: name, key: key, message: message)
    }
    return nil
  }
}

/// A centre on its own thread, and a second thread for nodes.
struct Fixture: Sendable {
  let centreThread: SocketThread
  let nodeThread: SocketThread
  let centre: CentreLink
  let centreKeys: CurveKeyPair
  let endpoint: String

  static func with<Value>(
    _ options: TransportOptions = .init(), _ body: (Fixture) async throws -> Value
  ) async throws -> Value {
    let logger = Logger(label: "test")
    let centreThread = try SocketThread.start(name: "centre", logger: logger)
    let nodeThread = try SocketThread.start(name: "node", logger: logger)
    let result: Result<Value, any Error>
    do {
      let centre = CentreLink(thread: centreThread)
      let keys = try CurveKeyPair.generate()
      try await centre.bind(listen: "tcp://127.0.0.1:*", keys: keys, options: options)
      let endpoint = try #require(await centre.boundEndpoint)
      let fixture = Fixture(
        centreThread: centreThread, nodeThread: nodeThread, centre: centre, centreKeys: keys,
        endpoint: endpoint)
      result = .success(try await body(fixture))
    } catch {
      result = .failure(error)
    }
    await nodeThread.stop()
    await centreThread.stop()
    return try result.get()
  }

  /// A link that was let in.
  func connected(_ keys: CurveKeyPair, options: TransportOptions = .init()) async throws -> NodeLink {
    let link = try await opened(keys, options: options)
    try await link.untilConnected()
    return link
  }

  /// A link on its way.
  func opened(_ keys: CurveKeyPair, options: TransportOptions = .init()) async throws -> NodeLink {
    let link = NodeLink(thread: nodeThread)
    try await link.open(
      endpoint: endpoint, serverKey: centreKeys.publicKey, keys: keys, options: options)
    return link
  }

  /// A connected link that the centre has heard say hello, with its peer id.
  func greeted(
    _ keys: CurveKeyPair, options: TransportOptions = .init()
  ) async throws -> (link: NodeLink, peer: PeerID) {
    let link = try await connected(keys, options: options)
    try await link.sendAll([Array("hello".utf8)])
    let heard = try await centre.messages(1)
    return (link, try #require(heard.first).peer)
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A message whose content follows from its number.
func numbered(_ number: Int, _ byteCount: Int) -> [UInt8] {
  var message = [UInt8](repeating: UInt8(truncatingIfNeeded: number &* 31), count: max(4, byteCount))
  for index in 0..<4 { message[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
  return message
}
