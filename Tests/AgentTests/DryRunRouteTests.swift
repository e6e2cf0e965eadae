import Datasets
import Foundation
import HTTPTypes
import NodeStorage
import RouterSupport
import Testing

@testable import Agent

private let population = "/api/v1/datasets/population/records"
private let counts = ["accepted", "duplicates", "created", "changed", "held", "rejected_total"]

@Suite struct DryRunRouteTests {
  private func file(_ rows: [String]) -> String {
    (["NIK;Nama;Tanggal Lahir;kode_wilayah;Alamat;Alamt"] + rows).joined(separator: "\n") + "\n"
  }

  private func row(_ serial: Int, _ name: String, address: String = "JL. A", unknown: String = "") -> String {
    "\(Fixture.nik(serial));\(name);1990-03-02;73.12.04.1001;\(address);\(unknown)"
  }

  @Test func `all rows of a file that its headings refuse are counted as refused`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let file = "NIK;Nma;kode_wilayah\n" + (1...3).map { "\(Fixture.nik($0));BUDI;73.12.04.1001\n" }.joined()
      for query in ["?dry_run=true", ""] {
        let answer = try await client.post("\(population)\(query)", file, type: "text/csv")
        #expect(answer.status == .unprocessableContent)
        #expect(answer.integer("rejected_total") == 3 && answer.list("rejected").count == 1, "\(answer.text)")
      }
    }
  }

  @Test func `a file that is tried out is answered as the import is, and nothing is kept`() async throws {
    let office = try await Office(language: .english)
    try await office.application().asking { client in
      _ = try await client.post("\(population)?source=siak", file([row(1, "BUDI"), row(2, "ANI")]), type: "text/csv")
      let id = try #require(
        try await client.get("\(population)?nama=BUDI").list("records").first?["id"] as? String)
      _ = try await client.send(.patch, "\(population)/\(id)", #"{"alamat": "JL. KANTOR"}"#, type: "application/json")
      let before = try await office.store.streams()
      let month = file([
        row(1, "BUDI", address: "JL. BERKAS"), row(2, "ANI", address: "JL. B", unknown: "x"), row(3, "CICI"),
        "salah;DIDI;1990-03-02;73.12.04.1001;;", row(3, "CICI"),
      ])
      let tried = try await client.post("\(population)?source=siak&dry_run=true", month, type: "text/csv")
      #expect(tried.status == .ok && tried["dry_run"] as? Bool == true, "\(tried.text)")
      #expect(tried.isNull("stream") && tried["records"] == nil)
      #expect(try await office.store.streams() == before)
      #expect(office.counters.all.first?.counts.accepted == 2, "rows that were tried out are not counted")
      let rows = tried.list("rows")
      #expect(rows.map { $0["outcome"] as? String } == ["held", "changed", "new", "same"])
      let fields = rows[0]["fields"] as? [[String: Any]] ?? []
      #expect(fields.first?["old"] as? String == "JL. KANTOR" && fields.first?["new"] as? String == "JL. BERKAS")
      #expect(fields.first?["held"] as? Bool == true)
      // Not even from the file's own rows.
      #expect(!tried.text.contains(Fixture.nik(3)), "a number is shown unmasked")
      let revealed = try await client.send(
        .post, "\(population)?source=siak&dry_run=true", month, type: "text/csv", reason: "uji impor")
      #expect(revealed.text.contains(Fixture.nik(3)))

      let taken = try await client.post("\(population)?source=siak", month, type: "text/csv")
      for name in counts { #expect(tried.integer(name) == taken.integer(name), "\(name)") }
      #expect(taken.integer("created") == 1 && taken.integer("changed") == 1 && taken.integer("held") == 1)
      #expect(taken["dry_run"] == nil && taken["rows"] == nil)
      let unknown = taken.list("unknown_fields")
      #expect(unknown.map { $0["field"] as? String } == ["alamt"])
      #expect(unknown.first?["suggestion"] as? String == "alamat" && unknown.first?["rows"] as? Int == 1)
      #expect(tried.list("unknown_fields").count == 1)
    }
  }

  @Test func `a long list is cut and the counts are not`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let month = file((1...350).map { row($0, "WARGA \($0)") })
      let tried = try await client.post("\(population)?dry_run=true", month, type: "text/csv")
      #expect(tried.integer("created") == 350)
      #expect(tried.list("rows").count == 100 && tried.integer("rows_per_outcome_max") == 100)
    }
  }

  @Test func `a row that may be of somebody else is listed however many others there are`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      _ = try await client.post(population, file((1...150).map { row($0, "WARGA \($0)") }), type: "text/csv")
      let month = file((1...150).map { row($0, $0 == 140 ? "SITI AMINAH" : "WARGA \($0)", address: "JL. B") })
      let tried = try await client.post("\(population)?dry_run=true", month, type: "text/csv")
      #expect(tried.integer("changed") == 150 && tried.integer("suspects") == 1)
      let suspects = tried.list("rows").filter { $0["suspicion"] != nil }
      #expect(suspects.map { $0["line"] as? Int } == [141], "\(tried.list("rows").count)")
      #expect(tried.list("rows").count == 101)
    }
  }

  @Test func `one import is tried out at a time`() async throws {
    let office = try await Office(language: .english)
    try await office.application().asking { client in
      try await office.context.intake.tryingOut(Fixture.population) { _ in
        let second = try await client.post("\(population)?dry_run=true", "[]")
        #expect(second.status == .serviceUnavailable)
        #expect(second.string("message")?.contains("Wait") == true)
      }
      #expect(try await client.post("\(population)?dry_run=true", "[]").status == .unprocessableContent)
    }
  }

  @Test func `punches are tried out too`() async throws {
    let office = try await Office("dinkes")
    let attendance = "/api/v1/datasets/attendance/records"
    @Sendable func punch(_ pin: Int) -> String {
      #"{"device": "BX1", "pin": "\#(pin)", "time": "2026-11-02T07:00:00+08:00", "status": 0}"#
    }
    try await office.application().asking { client in
      _ = try await client.post(attendance, punch(1))
      let tried = try await client.post("\(attendance)?dry_run=true", "[\(punch(1)), \(punch(2)), \(punch(2))]")
      #expect(tried.integer("accepted") == 3 && tried.integer("duplicates") == 2 && tried.integer("created") == 1)
      #expect(try await office.store.streams().first { $0.dataset == Fixture.attendance }?.last.value == 1)
    }
  }
}

