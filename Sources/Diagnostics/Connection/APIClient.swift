import API
package import Datasets
package import Foundation
import HTTPRequesting
package import HTTPTypes

/// Sends requests to one daemon and tells its answers from failures.
package struct APIClient: Sendable {
  /// The largest reply that is read.
  package static let replyBytesMax = 64 * 1024 * 1024

  package let endpoint: Endpoint
  private let language: Language
  /// Written to the audit log for looks at unmasked identifiers.
  private let reason: String?
  /// From sending to the end of the reply.
  private let timeout: Duration
  private static let uploadTimeMax = Duration.seconds(24 * 3600)

  package init(_ endpoint: Endpoint, language: Language, reason: String?, timeout: Duration) {
    self.endpoint = endpoint
    self.language = language
    self.reason = reason
    self.timeout = timeout
  }

  /// The answer, whatever its status.
  package func answer(to request: APIRequest) async throws(CommandFailure) -> APIAnswer {
    try await answer(to: outgoing(request))
  }

  /// The answer to a body that is sent as it is read, in memory of one piece.
  ///
  /// How long that takes is up to the file; from its end on the client waits as long as for any answer.
  func answer(
    to request: APIRequest, uploading upload: FileUpload, contentType: String
  ) async throws(CommandFailure) -> APIAnswer {
    var outgoing = outgoing(request)
    outgoing.headers[.contentType] = contentType
    outgoing.body = .pieces { try upload.next() }
    outgoing.timeMax = Self.uploadTimeMax
    return try await answer(to: outgoing)
  }

  private func answer(to outgoing: OutgoingRequest) async throws(CommandFailure) -> APIAnswer {
    do {
      let (head, body) = try await outgoing.answer(bytesMax: Self.replyBytesMax)
      return Self.answer(head, body)
    } catch {
      throw .transport(error, endpoint: endpoint, timeout: timeout, language: language)
    }
  }

  private static func answer(_ head: HTTPResponse, _ body: [UInt8]) -> APIAnswer {
    APIAnswer(status: head.status.code, contentType: head.headerFields[.contentType] ?? "", body: Data(body))
  }

  /// Takes the body of a successful answer piece by piece; every other answer is thrown.
  ///
  /// - Returns: the answer's headers. A body that ends early is a failure.
  package func download(
    _ request: APIRequest, _ take: ([UInt8]) throws(CommandFailure) -> Void
  ) async throws(CommandFailure) -> HTTPFields {
    func next(_ transfer: HTTPTransfer) async throws(CommandFailure) -> [UInt8]? {
      do { return try await transfer.next() } catch {
        throw .transport(error, endpoint: endpoint, timeout: timeout, language: language)
      }
    }
    let transfer: HTTPTransfer
    do { transfer = try await HTTPTransfer.begin(outgoing(request)) } catch {
      throw .transport(error, endpoint: endpoint, timeout: timeout, language: language)
    }
    let isGood = transfer.head.status == .ok
    var refusal: [UInt8] = []
    while let piece = try await next(transfer) {
      if isGood { try take(piece) } else if refusal.count < Self.replyBytesMax { refusal += piece }
    }
    if isGood { return transfer.head.headerFields }
    throw .refused(Self.answer(transfer.head, refusal), request: request, endpoint: endpoint, language: language)
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

  private func outgoing(_ request: APIRequest) -> OutgoingRequest {
    var outgoing: OutgoingRequest
    switch endpoint {
    case .socket(let path):
      outgoing = OutgoingRequest(url: "http://localhost" + request.target, socketPath: path, timeMax: timeout)
    case .url(let base, let token):
      outgoing = OutgoingRequest(url: base + request.target, timeMax: timeout)
      if let token { outgoing.headers[.authorization] = "Bearer \(token)" }
    }
    outgoing.method = HTTPRequest.Method(request.method.rawValue) ?? .get
    outgoing.headers[.accept] = "application/json"
    outgoing.headers[.acceptLanguage] = language.rawValue
    outgoing.headers[.userAgent] = "simpulctl/\(SimpulVersion.text)"
    if !request.isWithoutReason { outgoing.headers.set("Simpul-Reason", reason) }
    if let version = request.version { outgoing.headers[.ifMatch] = "\"\(version)\"" }
    outgoing.headers.set("Idempotency-Key", request.idempotencyKey)
    if let body = request.body {
      outgoing.headers[.contentType] = body.contentType
      outgoing.body = .bytes(Array(body.bytes))
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
