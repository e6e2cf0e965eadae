import API
import Datasets
import Foundation
import HTTPRequesting
import HTTPTypes
import Settings
import Testing

@testable import Diagnostics

/// Coming in over real TCP at real daemons, by what people have: simpulctl, a token file and a browser's cookie.
@Suite(.serialized) struct AccessTests {
  /// Makes a token on the daemon's machine and keeps it in a file.
  private func tokenFile(_ fleet: RealFleet, _ socket: String, _ arguments: String...) async throws -> String {
    let (end, output) = try await fleet.run(
      "simpulctl", ["--socket", socket, "--language", "en", "--json", "tokens", "create"] + arguments)
    #expect(end.isSuccess, "\(output)")
    let reply = try APICoding.decoder.decode(NewTokenReply.self, from: Data(output.utf8))
    let path = fleet.layout.root + "/\(UUID()).token"
    try (reply.token + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func remote(
    _ fleet: RealFleet, _ url: String, _ file: String?, _ arguments: String...
  ) async throws -> (code: Int32?, output: String) {
    let credentials = file.map { ["--token-file", $0] } ?? []
    let (end, output) = try await fleet.run(
      "simpulctl", ["--url", url] + credentials + ["--language", "en"] + arguments)
    return (end.exitCode, output)
  }

  @Test func `a token works over TCP, within its office, until it is revoked`() async throws {
    try await RealFleet.run { fleet in
      let port = try FreePorts.find(1)[0]
      let office = try await fleet.open("kec-lalabata") { $0.http.listen = HostPort(host: "127.0.0.1", port: port) }
      let socket = fleet.layout.centreSocket
      let centre = "http://127.0.0.1:\(fleet.pagePort)"
      let admin = try await tokenFile(fleet, socket, "budi", "--role", "admin", "--expires", "2h")
      let limited = try await tokenFile(fleet, socket, "lalabata", "--role", "viewer", "--office", "kec-lalabata")

      let refused = try await remote(fleet, centre, nil, "status")
      #expect(refused.code == 77 && refused.output.contains("--token-file"), "\(refused.output)")
      #expect(try await remote(fleet, centre, admin, "status").code == 0)
      #expect(try await remote(fleet, centre, admin, "nodes", "invite", "bpbd").code == 0)
      let nodes = try await remote(fleet, centre, limited, "--json", "nodes", "list")
      let reply = try APICoding.decoder.decode(NodesReply.self, from: Data(nodes.output.utf8))
      #expect(reply.nodes.map(\.node) == ["kec-lalabata"])
      for command in [["status"], ["nodes", "show", "bpbd"], ["digest", "population", "--node", "bpbd"]] {
        let (end, output) = try await fleet.run(
          "simpulctl", ["--url", centre, "--token-file", limited, "--language", "en"] + command)
        #expect(end.exitCode == 77 && output.contains("kec-lalabata alone"), "\(command): \(output)")
      }
      let low = try await remote(fleet, centre, limited, "nodes", "revoke", "bpbd", "--reason", "x")
      #expect(low.code == 77 && low.output.contains("needs admin"))

      // An agent has tokens of its own, on loopback too.
      let local = "http://127.0.0.1:\(port)"
      #expect(try await remote(fleet, local, nil, "status").code == 77)
      #expect(try await remote(fleet, local, admin, "status").code == 77)
      let own = try await tokenFile(fleet, fleet.layout.socket(of: office.name), "loket", "--role", "operator")
      #expect(try await remote(fleet, local, own, "status").code == 0)

      // Revoked over TCP by the other one, and no restart makes it good again.
      #expect(try await remote(fleet, centre, admin, "tokens", "revoke", "lalabata").code == 0)
      #expect(try await remote(fleet, centre, limited, "nodes", "list").code == 77)
      try await fleet.kill(RealFleet.centreName)
      try await fleet.startCentre()
      let after = try await remote(fleet, centre, limited, "nodes", "list")
      #expect(after.code == 77 && after.output.contains("was revoked"), "\(after.output)")
      #expect(try await remote(fleet, centre, admin, "nodes", "list").code == 0)
      let log = try String(contentsOfFile: fleet.layout.centreLog, encoding: .utf8)
      #expect(log.contains("token_created") && log.contains("token_revoked") && log.contains("not let in"))
      for file in [admin, limited] {
        let secret = try String(contentsOfFile: file, encoding: .utf8).dropLast()
        #expect(secret.count == 47 && !log.contains(secret))
      }
    }
  }

  @Test func `a browser signs in by a link, stays over a restart, and signs out`() async throws {
    try await RealFleet.run { fleet in
      let socket = fleet.layout.centreSocket
      let base = "http://127.0.0.1:\(fleet.pagePort)"
      _ = try await tokenFile(fleet, socket, "ani", "--role", "operator")
      let (_, output) = try await fleet.run("simpulctl", ["--socket", socket, "--json", "tokens", "sign-in", "ani"])
      let link = try APICoding.decoder.decode(SignInLinkReply.self, from: Data(output.utf8))
      let url = try #require(link.url)
      #expect(url == base + link.path)
      func send(
        _ method: HTTPRequest.Method, _ url: String, cookie: String? = nil, origin: String? = nil, form: String? = nil
      ) async throws -> HTTPResponse {
        var request = OutgoingRequest(method, url: url, timeMax: .seconds(30))
        if let cookie { request.headers[.cookie] = cookie }
        if let origin { request.headers[.origin] = origin }
        if let form {
          request.headers[.contentType] = "application/x-www-form-urlencoded"
          request.body = .bytes(Array(form.utf8))
        }
        return try await request.answer(bytesMax: 1 << 20).head
      }
      // A chat program looks at the link first.
      #expect(try await send(.get, url).status == .ok)
      let code = "code=" + (url.split(separator: "=").last ?? "")
      let signedIn = try await send(.post, base + "/sign-in", origin: base, form: code)
      #expect(signedIn.status == .seeOther)
      let cookie = try #require(signedIn.headerFields[.setCookie]?.split(separator: ";").first).description
      #expect(try await send(.post, base + "/sign-in", origin: base, form: code).status == .forbidden)
      #expect(try await send(.get, base + "/api/v1/status", cookie: cookie).status == .ok)
      try await fleet.kill(RealFleet.centreName)
      try await fleet.startCentre()
      #expect(try await send(.get, base + "/api/v1/status", cookie: cookie).status == .ok)
      let foreign = try await send(.post, base + "/sign-out", cookie: cookie, origin: "http://evil.example")
      #expect(foreign.status == .forbidden)
      #expect(try await send(.post, base + "/sign-out", cookie: cookie, origin: base).status == .seeOther)
      #expect(try await send(.get, base + "/api/v1/status", cookie: cookie).status == .unauthorized)
      #expect(try await send(.get, base + "/").status == .ok)
    }
  }
}