/// What a person enters by one request (ADR 0019), and fields that nobody declared (ADR 0020).
@Suite struct EnteringTests {
  private let nameless = #"{"nama": "SITI AMINAH", "kode_wilayah": "73.12.04.1001"}"#

  private func people(_ client: RouterClient) async throws -> Int {
    try await client.get("\(population)?q=SITI").list("records").count
  }

  @Test func `two people of one name whom nothing else tells apart stay two`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let first = try await client.post(population, nameless)
      let second = try await client.post(population, " \n" + nameless)
      #expect(first.integer("created") == 1 && second.integer("created") == 1)
      #expect(try await people(client) == 2)
      // Sent again with its key, because no answer came: one.
      for _ in 0..<2 { _ = try await client.post(population, nameless, key: "k-1") }
      #expect(try await people(client) == 3)
    }
  }

  @Test(arguments: ["", "?source=desa"])
  func `rows of a list or of a named source are the same people when they come again`(query: String) async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let body = query.isEmpty ? "[\(nameless), \(nameless)]" : nameless
      for _ in 0..<2 {
        let answer = try await client.post(population + query, body)
        #expect(answer.status == .ok)
      }
      let count = try await people(client)
      #expect(count == (query.isEmpty ? 2 : 1))
    }
  }

  @Test func `one request that says who it is about changes that one`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let again = try await client.post(population, #"{"nik": "\#(Fixture.nik(1))", "telepon": "081234567"}"#)
      #expect(again.list("records").first?["id"] as? String == id && again.integer("changed") == 1)
    }
  }

  @Test func `a misspelt field is told with what was meant, and refused where that is asked for`() async throws {
    let office = try await Office(language: .english)
    try await office.application().asking { client in
      let body = #"{"nama": "BUDI", "kode_wilayah": "73.12.04.1001", "alamt": "JL. A"}"#
      let refused = try await client.post("\(population)?unknown=refuse", body)
      #expect(refused.status == .unprocessableContent)
      let problem = try #require(refused.list("rejected").first)
      #expect(problem["code"] as? String == "unknown_field" && problem["field"] as? String == "alamt")
      #expect((problem["reason"] as? String)?.contains("'alamat'") == true)
      let kept = try await client.post(population, body)
      #expect(kept.integer("created") == 1)
      #expect(kept.list("unknown_fields").first?["suggestion"] as? String == "alamat")
      let id = try #require(kept.list("records").first?["id"] as? String)
      let edit = try await client.send(.patch, "\(population)/\(id)", #"{"alamt": "JL. B"}"#, type: "application/json")
      #expect(edit.status == .unprocessableContent && edit.string("message")?.contains("'alamat'") == true)
      #expect(try await client.post("\(population)?unknown=maybe", body).status == .badRequest)
    }
  }

  @Test func `a held value is shown with the present one and decided at the office`() async throws {
    let office = try await Office(language: .english)
    try await office.application().asking { client in
      let id = try await client.createPerson(1, #", "alamat": "JL. A""#)
      func month(_ address: String) -> String {
        #"[{"nik": "\#(Fixture.nik(1))", "tanggal_lahir": "1990-03-02", "alamat": "\#(address)"}]"#
      }
      _ = try await client.post("\(population)?source=siak", month("JL. A"))
      _ = try await client.send(.patch, "\(population)/\(id)", #"{"alamat": "JL. B"}"#, type: "application/json")
      _ = try await client.post("\(population)?source=siak", month("JL. C"))
      let entry = try #require(try await client.get("/api/v1/quarantine").list("quarantine").first)
      let name = try #require(entry["id"] as? String)
      // Both commands as they can be run: neither is taken without a reason.
      for command in ["take", "discard"] {
        #expect((entry["reason"] as? String)?.contains("quarantine \(command) \(name) --reason \"TEXT\"") == true)
      }
      let path = "/api/v1/quarantine/" + name.replacing("/", with: "%2F")
      let shown = try await client.get(path)
      #expect(shown.object("fields")["alamat"] as? String == "JL. C")
      #expect(shown.object("present")["alamat"] as? String == "JL. B")
      #expect(try await client.post(path + "/take", #"{"reason": ""}"#).status == .unprocessableContent)
      let taken = try await client.post(path + "/take", #"{"reason": "KK dicek"}"#)
      #expect(taken.status == .ok && taken.string("outcome") == "applied", "\(taken.text)")
      #expect(try await client.get("\(population)/\(id)").object("fields")["alamat"] as? String == "JL. C")
      #expect(try await client.post(path + "/take", #"{"reason": "lagi"}"#).status == .notFound)
    }
  }
}
