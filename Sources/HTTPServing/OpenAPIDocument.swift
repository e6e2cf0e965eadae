package import API
package import Datasets
import Foundation
import Hummingbird

/// `openapi.json`, made from the very routes that are served.
package struct OpenAPIDocument: Sendable {
  private let title: String
  private let routes: [Route]
  private let schemas: [(name: String, schema: Schema)]
  private let cookie: SessionCookie

  /// - Parameters:
  ///   - home: whose interface it is.
  ///   - schemas: beside `Schema.replies`.
  package init(title: String, home: NodeName, routes: [Route], schemas: [(name: String, schema: Schema)] = []) {
    self.title = title
    self.routes = routes
    self.schemas = schemas
    cookie = SessionCookie(home: home)
  }

  package var document: JSONValue {
    var paths: [String: JSONValue] = [:]
    for route in routes {
      var operations: [String: JSONValue] = [:]
      if case .object(let others)? = paths[route.path] { operations = others }
      operations[route.method.rawValue.lowercased()] = route.operation
      paths[route.path] = .object(operations)
    }
    let components = (Schema.replies + schemas).map { ($0.name, $0.schema.document) }
    return .object([
      "openapi": .string("3.1.0"),
      "info": .object(["title": .string(title), "version": .string(SimpulVersion.text)]),
      "paths": .object(paths),
      "components": .object([
        "schemas": .object(Dictionary(components, uniquingKeysWith: { first, _ in first })),
        "securitySchemes": .object([
          "token": .object(["type": .string("http"), "scheme": .string("bearer")]),
          "session": .object([
            "type": .string("apiKey"), "in": .string("cookie"), "name": .string(cookie.name),
          ]),
        ]),
      ]),
    ])
  }
}

extension Route {
  fileprivate var operation: JSONValue {
    var members: [String: JSONValue] = [
      "summary": .string(summary), "operationId": .string(operationID), "responses": .object(responses),
      "description": .string(admission), "security": .array(isOpen ? [] : ["token", "session"].map(Self.security)),
    ]
    let parameters =
      parameterNames.map { parameter(.init($0, .string, "One percent-encoded segment."), in: "path") }
      + query.map { parameter($0, in: "query") } + headers.map { parameter($0, in: "header") }
    if !parameters.isEmpty { members["parameters"] = .array(parameters) }
    if let body {
      members["requestBody"] = .object([
        "required": .boolean(true), "content": Self.content("application/json", body.document),
      ])
    }
    return .object(members)
  }

  private var isOpen: Bool { admits == .everybody }

  /// Who may call it over TCP; the admin socket may everything.
  private var admission: String {
    guard case .atLeast(let role) = admits else { return "Open to everybody." }
    let limit = isOfficeAware ? " A token of one office sees that office's part." : ""
    return "Needs the role \(role.rawValue).\(limit)"
  }

  private static func security(_ scheme: String) -> JSONValue { .object([scheme: .array([])]) }

  private var operationID: String {
    let words = path.split(separator: "/").filter { $0 != "api" && $0 != "v1" }
    let name = words.map { $0.filter { $0.isLetter || $0.isNumber } }.joined(separator: "-")
    return "\(method.rawValue.lowercased())-\(name.isEmpty ? "page" : name)"
  }

  private var responses: [String: JSONValue] {
    var responses: [String: JSONValue] = [:]
    // Where a reason is taken something is audited, and the log may not be writable.
    let audit = headers.contains { $0.name == Route.Parameter.reason.name } ? [503, 507] : []
    for status in Set([400, 404, 500] + (isOpen ? [] : [401, 403]) + audit + refusals) {
      responses[String(status)] = .object([
        "description": .string("Refused; the message says what to do."),
        "content": Self.content("application/json", Schema.named("ErrorReply").document),
      ])
    }
    let content =
      switch answer {
      case .json(let schema): Self.content("application/json", schema.document)
      case .text(let type), .file(let type): Self.content(type, Schema.string.document)
      }
    responses["200"] = .object(["description": .string("Done."), "content": content])
    return responses
  }

  private func parameter(_ parameter: Parameter, in place: String) -> JSONValue {
    .object([
      "name": .string(parameter.name), "in": .string(place), "required": .boolean(place == "path"),
      "description": .string(parameter.summary), "schema": parameter.schema.document,
    ])
  }

  private static func content(_ type: String, _ schema: JSONValue) -> JSONValue {
    .object([type: .object(["schema": schema])])
  }
}

extension [Route] {
  /// These and `GET /openapi.json`, which describes all of them, itself among them.
  package func described(
    title: String, home: NodeName, schemas: [(name: String, schema: Schema)] = []
  ) -> [Route] {
    func route(_ handle: @escaping @Sendable (HTTPCall) async throws -> Response) -> Route {
      Route(
        .get, "/openapi.json", "This description.", answer: .json(.anything), isOfficeAware: true, handle: handle)
    }
    let all = self + [route { _ in throw HTTPError(.notFound) }]
    let document = OpenAPIDocument(title: title, home: home, routes: all, schemas: schemas).document
    return self + [route { _ in try .json(document) }]
  }
}
