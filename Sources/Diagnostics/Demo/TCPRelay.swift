import NIOCore
import NIOPosix
import Synchronization

/// A piece of network that can be cut: listens on loopback and passes every connection on to one address.
///
/// Bytes are passed on one read at a time, so that a slow reader slows its peer down and memory stays small.
package final class TCPRelay: Sendable {
  /// How the network fails.
  package enum Cut: Sendable {
    /// Connections end and new ones are refused: a machine that is off.
    case refused
    /// Connections stand, new ones come about, but no byte passes: a line that is dug up behind a switch.
    case silent
  }

  /// Bytes passed on since the start.
  struct Counters: Sendable, Equatable {
    /// From those who connect to the address.
    var sentBytes: UInt64 = 0
    /// From the address to those who connect.
    var receivedBytes: UInt64 = 0
  }

  private struct State {
    var cut: Cut?
    var listener: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
    var counters = Counters()
  }

  /// The port of 127.0.0.1 that it listens on, the same for as long as it lives.
  package let port: Int
  private let targetHost: String
  private let targetPort: Int
  /// One loop, so that the two ends of a connection never run at the same time.
  private let loop: any EventLoop
  private let state = Mutex(State())

  private init(port: Int, host: String, targetPort: Int, loop: any EventLoop) {
    self.port = port
    targetHost = host
    self.targetPort = targetPort
    self.loop = loop
  }

  /// Listens on a free port.
  /// - Throws: `IOError` when it cannot.
  package static func start(toHost host: String, port: Int) async throws -> TCPRelay {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let free = try FreePorts.find(1)
    let relay = TCPRelay(port: free[0], host: host, targetPort: port, loop: loop)
    try await relay.listen()
    return relay
  }

  var counters: Counters { state.withLock { $0.counters } }

  /// The ends of connections that stand: two for one that passes bytes, one for one that waits for the line to
  /// heal.
  var connections: Int { state.withLock { $0.connections.count } }

  /// Nothing passes any more until `heal()`.
  package func cut(_ cut: Cut) async {
    let listener = state.withLock { state in
      state.cut = cut
      guard cut == .refused else { return nil as (any Channel)? }
      defer { state.listener = nil }
      return state.listener
    }
    try? await listener?.close().get()
    if cut == .refused { await closeConnections() }
  }

  /// Passes new connections on again. Those from before have lost their way, as in a router that was off:
  /// they end.
  /// - Throws: `IOError` when the port was taken meanwhile.
  package func heal() async throws {
    state.withLock { $0.cut = nil }
    await closeConnections()
    if state.withLock({ $0.listener == nil }) { try await listen() }
  }

  /// Ends everything.
  package func close() async {
    await cut(.refused)
  }

  private func listen() async throws {
    let listener = try await ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { self.connectOn($0) }
      .bind(host: "127.0.0.1", port: port).get()
    state.withLock { $0.listener = listener }
  }

  private func closeConnections() async {
    let channels = state.withLock { Array($0.connections.values) }
    for channel in channels { try? await channel.close().get() }
  }

  /// Gives an accepted connection its other half; while the line is silent it gets none and waits.
  private func connectOn(_ accepted: any Channel) -> EventLoopFuture<Void> {
    keep(accepted)
    guard state.withLock({ $0.cut }) == nil else { return accepted.eventLoop.makeSucceededVoidFuture() }
    return ClientBootstrap(group: accepted.eventLoop)
      .channelOption(.autoRead, value: false)
      .connect(host: targetHost, port: targetPort)
      .flatMapThrowing { other in
        self.keep(other)
        try accepted.pipeline.syncOperations.addHandler(
          RelayHandler(other: other, passes: { self.passes($0, isSent: true) }))
        try other.pipeline.syncOperations.addHandler(
          RelayHandler(other: accepted, passes: { self.passes($0, isSent: false) }))
      }
  }

  private func keep(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    state.withLock { $0.connections[id] = channel }
    channel.closeFuture.whenComplete { _ in self.state.withLock { _ = $0.connections.removeValue(forKey: id) }
    }
  }

  /// Whether bytes may pass now; counts them if so.
  private func passes(_ count: Int, isSent: Bool) -> Bool {
    state.withLock { state in
      guard state.cut == nil else { return false }
      if isSent {
        state.counters.sentBytes += UInt64(count)
      } else {
        state.counters.receivedBytes += UInt64(count)
      }
      return true
    }
  }
}
