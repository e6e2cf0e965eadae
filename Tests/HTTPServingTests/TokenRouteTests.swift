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
    let browser = try await door.cookie("ani")
    #expect(try await door.ask(.post, "/sign-out", browser + [.origin: "http://localhost"]).status == .seeOther)
    #expect(try await door.ask(.post, "/api/v1/tokens/ani/revocation", admin).status == .ok)
    #expect(try await door.ask(.post, "/api/v1/tokens/ani/revocation", admin).status == .notFound)
    let acts = try await door.trail.entries(after: .none, through: .max, limit: 100).map(\.entry.act)
    #expect(
      acts.map { "\($0.caller) \($0.action) \($0.subject) \($0.outcome ?? "")" } == [
        "socket token_create budi admin ", "budi token_create ani viewer bpbd ", "socket sign_in_link ani ",
        "network sign_in ani ", "ani sign_out ani ", "budi token_revoke ani ", "budi token_revoke ani ",
        "budi token_revoke ani not done",
      ])
  }

  @Test(arguments: [
    (#"{"name": "Budi", "role": "viewer"}"#, 422, "name"), (#"{"name": "socket", "role": "admin"}"#, 422, "name"),
    (#"{"name": "network", "role": "viewer"}"#, 422, "name"), (#"{"name": "a", "role": "root"}"#, 422, "role"),
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
struct LineCollector: LogHandler {
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
