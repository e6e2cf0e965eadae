import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Agent

@Suite struct NetworkGateTests {
  @Test(arguments: ["0.0.0.0:7381", "192.0.2.1:7381", "[2001:db8::1]:7381", "*:7381", "office.example:7381"])
  func `another address serves health and metrics and nothing else`(listen: String) async throws {
    let office = try await Office(language: .english, listen: listen)
    try await office.application(.network).test(.router) { client in
      for path in ["/healthz", "/readyz", "/metrics"] { #expect(try await client.get(path).status == .ok) }
      for path in ["/api/v1/status", "/api/v1/datasets", "/openapi.json", "/anything"] {
        let answer = try await client.get(path)
        #expect(answer.status == .unauthorized, "\(path)")
        #expect(answer.string("message")?.contains("admin socket") == true)
      }
      #expect(
        try await client.post("/api/v1/datasets/population/records", "{}").status == .unauthorized)
    }
  }

  @Test(arguments: ["127.0.0.1:7381", "[::1]:7381", "localhost:7381", "127.8.8.8:1"])
  func `loopback serves all of it, masked`(listen: String) async throws {
    let office = try await Office(listen: listen)
    try await office.application(.network).test(.router) { client in
      let id = try await client.createPerson()
      let answer = try await client.get("/api/v1/datasets/population/records/\(id)", reason: "ingin tahu")
      #expect(answer.status == .ok)
      #expect(answer.object("fields")["nik"] as? String == "731204**********")
    }
  }

  @Test func `a page of another site in a browser is refused`() async throws {
    let office = try await Office(listen: "127.0.0.1:7381")
    try await office.application(.network).test(.router) { client in
      for (origin, status) in [
        ("https://evil.example", HTTPResponse.Status.forbidden), ("null", .forbidden),
        ("http://127.0.0.1:7381", .ok), ("http://localhost:3000", .ok), ("http://[::1]:1", .ok),
      ] {
        let answer = try await client.execute(
          uri: "/api/v1/status", method: .get, headers: [.origin: origin], testCallback: Answer.init)
        #expect(answer.status == status, "\(origin)")
      }
    }
  }
}
