import API
import Datasets
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Replication
import Storage
import Synchronization
import Testing

@testable import HTTPServing

/// A value that closures share.
private final class Locked<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  init(_ value: Value) { self.value = Mutex(value) }

  func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { value.withLock { body(&$0) } }
}

/// A daemon's doors on a real store, with a clock that tests move.
private final class Door: Sendable {
  let access: AccessControl
  private let clock = Locked(Timestamp(milliseconds: 1_790_000_000_000))
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("door-\(UUID().uuidString)").path
  private let file: StoreFile
  /// Where this door's orders are noted.
  let trail: AuditLog

  init(home: String = "scc") throws {
    trail = try Fixture.log().log
    file = try StoreFile(path: path, applicationID: 7, migrations: [AccessTables.centre.schema])
    let home = try #require(NodeName(home))
    let clock = clock
    access = AccessControl(
      home: home, store: try AccessStore(file, tables: .centre), address: "http://127.0.0.1:7380",
      now: { clock.withLock { $0 } }, random: { count in (0..<count).map { _ in UInt8.random(in: 0...255) } },
      isOffice: { ["bpbd", "kec-citta"].contains($0.text) })
  }

  deinit {
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
  }

  func passHours(_ hours: Int64) { clock.withLock { $0 = $0.advanced(byMilliseconds: hours * 3_600_000) } }

  /// Sends a request over TCP, or to the admin socket.
  func ask(
    _ method: HTTPRequest.Method = .get, _ uri: String, _ headers: HTTPFields = [:], body: String? = nil,
    realm: HTTPRealm = .network, logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
  ) async throws -> TestResponse {
    let router = Router(
      Self.routes + access.routes, realm: realm, access: access, audit: try Fixture.trail(trail), language: .english)
    let fields = headers
    return try await Application(router: router, logger: logger).test(.router) { client in
      try await client.execute(
        uri: uri, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) }
      ) { $0 }
    }
  }

  /// Tells who called.
  static let routes: [Route] = {
    @Sendable func caller(_ call: HTTPCall) -> Response {
      .text("\(call.caller.name) \(call.caller.role) \(call.caller.office?.text ?? "-") \(call.isStillWelcome())")
    }
    func route(_ method: HTTPRequest.Method, _ path: String, _ admits: Route.Admission?, aware: Bool = false) -> Route {
      Route(method, path, "", answer: .text("text/plain"), admits: admits, isOfficeAware: aware, handle: caller)
    }
    return [
      route(.get, "/open", .everybody), route(.get, "/look", nil), route(.post, "/change", nil),
      route(.post, "/admin", .atLeast(.admin)), route(.get, "/own", nil, aware: true),
    ]
  }()

  func token(_ name: String, _ role: String, office: String? = nil) async throws -> HTTPFields {
    let limit = office.map { #", "office": "\#($0)""# } ?? ""
    let answer = try await ask(
      .post, "/api/v1/tokens", body: #"{"name": "\#(name)", "role": "\#(role)"\#(limit), "valid_hours": 24}"#,
      realm: .admin)
    let reply = try APICoding.decoder.decode(NewTokenReply.self, from: Data(answer.body.readableBytesView))
    return [.authorization: "Bearer \(reply.token)"]
  }

  func code(_ name: String) async throws -> String {
    let answer = try await ask(.post, "/api/v1/tokens/\(name)/sign-in", realm: .admin)
    let reply = try APICoding.decoder.decode(SignInLinkReply.self, from: Data(answer.body.readableBytesView))
    #expect(reply.url == "http://127.0.0.1:7380" + reply.path)
    return String(reply.path.dropFirst("/sign-in?code=".count))
  }

  /// The cookie of a browser that signs in.
  func cookie(_ name: String) async throws -> HTTPFields {
    let answer = try await ask(.post, "/sign-in", body: "code=\(try await code(name))")
    #expect(answer.status == .seeOther && answer.headers[.location] == "/sign-in")
    let cookie = try #require(answer.headers[.setCookie]?.split(separator: ";").first)
    return [.cookie: "other=1; \(cookie)"]
  }

  func refused(_ reason: String) -> UInt64? { access.refusals.counts.first { $0.reason == reason }?.count }
}

