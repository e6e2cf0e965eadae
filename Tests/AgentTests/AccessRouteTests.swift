import API
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import NIOCore
import RouterSupport
import Testing

@testable import Agent

/// Who may call what of an agent over TCP.
@Suite struct AccessRouteTests {
  /// Every route and the least that it needs. Whoever adds one says here who may call it.
  private static let table: [String: String] = [
    "GET /healthz": "everybody", "GET /readyz": "everybody", "GET /metrics": "everybody",
    "GET /sign-in": "everybody", "POST /sign-in": "everybody", "POST /sign-out": "viewer",
    "GET /openapi.json": "viewer", "GET /api/v1/datasets": "viewer", "GET /api/v1/export-key": "viewer",
    "GET /api/v1/datasets/{dataset}/records": "viewer", "POST /api/v1/datasets/{dataset}/records": "operator",
    "GET /api/v1/datasets/{dataset}/records/{record}": "viewer",
    "PATCH /api/v1/datasets/{dataset}/records/{record}": "operator",
    "DELETE /api/v1/datasets/{dataset}/records/{record}": "operator",
    "POST /api/v1/datasets/{dataset}/records/{record}/restoration": "operator",
    "GET /api/v1/datasets/{dataset}/records/{record}/history": "viewer",
    "GET /api/v1/datasets/{dataset}/digest": "viewer", "GET /api/v1/conflicts": "viewer",
    "GET /api/v1/conflicts/{conflict}": "viewer", "POST /api/v1/conflicts/{conflict}/resolution": "operator",
    "GET /api/v1/doctor": "viewer", "GET /api/v1/status": "viewer", "GET /api/v1/streams": "viewer",
    "GET /api/v1/nodes": "viewer", "GET /api/v1/nodes/{node}": "viewer", "GET /api/v1/ledger": "viewer",
    "GET /api/v1/quarantine": "viewer", "GET /api/v1/quarantine/{entry}": "viewer",
    "POST /api/v1/quarantine/{entry}/discard": "operator",
    "POST /api/v1/quarantine/{entry}/requeue": "operator", "POST /api/v1/quarantine/{entry}/take": "operator",
    "GET /api/v1/terminals": "viewer", "PUT /api/v1/terminals/{serial}": "admin",
    "DELETE /api/v1/terminals/{serial}": "admin", "DELETE /api/v1/terminals/{serial}/shelf": "admin",
    "GET /api/v1/tokens": "admin",
    "POST /api/v1/tokens": "admin", "POST /api/v1/tokens/{token}/revocation": "admin",
    "POST /api/v1/tokens/{token}/sign-in": "admin",
    "GET /api/v1/datasets/{dataset}/records/{record}/trace": "viewer", "GET /api/v1/audit": "admin",
    "GET /api/v1/audit/head": "admin", "GET /api/v1/audit/export": "admin",
  ]

  private static func word(_ admission: Route.Admission) -> String {
    switch admission {
    case .everybody: "everybody"
    case .atLeast(let role): role.rawValue
    }
  }

  private func path(_ route: Route) -> String {
    let values = [
      "{dataset}": "population", "{record}": "00000000000000070000000000000001", "{node}": "kec-lalabata",
      "{entry}": "1", "{token}": "nobody", "{serial}": "X1",
      "{conflict}": "population%2F00000000000000070000000000000001%2Fnama",
    ]
    return values.reduce(route.path) { $0.replacing($1.key, with: $1.value) }
  }

