import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Diagnostics

@Suite struct DemoRelayTests {
  @Test func `bytes pass both ways and are counted`() async throws {
    try await withRelay { relay in
      let client = try await Echo.Client.connect(relay.port)
      try await client.send("halo")
      try await eventually("the echo") { client.received == "halo" }
      #expect(relay.counters == TCPRelay.Counters(sentBytes: 4, receivedBytes: 4))
      await client.close()
    }
  }

  @Test func `a silent cut keeps connections standing but passes nothing`() async throws {
    try await withRelay { relay in
      let client = try await Echo.Client.connect(relay.port)
      try await client.send("1")
      try await eventually("the echo") { client.received == "1" }
      await relay.cut(.silent)
      try await client.send("2")
      let other = try await Echo.Client.connect(relay.port)
      try await other.send("3")
      try await eventually("the new connection to be taken") { relay.connections == 3 }
      // What would be an answer has had its chance once a fresh echo has gone its way beside the relay.
      #expect(client.received == "1")
      #expect(other.received == "")
      #expect(client.isOpen)
      #expect(other.isOpen)
      #expect(relay.counters.sentBytes == 1)
      await client.close()
      await other.close()
    }
  }

  @Test func `healing ends what was cut and serves anew`() async throws {
    try await withRelay { relay in
      let client = try await Echo.Client.connect(relay.port)
      try await client.send("1")
      try await eventually("the echo") { client.received == "1" }
      await relay.cut(.silent)
      let held = try await Echo.Client.connect(relay.port)
      // The two ends of the one and the only end of the other.
      try await eventually("both to be taken") { relay.connections == 3 }
      try await relay.heal()
      try await eventually("the end of both") { !client.isOpen && !held.isOpen }
      let fresh = try await Echo.Client.connect(relay.port)
      try await fresh.send("lagi")
      try await eventually("the echo") { fresh.received == "lagi" }
      await fresh.close()
    }
  }

  @Test func `a refusing cut ends connections and takes none, until it heals on the same port`() async throws {
    try await withRelay { relay in
      let client = try await Echo.Client.connect(relay.port)
      try await client.send("1")
      try await eventually("the echo") { client.received == "1" }
      await relay.cut(.refused)
      try await eventually("the end") { !client.isOpen }
      await #expect(throws: (any Error).self) { try await Echo.Client.connect(relay.port) }
      try await relay.heal()
      let fresh = try await Echo.Client.connect(relay.port)
      try await fresh.send("2")
      try await eventually("the echo") { fresh.received == "2" }
      await fresh.close()
    }
  }

  @Test func `more than any buffer holds passes whole`() async throws {
    try await withRelay { relay in
      let client = try await Echo.Client.connect(relay.port)
      let text = String(repeating: "simpul ", count: 300_000)
      try await client.send(text)
      try await eventually("all of it") { client.receivedBytes == text.utf8.count }
      await client.close()
    }
  }

  private func withRelay(_ body: (TCPRelay) async throws -> Void) async throws {
    let server = try await Echo.Server.start()
    let relay = try await TCPRelay.start(toHost: "127.0.0.1", port: server.port)
    do { try await body(relay) } catch {
      await relay.close()
      await server.close()
      throw error
    }
    await relay.close()
    await server.close()
  }
}

/// A server that answers with what it hears, and its client.
private enum Echo {
  struct Server {
    let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    static func start() async throws -> Server {
      let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Repeater()) }
        }
        .bind(host: "127.0.0.1", port: 0).get()
      return Server(channel: channel)
    }

    func close() async { try? await channel.close().get() }
  }

  final class Client: Sendable {
    private let channel: any Channel
    private let bytes: Received

    private init(_ channel: any Channel, _ bytes: Received) {
      self.channel = channel
      self.bytes = bytes
    }

    static func connect(_ port: Int) async throws -> Client {
      let bytes = Received()
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Collector(bytes))
          }
        }
        .connect(host: "127.0.0.1", port: port).get()
      return Client(channel, bytes)
    }

    var received: String { String(decoding: bytes.all.withLock { $0 }, as: UTF8.self) }
    var receivedBytes: Int { bytes.all.withLock { $0.count } }
    var isOpen: Bool { channel.isActive }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }
    func close() async { try? await channel.close().get() }
  }

  final class Received: Sendable {
    let all = Mutex<[UInt8]>([])
  }

  final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let received: Received

    init(_ received: Received) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      received.all.withLock { $0 += bytes.readableBytesView }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  final class Repeater: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      context.channel.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
