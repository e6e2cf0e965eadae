package import API
package import Datasets
import Foundation
package import HTTPTypes
package import Hummingbird
import NIOCore

/// A failed request, as every handler throws it.
package struct HTTPProblem: Error, Sendable {
  package let status: HTTPResponse.Status
  package let reply: ErrorReply

  package init(_ status: HTTPResponse.Status, _ reply: ErrorReply) {
    self.status = status
    self.reply = reply
  }

  package init(
    _ status: HTTPResponse.Status, _ code: String, _ message: BilingualText, language: Language,
    field: String? = nil
  ) {
    self.init(status, ErrorReply(error: code, message: message(language), field: field))
  }
}

extension Response {
  /// A JSON document in the API's one form.
  package static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = "application/json; charset=utf-8"
    headers[.cacheControl] = "no-store"
    let data = try APICoding.encoder.encode(value)
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  package static func text(
    _ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok
  ) -> Response {
    Response(
      status: status, headers: [.contentType: type, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

/// Turns thrown problems into JSON errors and everything unexpected into a 500 that names no internals.
package struct ProblemMiddleware: RouterMiddleware {
  package typealias Context = BasicRequestContext

  private let language: Language

  package init(language: Language) { self.language = language }

  package func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let problem as HTTPProblem {
      return try .json(problem.reply, status: problem.status)
    } catch let error as any HTTPResponseError {
      let status = error.status
      let message =
        status == .notFound
        ? BilingualText(id: "Alamat ini tidak ada.", en: "There is nothing at this address.")
        : BilingualText(id: "Permintaan tidak dapat dilayani.", en: "The request cannot be served.")
      return try .json(
        ErrorReply(error: status == .notFound ? "not_found" : "refused", message: message(language)),
        status: status)
    } catch {
      context.logger.error("request failed: \(error)", metadata: ["path": "\(request.uri.path)"])
      let message = BilingualText(
        id: "Terjadi kesalahan di dalam layanan; lihat catatan (journalctl).",
        en: "The service failed inside; see its log (journalctl).")
      return try .json(ErrorReply(error: "internal", message: message(language)), status: .internalServerError)
    }
  }
}

extension Request {
  /// The whole body decoded as JSON, at most `bytesMax`.
  package func decoded<Body: Decodable>(
    _ type: Body.Type, bytesMax: Int = 1 << 20, language: Language
  ) async throws -> Body {
    var body = try await body.collect(upTo: bytesMax)
    let data = Data(body.readBytes(length: body.readableBytes) ?? [])
    do {
      return try APICoding.decoder.decode(type, from: data)
    } catch {
      throw HTTPProblem(
        .badRequest, "malformed",
        BilingualText(
          id: "Isi permintaan bukan JSON yang diharapkan.", en: "The body is not the JSON that is expected."),
        language: language)
    }
  }
}