  @Test func `every route says who may call it`() async throws {
    let office = try await Office()
    let routes = AgentRoutes(context: office.context, realm: .network)
    let found = (routes.open + routes.guarded).map { ("\($0.method) \($0.path)", Self.word($0.admits)) }
    #expect(Set(found.map(\.0)).symmetricDifference(Self.table.keys).sorted() == [])
    for (route, least) in found { #expect(Self.table[route] == least, "\(route)") }
  }

  @Test(arguments: ["0.0.0.0:7381", "192.0.2.1:7381", "[2001:db8::1]:7381", "127.0.0.1:7381", "localhost:7381"])
  func `without a token nothing but the open routes is served, also on loopback`(listen: String) async throws {
    let office = try await Office(language: .english, listen: listen)
    let routes = AgentRoutes(context: office.context, realm: .network)
    try await office.application(.network).asking { client in
      for route in routes.open + routes.guarded where route.admits != .everybody {
        let answer = try await client.send(route.method, path(route), "{}", type: "application/json")
        #expect(answer.status == .unauthorized, "\(route.method) \(route.path)")
        #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="simpul""#)
        #expect(answer.string("message")?.contains("simpulctl tokens create") == true)
      }
      #expect(try await client.get("/anything").status == .unauthorized)
      for path in ["/healthz", "/readyz", "/metrics", "/sign-in"] {
        #expect(try await client.get(path).status == .ok, "\(path)")
      }
    }
  }

  @Test func `each role calls what it may and is told what it lacks`() async throws {
    let office = try await Office(language: .english, listen: "0.0.0.0:7381")
    let routes = AgentRoutes(context: office.context, realm: .network)
    var tokens: [(role: Role, headers: HTTPFields)] = []
    for role in Role.allCases { tokens.append((role, try await office.token(role))) }
    for (role, headers) in tokens {
      try await office.application(.network).asking { client in
        for route in routes.open + routes.guarded {
          guard case .atLeast(let least) = route.admits else { continue }
          let answer = try await client.execute(
            uri: path(route), method: route.method, headers: headers, body: ByteBuffer(string: "{}"),
            testCallback: Answer.init)
          if role >= least {
            #expect(answer.status != .unauthorized && answer.string("error") != "role", "\(role) \(route.path)")
          } else {
            #expect(answer.status == .forbidden && answer.string("error") == "role", "\(role) \(route.path)")
            #expect(answer.string("message")?.contains(least.rawValue) == true)
          }
        }
      }
    }
  }

  @Test func `an operator edits over TCP and sees numbers with a reason, a viewer never does`() async throws {
    let office = try await Office(listen: "127.0.0.1:7381")
    let id = try await office.application().asking { try await $0.createPerson() }
    let uri = "/api/v1/datasets/population/records/\(id)"
    let reason = try #require(HTTPField.Name("Simpul-Reason"))
    for (role, shown, mask) in [
      (Role.viewer, "731204**********", "731204**********"), (.operator, Fixture.nik(1), "731204******0001"),
    ] {
      let headers = try await office.token(role)
      try await office.application(.network).asking { client in
        var asking = headers
        asking[reason] = "KTP dicek"
        let answer = try await client.execute(uri: uri, method: .get, headers: asking, testCallback: Answer.init)
        #expect(answer.object("fields")["nik"] as? String == shown)
        let masked = try await client.execute(uri: uri, method: .get, headers: headers, testCallback: Answer.init)
        #expect(masked.object("fields")["nik"] as? String == mask)
        var saving = headers
        saving[.contentType] = "application/json"
        let saved = try await client.execute(
          uri: uri, method: .patch, headers: saving, body: ByteBuffer(string: #"{"alamat": "Jl. Baru"}"#),
          testCallback: Answer.init)
        #expect(saved.status == (role == .viewer ? .forbidden : .ok))
      }
    }
  }

  @Test func `a refused token is counted`() async throws {
    let office = try await Office()
    let headers = try await office.token(.viewer)
    try await office.application(.network).asking { client in
      let wrong: HTTPFields = [.authorization: "Bearer spt_x"]
      let answer = try await client.execute(
        uri: "/api/v1/status", method: .get, headers: wrong, testCallback: Answer.init)
      #expect(answer.string("error") == "unknown_token")
      let metrics = try await client.get("/metrics").text
      #expect(metrics.contains(#"simpul_sign_ins_refused_total{reason="unknown_token"} 1"#))
      #expect(metrics.contains(#"simpul_sign_ins_refused_total{reason="revoked_token"} 0"#))
      let status = try await client.execute(
        uri: "/api/v1/status", method: .get, headers: headers, testCallback: Answer.init)
      #expect(status.status == .ok)
    }
  }
}

extension Office {
  /// Makes a token and says how it is shown.
  func token(_ role: Role) async throws -> HTTPFields {
    try await application().asking { client in
      let answer = try await client.post(
        "/api/v1/tokens", #"{"name": "\#(role.rawValue)", "role": "\#(role.rawValue)"}"#)
      let token = try #require(answer.string("token"), "\(answer.text)")
      return [.authorization: "Bearer \(token)"]
    }
  }
}
