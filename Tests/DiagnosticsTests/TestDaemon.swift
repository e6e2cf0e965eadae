import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A daemon's HTTP on a Unix socket that answers from a script and keeps what it was asked.
final class TestDaemon: Sendable {
  struct Request: Sendable, Equatable {
    var method: String
    var target: String
    var headers: [String: String]
    var body: String

    var line: String { "\(method) \(target)" }
  }

  struct Answer: Sendable {
    var status = 200
    var contentType = "application/json"
    var body: String

    static func ok(_ body: String) -> Answer { Answer(body: body) }
    static func error(_ status: Int, _ word: String, _ message: String) -> Answer {
      Answer(status: status, body: #"{"error":"\#(word)","message":"\#(message)"}"#)
    }
  }

  typealias Script = @Sendable (Request) -> Answer?

  /// The socket's path, or the port on 127.0.0.1.
  let socket: String
  let port: Int
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  private let log: RequestLog

  /// - Parameter script: nil means that the connection is closed without an answer.
  private init(socket: String, isTCP: Bool, script: @escaping Script) async throws {
    self.socket = socket
    let log = RequestLog()
    self.log = log
    let bootstrap = ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ScriptedHandler(log: log, script: script))
        }
      }
    channel =
      isTCP
      ? try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
      : try await bootstrap.bind(unixDomainSocketPath: socket).get()
    port = channel.localAddress?.port ?? 0
  }

  var requests: [Request] { log.requests }

  /// A daemon with this script, once it runs.
  static func answering(_ script: @escaping Script) -> Scripted { Scripted(script: script) }

  struct Scripted: Sendable {
    let script: Script

    /// Runs `body` beside the daemon, in a directory of its own.
    func run<Result: Sendable>(overTCP isTCP: Bool = false, _ body: (TestDaemon) async throws -> Result)
      async throws -> Result
    {
      let directory = try TemporaryDirectory()
      let daemon = try await TestDaemon(socket: directory.path + "/s", isTCP: isTCP, script: script)
      do {
        let result = try await body(daemon)
        try await daemon.stop()
        return result
      } catch {
        try await daemon.stop()
        throw error
      }
    }
  }

  private func stop() async throws {
    try await channel.close()
    try await group.shutdownGracefully()
  }
}

/// A directory that is removed with its last user.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    // Short: the name of a Unix socket has at most 107 bytes.
    path = NSTemporaryDirectory() + "sc" + String(UInt64.random(in: 0 ... .max), radix: 36)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Safe because every use of `entries` holds the lock.
private final class RequestLog: @unchecked Sendable {
  private let lock = NSLock()
  private var entries: [TestDaemon.Request] = []

  var requests: [TestDaemon.Request] { lock.withLock { entries } }

  func append(_ request: TestDaemon.Request) { lock.withLock { entries.append(request) } }
}

private final class ScriptedHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let log: RequestLog
  private let script: TestDaemon.Script
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(log: RequestLog, script: @escaping TestDaemon.Script) {
    self.log = log
    self.script = script
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(var part): body.writeBuffer(&part)
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head else { return }
    var headers: [String: String] = [:]
    for (name, value) in head.headers { headers[name.lowercased()] = value }
    let request = TestDaemon.Request(
      method: head.method.rawValue, target: head.uri, headers: headers, body: String(buffer: body))
    log.append(request)
    guard let answer = script(request) else {
      context.close(promise: nil)
      return
    }
    let bytes = ByteBuffer(string: answer.body)
    var reply = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
    reply.headers.add(name: "Content-Type", value: answer.contentType)
    reply.headers.add(name: "Content-Length", value: String(bytes.readableBytes))
    context.write(wrapOutboundOut(.head(reply)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
