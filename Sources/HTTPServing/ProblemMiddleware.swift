import API
package import Datasets
import HTTPTypes
package import Hummingbird
import Logging
import Replication
import Storage

/// Turns thrown problems into JSON errors and everything unexpected into a 500 that names no internals.
package struct ProblemMiddleware: RouterMiddleware {
  package typealias Context = BasicRequestContext

  private let language: Language

  /// - Parameter language: of messages to those who wish for none.
  package init(language: Language) { self.language = language }

  package func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = problem(error, language: request.language(default: language))
      if problem.status.code >= 500 {
        // The route, never the path: that may hold a record's id, which is personal data.
        context.logger.error(
          "request failed: \(error)", metadata: ["route": "\(context.endpointPath ?? "-")"])
      }
      return try .json(problem.reply, status: problem.status, headers: problem.headers)
    }
  }

  private func problem(_ error: any Error, language: Language) -> HTTPProblem {
    switch error {
    case let problem as HTTPProblem: problem
    case let error as StoreError: HTTPProblem(error, language: language)
    case let refusal as EditRefusal: HTTPProblem(refusal, language: language)
    case let reason as QuarantineReason: HTTPProblem(reason, language: language)
    case let problem as FieldProblem: HTTPProblem(problem, language: language)
    case let error as any HTTPResponseError: Self.refusal(error.status, language: language)
    default:
      HTTPProblem(
        .internalServerError, "internal",
        BilingualText(
          id: "Terjadi kesalahan di dalam layanan; lihat catatan (journalctl).",
          en: "The service failed inside; see its log (journalctl)."),
        language: language)
    }
  }

  private static func refusal(_ status: HTTPResponse.Status, language: Language) -> HTTPProblem {
    switch status {
    case .notFound:
      HTTPProblem(
        status, "not_found",
        BilingualText(id: "Alamat ini tidak ada.", en: "There is nothing at this address."),
        language: language)
    case .contentTooLarge:
      HTTPProblem(
        status, "too_large",
        BilingualText(id: "Isi permintaan terlalu besar.", en: "The body is too large."), language: language)
    default:
      HTTPProblem(
        status, "refused",
        BilingualText(id: "Permintaan tidak dapat dilayani.", en: "The request cannot be served."),
        language: language)
    }
  }
}
