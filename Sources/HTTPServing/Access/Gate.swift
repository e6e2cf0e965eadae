import Datasets
import HTTPTypes
import Hummingbird
import Logging

/// Decides at a listener who may do what, before anything else is looked at.
struct Gate: Sendable {
  let realm: HTTPRealm
  let language: Language
  /// Nil lets nobody in over TCP but where it is open to everybody.
  let access: AccessControl?

  /// - Throws: `HTTPProblem` 401 for whoever is nobody, 403 for whoever may not.
  func admit(_ request: Request, to route: Route, logger: Logger) throws -> Guest {
    guard realm == .network else { return Guest(always: .socket) }
    guard case .atLeast(let role) = route.admits else { return Guest(always: .unknown) }
    let language = request.language(default: language)
    guard let guest = try access?.caller(request, language: language, logger: logger) else {
      guard let access else { throw HTTPProblem(.noToken, token: nil, home: .centre, language: language) }
      throw access.refuse(.noToken, nil, language, logger)
    }
    guard guest.caller.role >= role else {
      throw HTTPProblem.roleTooLow(guest.caller, needed: role, language: language)
    }
    if access?.isCentre ?? true, guest.caller.office != nil, !route.isOfficeAware {
      throw HTTPProblem.wholeFleet(guest.caller, language: language)
    }
    return guest
  }
}

/// For what is not there: whoever may not come in learns nothing about that either.
struct StrangerMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  /// Stands for every address that is none.
  private static let nothing = Route(.get, "/", "", answer: .json(.anything), isOfficeAware: true) { _ in
    throw HTTPError(.notFound)
  }

  let gate: Gate

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    _ = try gate.admit(request, to: Self.nothing, logger: context.logger)
    return try await next(request, context)
  }
}