extension HTTPFields {
  fileprivate static func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
    var all = left
    for field in right { all.append(field) }
    return all
  }
}

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

@Suite struct SignInTests {
  @Test func `looking at a link does not use it up, its button does`() async throws {
    let door = try Door()
    _ = try await door.token("budi", "operator")
    let code = try await door.code("budi")
    for _ in 0..<3 {
      let page = try await door.ask(.get, "/sign-in?code=\(code)")
      #expect(page.status == .ok && page.headers[.setCookie] == nil)
      #expect(page.text.contains(#"value="\#(code)""#) && page.text.contains(#"method="post""#))
      #expect(page.headers[.contentSecurityPolicy]?.contains("form-action 'self'") == true)
      #expect(page.headers[.cacheControl] == "no-store")
      #expect(!page.text.contains("<script"))
    }
    let answer = try await door.ask(.post, "/sign-in", body: "code=\(code)")
    #expect(answer.status == .seeOther)
    let cookie = try #require(answer.headers[.setCookie])
    #expect(cookie.hasPrefix("simpul_session_scc=sps_"))
    #expect(cookie.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"))
    let again = try await door.ask(.post, "/sign-in", body: "code=\(code)")
    #expect(again.status == .forbidden && again.headers[.setCookie] == nil)
    #expect(again.headers[.contentType] == "text/html; charset=utf-8")
    #expect(again.text.contains("This link was used"))
    #expect(door.refused("unknown_link") == 1)
  }

  @Test func `a code is typed in by hand too, and what is no code is never shown again`() async throws {
    let door = try Door()
    _ = try await door.token("budi", "operator")
    #expect(try await door.ask(.get, "/sign-in").text.contains(#"<input name="code""#))
    let typed = try await door.ask(.post, "/sign-in", body: "code=+\(try await door.code("budi"))%0A")
    #expect(typed.status == .seeOther)
    for uri in ["/sign-in?code=%3Cscript%3E", "/sign-in?code=spl_%22"] {
      let page = try await door.ask(.get, uri).text
      #expect(!page.contains("<script") && !page.contains("spl_"))
    }
    #expect(try await door.ask(.post, "/sign-in", body: String(repeating: "x", count: 5000)).status == .contentTooLarge)
  }

  @Test(arguments: [
    (["X-Forwarded-Proto": "https"], true), (["X-Forwarded-Proto": "HTTPS, http"], true),
    (["X-Forwarded-Proto": "http"], false), (["Forwarded": "for=192.0.2.1;proto=https;by=203.0.113.43"], true),
    (["Forwarded": "for=192.0.2.1"], false), ([:], false),
  ])
  func `the cookie is for https alone where the browser came by https`(
    headers: [String: String], isSecure: Bool
  ) async throws {
    let door = try Door()
    _ = try await door.token("budi", "viewer")
    var fields = HTTPFields()
    for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
    let answer = try await door.ask(.post, "/sign-in", fields, body: "code=\(try await door.code("budi"))")
    #expect(answer.headers[.setCookie]?.hasSuffix("; Secure") == isSecure)
  }

