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
