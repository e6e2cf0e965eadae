import API
import Datasets
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Replication
import RouterSupport
import Storage
import Synchronization
import Testing

@testable import HTTPServing

@Suite struct GateTests {
  @Test(arguments: [
    ("viewer", [200, 403, 403]), ("operator", [200, 200, 403]), ("admin", [200, 200, 200]),
  ])
  func `each role may what it may`(role: String, statuses: [Int]) async throws {
    let door = try Door()
    let token = try await door.token("budi", role)
    let answers = [
      try await door.ask(.get, "/look", token), try await door.ask(.post, "/change", token),
      try await door.ask(.post, "/admin", token),
    ]
    #expect(answers.map(\.status.code) == statuses)
    for answer in answers {
      if answer.status == .ok { #expect(answer.text == "budi \(role) - true") }
      if answer.status == .forbidden {
        let problem = try answer.problem()
        #expect(problem.error == "role")
        #expect(problem.message.contains("budi has the role \(role)"))
        #expect(problem.message.contains("simpulctl tokens create"))
      }
    }
  }

  @Test func `nobody comes in without a token, and the open routes are open`() async throws {
    let door = try Door()
    for (method, path) in [(HTTPRequest.Method.get, "/look"), (.head, "/look"), (.post, "/change"), (.get, "/none")] {
      let answer = try await door.ask(method, path)
      #expect(answer.status == .unauthorized, "\(method) \(path)")
      #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="simpul""#)
    }
    #expect(try await door.ask(.get, "/look").problem().message.contains("simpulctl tokens create NAME"))
    // Also whoever shows something that does not hold.
    for headers: HTTPFields in [[:], [.authorization: "Bearer x"], [.cookie: "simpul_session_scc=x"]] {
      #expect(try await door.ask(.get, "/open", headers).text == "network viewer - true")
    }
    #expect(try await door.ask(.post, "/admin", realm: .admin).text == "socket admin - true")
    #expect(try await door.ask(.get, "/none", try await door.token("budi", "viewer")).status == .notFound)
  }

  @Test func `a token that does not hold is told why, and counted`() async throws {
    let door = try Door()
    let token = try await door.token("budi", "admin")
    func challenge(_ headers: HTTPFields) async throws -> String? {
      let answer = try await door.ask(.get, "/look", headers)
      #expect(answer.status == .unauthorized)
      #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="simpul", error="invalid_token""#)
      return try answer.problem().error
    }
    #expect(try await challenge([.authorization: "Bearer spt_abc"]) == "unknown_token")
    #expect(try await challenge([.authorization: "bearer"]) == "unknown_token")
    door.passHours(25)
    #expect(try await challenge(token) == "expired_token")
    let next = try await door.token("budi", "admin")
    #expect(try await door.ask(.post, "/api/v1/tokens/budi/revocation", next).status == .ok)
    #expect(try await challenge(next) == "revoked_token")
    // A proxy's own password is no token.
    let basic = try await door.ask(.get, "/look", [.authorization: "Basic YTpi"])
    #expect(try basic.problem().error == "no_token")
    #expect(door.refused("unknown_token") == 2 && door.refused("expired_token") == 1)
    #expect(door.refused("revoked_token") == 1 && door.refused("no_token") == 1)
    var metrics = PrometheusText()
    metrics.add(door.access.refusals)
    #expect(metrics.text.contains(#"simpul_sign_ins_refused_total{reason="unknown_token"} 2"#))
    #expect(metrics.text.contains(#"simpul_sign_ins_refused_total{reason="foreign_origin"} 0"#))
  }

  @Test func `what an ended token is told to make opens no more than it did`() async throws {
    let door = try Door()
    let token = try await door.token("dasbor", "viewer", office: "kec-citta")
    let low = try await door.ask(.post, "/change", token).problem().message
    #expect(low.contains("simpulctl tokens create NAME --role operator --office kec-citta"), "\(low)")
    #expect(try await door.ask(.post, "/api/v1/tokens/dasbor/revocation", realm: .admin).status == .ok)
    let revoked = try await door.ask(.get, "/own", token).problem().message
    #expect(revoked.contains("tokens create NAME --role viewer --office kec-citta"), "\(revoked)")
    let next = try await door.token("dasbor", "viewer", office: "kec-citta")
    door.passHours(25)
    let expired = try await door.ask(.get, "/own", next).problem().message
    #expect(expired.contains("tokens create dasbor --role viewer --office kec-citta"), "\(expired)")
  }

  @Test func `an office's token reaches what keeps to the office, and nothing of the whole fleet`() async throws {
    let centre = try Door()
    let token = try await centre.token("citta", "admin", office: "kec-citta")
    #expect(try await centre.ask(.get, "/own", token).text == "citta admin kec-citta true")
    let refused = try await centre.ask(.get, "/look", token)
    #expect(refused.status == .forbidden)
    #expect(try refused.problem().message.contains("for the office kec-citta alone"))
    #expect(try await centre.ask(.post, "/api/v1/tokens", token).status == .forbidden)
    // At its own office it may all that its role may; at another one nothing.
    let office = try Door(home: "kec-citta")
    let own = try await office.token("citta", "operator", office: "kec-citta")
    #expect(try await office.ask(.get, "/look", own).text == "citta operator kec-citta true")
    let other = try Door(home: "kec-ganra")
    let stray = try await other.token("stray", "admin", office: "kec-citta")
    let answer = try await other.ask(.get, "/own", stray)
    #expect(answer.status == .forbidden)
    #expect(try answer.problem().error == "other_office")
    #expect(other.refused("other_office") == 1)
  }

  @Test func `whoever tries all night fills neither the log nor the memory`() async throws {
    let door = try Door()
    let lines = Locked<[String]>([])
    let logger = Logger(label: "test") { _ in LineCollector { line in lines.withLock { $0.append(line) } } }
    for _ in 0..<50 { _ = try await door.ask(.get, "/look", [.authorization: "Bearer spt_geheim"], logger: logger) }
    door.passHours(1)
    _ = try await door.ask(.get, "/look", [.authorization: "Bearer spt_geheim"], logger: logger)
    let told = lines.withLock { $0.filter { $0.contains("not let in") } }
    #expect(told.count == SignInRefusals.linesPerMinute + 1)
    #expect(told.last?.contains("unsaid=40") == true)
    #expect(told.allSatisfy { $0.contains("reason=unknown_token") && !$0.contains("geheim") })
    #expect(door.refused("unknown_token") == 51)
  }

  @Test func `the document says what each route needs`() async throws {
    let door = try Door()
    let node = try #require(NodeName("bpbd"))
    let document = OpenAPIDocument(title: "x", home: node, routes: Door.routes + door.access.routes).document
    let open = document["paths"]?["/open"]?["get"]
    #expect(open?["security"] == .array([]))
    #expect(open?["responses"]?["401"] == nil)
    let admin = document["paths"]?["/admin"]?["post"]
    #expect(admin?["description"] == .string("Needs the role admin."))
    #expect(admin?["security"] == .array([.object(["token": .array([])]), .object(["session": .array([])])]))
    #expect(admin?["responses"]?["401"] != nil && admin?["responses"]?["403"] != nil)
    let scheme = document["components"]?["securitySchemes"]?["session"]
    #expect(scheme?["name"] == .string("simpul_session_bpbd"))
  }
}
