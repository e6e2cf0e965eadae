import API
package import AsyncHTTPClient
package import Datasets
package import Foundation
import NIOCore
package import NIOHTTP1

/// Sends requests to one daemon and tells its answers from failures.
package struct APIClient: Sendable {
  /// The largest reply that is read.
  package static let replyBytesMax = 64 * 1024 * 1024

  package let endpoint: Endpoint
  private let http: HTTPClient
  private let language: Language
  /// Written to the audit log for looks at unmasked identifiers.
  private let reason: String?
  /// From sending to the end of the reply.
  private let timeout: Duration
  private static let uploadTimeMax = TimeAmount.hours(24)

  package init(_ endpoint: Endpoint, http: HTTPClient, language: Language, reason: String?, timeout: Duration) {
    self.endpoint = endpoint
    self.http = http
    self.language = language
    self.reason = reason
    self.timeout = timeout
  }

  /// A client that reports a refused connection at once instead of trying again.
  package static func configuration(timeout: Duration) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout.connect = .nanoseconds(min(timeout, .seconds(10)).nanoseconds)
    configuration.timeout.read = .nanoseconds(timeout.nanoseconds)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = .http1Only
    return configuration
  }

  /// The answer, whatever its status.
  package func answer(to request: APIRequest) async throws(CommandFailure) -> APIAnswer {
    do {
      let response = try await http.execute(
        outgoing(request), deadline: .now() + .nanoseconds(timeout.nanoseconds))
      let body = try await response.body.collect(upTo: Self.replyBytesMax)
      return APIAnswer(
        status: Int(response.status.code), contentType: response.headers.first(name: "content-type") ?? "",
        body: Data(body.readableBytesView))
    } catch {
      throw .transport(error, endpoint: endpoint, timeout: timeout, language: language)
    }
  }

  /// The answer to a body that is sent as it is read, in memory of one piece.
  ///
  /// How long that takes is up to the file; from its end on the client waits as long as for any answer.
  func answer(
    to request: APIRequest, uploading upload: FileUpload, contentType: String
  ) async throws(CommandFailure) -> APIAnswer {
    do {
      var outgoing = outgoing(request)
      outgoing.headers.add(name: "Content-Type", value: contentType)
      outgoing.body = .stream(upload, length: .unknown)
      let response = try await http.execute(outgoing, deadline: .now() + Self.uploadTimeMax)
      let body = try await response.body.collect(upTo: Self.replyBytesMax)
      return APIAnswer(
        status: Int(response.status.code), contentType: response.headers.first(name: "content-type") ?? "",
        body: Data(body.readableBytesView))
    } catch {
      throw .transport(error, endpoint: endpoint, timeout: timeout, language: language)
    }
  }

  /// Takes the body of a successful answer piece by piece; every other answer is thrown.
  ///
  /// - Returns: the answer's headers. A body that ends early is a failure.
  package func download(
    _ request: APIRequest, _ take: ([UInt8]) throws(CommandFailure) -> Void
  ) async throws(CommandFailure) -> HTTPHeaders {
    do {
      let response = try await http.execute(
        outgoing(request), deadline: .now() + .nanoseconds(timeout.nanoseconds))
      guard response.status == .ok else {
        let body = try await response.body.collect(upTo: Self.replyBytesMax)
        let answer = APIAnswer(
          status: Int(response.status.code), contentType: response.headers.first(name: "content-type") ?? "",
          body: Data(body.readableBytesView))
        throw CommandFailure.refused(answer, request: request, endpoint: endpoint, language: language)
      }
      for try await piece in response.body { try take(Array(piece.readableBytesView)) }
      return response.headers
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw .transport(error, endpoint: endpoint, timeout: timeout, language: language)
    }
  }

  /// The body of a successful answer; every other answer is thrown.
  package func body(of request: APIRequest) async throws(CommandFailure) -> Data {
    try successBody(of: try await answer(to: request), to: request)
  }

  /// The body of `answer`, unless it is a refusal or nobody's we know.
  package func successBody(of answer: APIAnswer, to request: APIRequest) throws(CommandFailure) -> Data {
    guard answer.isSuccess else {
      throw .refused(answer, request: request, endpoint: endpoint, language: language)
    }
    guard answer.body.isEmpty || answer.isJSON else { throw .foreign(endpoint: endpoint, language: language) }
    return answer.body
  }

  /// The decoded reply and the bytes that it came in.
  package func reply<Reply: Decodable>(
    _ type: Reply.Type, to request: APIRequest
  ) async throws(CommandFailure) -> (reply: Reply, body: Data) {
    let body = try await body(of: request)
    return (try decode(type, body), body)
  }

  package func decode<Reply: Decodable>(_ type: Reply.Type, _ body: Data) throws(CommandFailure) -> Reply {
    do {
      return try APICoding.decoder.decode(type, from: body)
    } catch {
      throw .foreign(endpoint: endpoint, language: language)
    }
  }

  private func outgoing(_ request: APIRequest) -> HTTPClientRequest {
    var outgoing: HTTPClientRequest
    switch endpoint {
    case .socket(let path):
      let url = URL(httpURLWithSocketPath: path, uri: request.target)
      outgoing = HTTPClientRequest(url: url?.absoluteString ?? "")
      outgoing.headers.add(name: "Host", value: "localhost")
    case .url(let base, let token):
      outgoing = HTTPClientRequest(url: base + request.target)
      if let token { outgoing.headers.add(name: "Authorization", value: "Bearer \(token)") }
    }
    outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
    outgoing.headers.add(name: "Accept", value: "application/json")
    outgoing.headers.add(name: "Accept-Language", value: language.rawValue)
    outgoing.headers.add(name: "User-Agent", value: "simpulctl/\(SimpulVersion.text)")
    if let reason { outgoing.headers.add(name: "Simpul-Reason", value: reason) }
    if let version = request.version { outgoing.headers.add(name: "If-Match", value: "\"\(version)\"") }
    if let key = request.idempotencyKey { outgoing.headers.add(name: "Idempotency-Key", value: key) }
    if let body = request.body {
      outgoing.headers.add(name: "Content-Type", value: body.contentType)
      outgoing.body = .bytes(ByteBuffer(bytes: body.bytes))
    }
    return outgoing
  }
}

extension Duration {
  /// Held at the ends of the range.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product + attoseconds / 1_000_000_000
  }
}
