import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import RouterSupport
import Testing

@testable import Agent

@Suite struct AuditTests {
  private static let population = "/api/v1/datasets/population/records"

  @Test func `a look at an office is noted there, once for each request`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      _ = try await client.get("\(Self.population)/\(id)")
      #expect(try await client.get("/api/v1/audit").list("audit").isEmpty)
      _ = try await client.get("\(Self.population)/\(id)", reason: "cek \(Fixture.nik(1))")
      _ = try await client.get(Self.population, reason: "laporan")
      let audit = try await client.get("/api/v1/audit").list("audit")
      #expect(audit.map { $0["reason"] as? String } == ["laporan", "cek ****************"])
      #expect(audit.allSatisfy { $0["records"] as? [String] == [id] && $0["action"] as? String == "reveal" })
      let head = try await client.get("/api/v1/audit/head")
      #expect(head.string("head") == audit.first?["head"] as? String)
      #expect(try await client.get("/api/v1/status").object("audit")["head"] as? String == head.string("head"))
    }
  }

  @Test func `a deletion and a restoration at an office are noted there with their reason, and edits are not`()
    async throws
  {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let path = "\(Self.population)/\(id)"
      _ = try await client.send(.patch, path, #"{"alamat": "JL. A"}"#, type: "application/json")
      #expect(try await client.send(.delete, path, reason: "wafat").status == .ok)
      #expect(try await client.send(.post, path + "/restoration", reason: "keliru").status == .ok)
      // Nobody looked at a number.
      let audit = try await client.get("/api/v1/audit").list("audit")
      #expect(audit.map { $0["action"] as? String } == ["restore", "delete"])
      #expect(audit.map { $0["reason"] as? String } == ["keliru", "wafat"])
      #expect(audit.allSatisfy { $0["subject"] as? String == "population/\(id)" })
    }
  }

  @Test func `the local API without a token shows nobody the audit log`() async throws {
    let office = try await Office(listen: "127.0.0.1:7381")
    try await office.application(.network).asking { client in
      for path in ["", "/head", "/export"] {
        let answer = try await client.get("/api/v1/audit\(path)")
        #expect(answer.status == .unauthorized)
      }
    }
  }

  @Test func `numbers do not show in what is refused, whatever they were put into`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let nik = Fixture.nik(7)
      let rows = [
        #"{"\#(nik)": "x", "nama": "A", "kode_wilayah": "\#(Fixture.village)"}"#,
        #"{"k_\#(nik)": "x", "nama": "A", "kode_wilayah": "\#(Fixture.village)"}"#,
        #"{"nama": "A", "kode_wilayah": "\#(nik)"}"#, #"{"nama": "A", "kode_wilayah": "1", "nik": "\#(nik)9"}"#,
        #"{"nama": "A", "\#(nik)": 1, "\#(nik)": 2}"#,
      ]
      for row in rows {
        let answer = try await client.post(Self.population, row)
        #expect(answer.status != .ok, "\(row)")
        #expect(!answer.text.contains(nik), "\(answer.text)")
      }
      let filtered = try await client.get("\(Self.population)?k\(nik)=1")
      #expect(filtered.status == .badRequest && !filtered.text.contains(nik))
      let csv = "nama,kode_wilayah,\(nik)\nA,\(Fixture.village),x\n"
      let headed = try await client.post(Self.population, csv, type: "text/csv")
      #expect(headed.status != .ok && !headed.text.contains(nik), "\(headed.text)")
    }
  }

  @Test func `what was shown masked is refused as a value wherever it is written`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let masked = [
        #"{"nik": "731204**********"}"#, #"{"nik": "731204******0001"}"#, #"{"no_kk": "731204******0001"}"#,
        #"{"alamat": "rumah ****************"}"#,
      ]
      for body in masked {
        let answer = try await client.send(.patch, "\(Self.population)/\(id)", body, type: "application/json")
        #expect(answer.string("error") == "masked", "\(body): \(answer.text)")
        let row = #"{"nama": "A", "kode_wilayah": "\#(Fixture.village)", "# + body.dropFirst()
        let posted = try await client.post(Self.population, row)
        #expect(posted.list("rejected").first?["code"] as? String == "masked", "\(row): \(posted.text)")
      }
      let extra = #"{"nama": "A", "kode_wilayah": "\#(Fixture.village)", "catatan": " *** "}"#
      let posted = try await client.post(Self.population, extra)
      #expect(posted.list("rejected").first?["code"] as? String == "masked", "\(posted.text)")
    }
  }
}
