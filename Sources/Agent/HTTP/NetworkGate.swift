import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import Settings

/// Who may come in over TCP as long as there are no tokens: programs of this machine, and nobody else.
///
/// A listener on another address serves health and metrics only. On loopback, a page in a browser on this
/// machine is not a program of this machine: what another site sent is refused, also when its name was
/// pointed at 127.0.0.1.
struct NetworkGate: RouterMiddleware {
  typealias Context = BasicRequestContext

  /// Where the routes are served; nil is nowhere that anybody may come from.
  let listen: HostPort?
  let language: Language

  /// Whether the API is served at this address at all.
  var isOpen: Bool { listen.map { Self.isLoopback($0.host) } ?? false }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    try check(request)
    return try await next(request, context)
  }

  /// - Throws: `HTTPProblem` 401 or 403.
  func check(_ request: Request) throws {
    let language = request.language(default: language)
    guard isOpen else {
      throw HTTPProblem(
        .unauthorized, "unauthorized",
        BilingualText(
          id: "Dari alamat ini API tidak dilayani. Pakai soket admin, atau isi http.listen dengan 127.0.0.1.",
          en: "The API is not served at this address. Use the admin socket, or set http.listen to "
            + "127.0.0.1."),
        language: language)
    }
    guard Self.isOfThisMachine(request) else {
      throw HTTPProblem(
        .forbidden, "foreign_origin",
        BilingualText(
          id:
            "Permintaan ini dikirim oleh situs lain lewat peramban, maka ditolak. Panggil 127.0.0.1 "
            + "langsung.",
          en:
            "This request was sent by another site through a browser and is refused. Call 127.0.0.1 directly."
        ),
        language: language)
    }
  }

  static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    return host == "localhost" || host == "::1" || (host.hasPrefix("127.") && HostPort("\(host):0") != nil)
  }

  private static func isOfThisMachine(_ request: Request) -> Bool {
    if let authority = request.head.authority, !authority.isEmpty, !isLoopback(authority: authority) {
      return false
    }
    guard let origin = request.headers[.origin] else { return true }
    guard let scheme = origin.range(of: "://") else { return false }
    return isLoopback(authority: String(origin[scheme.upperBound...]))
  }

  /// - Parameter authority: a host, perhaps with a port (RFC 9110 section 7.2).
  private static func isLoopback(authority: String) -> Bool {
    if let parsed = HostPort(authority) { return isLoopback(parsed.host) }
    return isLoopback(String(authority.drop { $0 == "[" }.prefix { $0 != "]" }))
  }
}

extension Route {
  /// The same, after a look at who calls.
  func behind(_ gate: NetworkGate) -> Route {
    let handle = handle
    return Route(
      method, path, summary, query: query, headers: headers, body: body, answer: answer,
      refusals: refusals + [401, 403]
    ) { call in
      try gate.check(call.request)
      return try await handle(call)
    }
  }
}
