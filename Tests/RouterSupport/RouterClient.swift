package import HTTPTypes
package import Hummingbird
package import Logging
package import NIOCore
import NIOEmbedded
import Synchronization

/// Asks routes without a socket: what the server makes of bytes is not part of it.
package struct RouterClient: Sendable {
  /// Bodies come in pieces, as from a network.
  private static let pieceBytes = 32 * 1024

  private let respond: @Sendable (Request) async throws -> Response

  /// - Parameter context: made anew for each request.
  package init<Responder: HTTPResponder>(_ responder: Responder, logger: Logger)
  where Responder.Context: InitializableFromSource, Responder.Context.Source == ApplicationRequestContextSource {
    respond = { request in
      try await responder.respond(
        to: request, context: Responder.Context(source: .init(channel: NIOAsyncTestingChannel(), logger: logger)))
    }
  }

  /// The answer; an error of a route is the server's 500.
  package func execute(
    uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:], body: ByteBuffer? = nil
  ) async throws -> RouterAnswer {
    var headers = headers
    if let body { headers[.contentLength] = "\(body.readableBytes)" }
    let (pieces, source) = AsyncStream.makeStream(of: ByteBuffer.self)
    var rest = body ?? ByteBuffer()
    while let piece = rest.readSlice(length: min(Self.pieceBytes, rest.readableBytes)), piece.readableBytes > 0 {
      source.yield(piece)
    }
    source.finish()
    let request = Request(
      head: HTTPRequest(method: method, scheme: "http", authority: "localhost", path: uri, headerFields: headers),
      body: RequestBody(asyncSequence: pieces))
    let response: Response
    do { response = try await respond(request) } catch { response = Response(status: .internalServerError) }
    let collector = BodyCollector()
    try await response.body.write(collector)
    return RouterAnswer(status: response.status, headers: response.headers, body: collector.bytes)
  }

  package func execute<Value>(
    uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:], body: ByteBuffer? = nil,
    testCallback: (RouterAnswer) async throws -> Value
  ) async throws -> Value {
    try await testCallback(try await execute(uri: uri, method: method, headers: headers, body: body))
  }
}

/// What a route answered.
package struct RouterAnswer: Sendable {
  package let status: HTTPResponse.Status
  package let headers: HTTPFields
  package let body: ByteBuffer
}

extension ApplicationProtocol
where Responder.Context: InitializableFromSource, Responder.Context.Source == ApplicationRequestContextSource {
  /// Asks this application's routes; its services do not run.
  package func asking<Value>(_ body: (RouterClient) async throws -> Value) async throws -> Value {
    try await body(RouterClient(try await responder, logger: logger))
  }
}

private final class BodyCollector: ResponseBodyWriter, Sendable {
  private let buffer = Mutex(ByteBuffer())

  var bytes: ByteBuffer { buffer.withLock { $0 } }

  func write(_ piece: ByteBuffer) async throws {
    buffer.withLock { _ = $0.writeImmutableBuffer(piece) }
  }

  func finish(_ trailers: HTTPFields?) async throws {}
}
