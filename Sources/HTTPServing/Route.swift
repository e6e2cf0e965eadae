package import Datasets
package import HTTPTypes
package import Hummingbird

/// One operation: what it is called, what its document says of it, and what it does.
///
/// Routers and `openapi.json` are both made from these, so that neither can forget one.
package struct Route: Sendable {
  package struct Parameter: Sendable {
    package let name: String
    package let schema: Schema
    package let summary: String

    package init(_ name: String, _ schema: Schema = .string, _ summary: String) {
      self.name = name
      self.schema = schema
      self.summary = summary
    }
  }

  /// What a successful answer holds.
  package enum Answer: Sendable {
    case json(Schema)
    /// A text of this media type.
    case text(String)
    /// Bytes of this media type.
    case file(String)
  }

  /// Who may call it.
  package enum Admission: Sendable, Equatable {
    /// Anybody, also without a token.
    case everybody
    case atLeast(Role)

    /// What looks needs a viewer, what changes an operator; other rules stand at the route.
    package static func usual(_ method: HTTPRequest.Method) -> Admission {
      .atLeast(method == .get || method == .head ? .viewer : .operator)
    }
  }

  package let method: HTTPRequest.Method
  /// With parameters in braces: `/api/v1/nodes/{node}`.
  package let path: String
  /// One English sentence.
  package let summary: String
  package let query: [Parameter]
  package let headers: [Parameter]
  /// The JSON body that it takes; nil when it takes none.
  package let body: Schema?
  package let answer: Answer
  /// Statuses of `ErrorReply` beside 400, 404 and 500, and 401 and 403 where it does not admit everybody.
  package let refusals: [Int]
  package let admits: Admission
  /// Whether it holds itself to `Caller.office`. At the centre, one that does not is refused to callers who are
  /// limited to an office; an office's own interface has nothing of others.
  package let isOfficeAware: Bool
  package let handle: @Sendable (HTTPCall) async throws -> Response

  package init(
    _ method: HTTPRequest.Method, _ path: String, _ summary: String, query: [Parameter] = [],
    headers: [Parameter] = [], body: Schema? = nil, answer: Answer, refusals: [Int] = [],
    admits: Admission? = nil, isOfficeAware: Bool = false,
    handle: @escaping @Sendable (HTTPCall) async throws -> Response
  ) {
    self.method = method
    self.path = path
    self.summary = summary
    self.query = query
    self.headers = headers
    self.body = body
    self.answer = answer
    self.refusals = refusals
    self.admits = admits ?? .usual(method)
    self.isOfficeAware = isOfficeAware
    self.handle = handle
  }

  /// The names in braces, in order.
  package var parameterNames: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map {
      String($0.dropFirst().dropLast())
    }
  }
}

extension Route.Parameter {
  package static let page: [Route.Parameter] = [
    .init("limit", .integer, "How many, 1 to 1000; above is held there. Default 100."),
    .init("cursor", .string, "The page before's next."),
  ]
  package static let reason = Route.Parameter(
    "Simpul-Reason", .string,
    "Why. To an operator or above it discloses identifiers, which the audit log notes; of an edit it is the reason."
  )
  package static let ifMatch = Route.Parameter(
    "If-Match", .string,
    "The version that was looked at. Without one the edit saw the present state, marked blind.")
}

extension Router where Context == BasicRequestContext {
  /// Makes a router that answers `routes` to those who may call them, everything else with 404 as an `ErrorReply`.
  ///
  /// - Parameters:
  ///   - access: who may come in over TCP; without it nobody may but where it is open to everybody.
  ///   - audit: where looks and acts are noted.
  ///   - language: of messages to callers who wish for none.
  package convenience init(
    _ routes: [Route], realm: HTTPRealm, access: AccessControl? = nil, audit: AuditTrail, language: Language
  ) {
    self.init(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
    add(middleware: ProblemMiddleware(language: language))
    let gate = Gate(realm: realm, language: language, access: access)
    for route in routes {
      let names = route.parameterNames
      on(RouterPath(route.path), method: route.method) { request, context in
        let guest = try gate.admit(request, to: route, logger: context.logger)
        let call = try HTTPCall(
          request, context: context, route: route.path, names: names, guest: guest, audit: audit, language: language)
        return try await call.answered(by: route.handle)
      }
    }
    // Middleware holds for what is added after it: here for what is not there alone.
    if realm == .network { add(middleware: StrangerMiddleware(gate: gate)) }
  }
}