  @Test func `a session looks freely and changes only from a page of its own`() async throws {
    let door = try Door()
    _ = try await door.token("budi", "operator")
    let cookie = try await door.cookie("budi")
    #expect(try await door.ask(.get, "/look", cookie).text == "budi operator - true")
    #expect(try await door.ask(.get, "/sign-in", cookie).text.contains("<b>budi</b>"))
    let cases: [(String, String, HTTPResponse.Status)] = [
      ("Origin", "http://localhost", .ok), ("Origin", "https://localhost", .ok),
      ("Origin", "http://localhost:8080", .forbidden), ("Origin", "http://evil.example", .forbidden),
      ("Origin", "null", .forbidden), ("Sec-Fetch-Site", "same-origin", .ok), ("Sec-Fetch-Site", "none", .ok),
      ("Sec-Fetch-Site", "same-site", .forbidden), ("Sec-Fetch-Site", "cross-site", .forbidden),
      ("Accept", "*/*", .forbidden),
    ]
    for (name, value, status) in cases {
      let headers = cookie + [try #require(HTTPField.Name(name)): value]
      let answer = try await door.ask(.post, "/change", headers)
      #expect(answer.status == status, "\(name): \(value)")
      if status == .forbidden { #expect(try answer.problem().error == "foreign_origin") }
    }
    // Another site's page may not even look.
    #expect(try await door.ask(.get, "/look", cookie + [.origin: "http://evil.example"]).status == .forbidden)
    // Nor sign anybody in.
    let foreign = try await door.ask(
      .post, "/sign-in", [.origin: "http://evil.example"], body: "code=\(try await door.code("budi"))")
    #expect(foreign.status == .forbidden && foreign.headers[.setCookie] == nil)
    // A token needs no origin: no other site's page has it.
    #expect(try await door.ask(.post, "/change", try await door.token("ani", "operator")).status == .ok)
  }

  @Test func `a session ends by signing out, after 12 hours, and with its token`() async throws {
    let door = try Door()
    _ = try await door.token("budi", "viewer")
    let own: HTTPFields = [.origin: "http://localhost"]
    let first = try await door.cookie("budi")
    let out = try await door.ask(.post, "/sign-out", first + own)
    #expect(out.status == .seeOther && out.headers[.setCookie]?.contains("Max-Age=0") == true)
    #expect(try await door.ask(.get, "/look", first).problem().error == "ended_session")
    #expect(try await door.ask(.get, "/sign-in", first).text.contains("Ask an admin"))
    let second = try await door.cookie("budi")
    door.passHours(11)
    let third = try await door.cookie("budi")
    #expect(try await door.ask(.get, "/look", second).status == .ok)
    door.passHours(1)
    #expect(try await door.ask(.get, "/look", second).status == .unauthorized)
    #expect(try await door.ask(.get, "/look", third).status == .ok)
    let link = try await door.code("budi")
    #expect(try await door.ask(.post, "/api/v1/tokens/budi/revocation", realm: .admin).status == .ok)
    #expect(try await door.ask(.get, "/look", third).status == .unauthorized)
    #expect(try await door.ask(.post, "/sign-in", body: "code=\(link)").status == .forbidden)
    #expect(try await door.ask(.post, "/sign-out").status == .unauthorized)
  }

  @Test func `two daemons of one machine have cookies of their own`() async throws {
    let door = try Door(home: "bpbd")
    _ = try await door.token("budi", "viewer")
    let cookie = try await door.cookie("budi")
    #expect(cookie[.cookie]?.contains("simpul_session_bpbd=") == true)
    let centres = cookie[.cookie]?.replacing("_bpbd", with: "_scc") ?? ""
    #expect(try await door.ask(.get, "/look", [.cookie: centres]).problem().error == "no_token")
  }
}

@Suite struct TokenRouteTests {
  @Test func `a token is shown once, and lists tell all but the secret`() async throws {
    let door = try Door()
    let token = try await door.token("budi", "operator", office: "bpbd")
    #expect(try await door.ask(.get, "/own", token).status == .ok)
    _ = try await door.cookie("budi")
    let list = try await door.ask(.get, "/api/v1/tokens", realm: .admin)
    let secret = try #require(token[.authorization]?.dropFirst("Bearer ".count))
    #expect(secret.hasPrefix("spt_") && secret.count == 47 && !list.text.contains(secret))
    let reply = try APICoding.decoder.decode(TokensReply.self, from: Data(list.body.readableBytesView))
    let budi = try #require(reply.tokens.first)
    #expect((budi.name, budi.role, budi.office, budi.state) == ("budi", "operator", "bpbd", "valid"))
    #expect(budi.lastUsed != nil && budi.sessions == 1 && budi.revoked == nil)
    door.passHours(25)
    let later = try await door.ask(.get, "/api/v1/tokens", realm: .admin).json()
    guard case .array(let entries)? = later["tokens"] else {
      Issue.record("no tokens")
      return
    }
    #expect(entries.first?["state"] == .string("expired"))
  }

  @Test func `who lets whom in stands in the audit log, without a secret`() async throws {
    let door = try Door()
    let admin = try await door.token("budi", "admin")
    let made = try await door.ask(
      .post, "/api/v1/tokens", admin, body: #"{"name": "ani", "role": "viewer", "office": "bpbd"}"#)
    #expect(made.status == .ok)
    _ = try await door.cookie("ani")
    #expect(try await door.ask(.post, "/api/v1/tokens/ani/revocation", admin).status == .ok)
    #expect(try await door.ask(.post, "/api/v1/tokens/ani/revocation", admin).status == .notFound)
    let acts = try await door.trail.entries(after: .none, through: .max, limit: 100).map(\.entry.act)
    #expect(
      acts.map { "\($0.caller) \($0.action) \($0.subject) \($0.outcome ?? "")" } == [
        "socket token_create budi admin ", "budi token_create ani viewer bpbd ", "socket sign_in_link ani ",
        "network sign_in ani ", "budi token_revoke ani ", "budi token_revoke ani ", "budi token_revoke ani not done",
      ])
  }

  @Test(arguments: [
    (#"{"name": "Budi", "role": "viewer"}"#, 422, "name"), (#"{"name": "a", "role": "root"}"#, 422, "role"),
    (#"{"name": "a", "role": "viewer", "valid_hours": 0}"#, 422, "valid_hours"),
    (#"{"name": "a", "role": "viewer", "valid_hours": 87601}"#, 422, "valid_hours"),
    (#"{"name": "a", "role": "viewer", "office": "nowhere"}"#, 404, nil),
    (#"{"name": "taken", "role": "viewer"}"#, 409, "name"), (#"{"role": "viewer"}"#, 400, nil),
  ])
  func `what is no token is refused with the field`(body: String, status: Int, field: String?) async throws {
    let door = try Door()
    _ = try await door.token("taken", "viewer")
    let answer = try await door.ask(.post, "/api/v1/tokens", body: body, realm: .admin)
    #expect(answer.status.code == status)
    #expect(try answer.problem().field == field)
  }

  @Test func `a token without an end asked for lasts a year, and one office's agent makes none for another`()
    async throws
  {
    let door = try Door(home: "bpbd")
    let made = try await door.ask(
      .post, "/api/v1/tokens", body: #"{"name": "a", "role": "viewer"}"#, realm: .admin
    ).json()
    #expect(made["expires"] == .string("2027-09-21T22:13:20+08:00"))
    let foreign = try await door.ask(
      .post, "/api/v1/tokens", body: #"{"name": "b", "role": "viewer", "office": "kec-ganra"}"#, realm: .admin)
    #expect(foreign.status == .unprocessableContent)
    for path in ["nobody", "No%20name"] {
      #expect(try await door.ask(.post, "/api/v1/tokens/\(path)/revocation", realm: .admin).status == .notFound)
      #expect(try await door.ask(.post, "/api/v1/tokens/\(path)/sign-in", realm: .admin).status == .notFound)
    }
  }
}

/// Gives each line to a closure.
private struct LineCollector: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace
  let take: @Sendable (String) -> Void

  init(_ take: @escaping @Sendable (String) -> Void) { self.take = take }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let members = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
    take("\(event.message) " + members.joined(separator: " "))
  }
}
