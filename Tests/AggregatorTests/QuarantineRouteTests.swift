import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import RouterSupport
import Testing
import Wire

@Suite struct QuarantineRouteTests {
  /// Somebody's change of a resident who is not theirs, and its id in quarantine.
  private func held(_ centre: Centre) async throws -> String {
    var office = try await centre.office("kec-citta")
    try await centre.apply(
      office,
      try office.batch(
        population, [edit(id(3), person("BUDI", nik: "7312040101900009", address: "Jl. D"), at: 0)]))
    return try #require(
      try await centre.get("/api/v1/quarantine", as: QuarantineReply.self).quarantine.first
    ).id
  }

  @Test func `a decision needs a reason and an entry that is held`() async throws {
    try await Centre.with { centre in
      let entry = try await held(centre)
      for action in ["requeue", "discard"] {
        let table: [(String, String?, Int, String)] = [
          (entry, nil, 422, "required"), (entry, #"{"reason":""}"#, 422, "required"),
          (entry, #"{"reason":"\#(String(repeating: "x", count: 501))"}"#, 400, "malformed"),
          ("99", #"{"reason":"x"}"#, 404, "unknown_entry"), ("x", #"{"reason":"x"}"#, 404, "unknown_entry"),
        ]
        for (id, body, status, word) in table {
          let response = try await centre.ask(.post, "/api/v1/quarantine/\(id)/\(action)", body: body)
          #expect(response.status.code == status, "\(id) \(body ?? "-")")
          #expect(try response.problem().error == word)
        }
      }
      #expect(try await centre.get("/api/v1/quarantine", as: QuarantineReply.self).quarantine.count == 1)
    }
  }

  @Test func `what is still refused stays held and says why`() async throws {
    try await Centre.with { centre in
      let entry = try await held(centre)
      let response = try await centre.ask(
        .post, "/api/v1/quarantine/\(entry)/requeue", body: #"{"reason":"aturan diperbaiki"}"#)
      let decision = try response.decoded(QuarantineReply.Decision.self)
      #expect(decision.outcome == "held")
      #expect(decision.code == "write_rule")
      #expect(decision.reason?.isEmpty == false)
      #expect(try await centre.get("/api/v1/quarantine", as: QuarantineReply.self).quarantine.count == 1)
    }
  }

  @Test func `what an office recorded before it was revoked is let in by an admin alone`() async throws {
    try await Centre.with { centre in
      var office = try await centre.office("kec-lalabata")
      var old = try office.batch(
        population, [edit(id(3), person("BUDI", nik: "7312040101900009", address: "Jl. D"), at: 0)])
      try await centre.store.revoke(office.node, now: start)
      office.restart(random: 51)
      try await centre.join(office, key: "m")
      old.session = 2
      try await centre.apply(office, old)
      let held = try await centre.get("/api/v1/quarantine", as: QuarantineReply.self).quarantine
      #expect(held.map(\.code) == ["revoked_backlog"])
      let entry = try #require(held.first).id
      let operating = try await centre.token(.operator)
      for (action, body) in [("requeue", #"{"reason":"x"}"#), ("mend", #"{"fields":{"alamat":"JL. E"},"reason":"x"}"#)]
      {
        let refused = try await centre.ask(
          .post, "/api/v1/quarantine/\(entry)/\(action)", realm: .network, headers: operating, body: body)
        #expect(refused.status == .forbidden, "\(action): \(refused.text)")
        #expect(try refused.problem().error == "role")
      }
      let admin = try await centre.token(.admin)
      let decided = try await centre.ask(
        .post, "/api/v1/quarantine/\(entry)/requeue", realm: .network, headers: admin, body: #"{"reason":"utuh"}"#)
      #expect(decided.status == .ok, "\(decided.text)")
    }
  }

  @Test func `what is discarded is decided for good and in the ledger`() async throws {
    try await Centre.with { centre in
      let entry = try await held(centre)
      let response = try await centre.ask(
        .post, "/api/v1/quarantine/\(entry)/discard", reason: "uji coba")
      #expect(response.status == .ok, "\(response.text)")
      #expect(try response.decoded(QuarantineReply.Decision.self).outcome == "discarded")
      let ledger = try await centre.get("/api/v1/ledger", as: LedgerReply.self).ledger
      #expect(ledger.map(\.reason) == ["discarded"])
      for action in ["requeue", "discard"] {
        let again = try await centre.ask(
          .post, "/api/v1/quarantine/\(entry)/\(action)", body: #"{"reason":"x"}"#)
        #expect(again.status == .conflict)
        #expect(try again.problem().error == "not_held")
      }
    }
  }

  @Test func `what is put right takes effect, and what cannot be is told why`() async throws {
    try await Centre.with { centre in
      let entry = try await held(centre)
      let path = "/api/v1/quarantine/\(entry)/mend"
      #expect(try await centre.ask(.post, path, body: #"{"fields":{"alamat":"JL. E"}}"#).problem().error == "required")
      let wrong = try await centre.ask(.post, path, body: #"{"fields":{"nik":"12"},"reason":"x"}"#)
      #expect(wrong.status == .unprocessableContent)
      #expect(try wrong.problem().field == "nik")
      let done = try await centre.ask(.post, path, body: #"{"fields":{"alamat":"JL. E"},"reason":"akta"}"#)
      #expect(try done.decoded(QuarantineReply.Decision.self).outcome == "mended", "\(done.text)")
      let record = try await centre.get(
        "/api/v1/datasets/population/records/\(id(3))", as: RecordReply.self)
      #expect(record.fields["alamat"] == .string("JL. E") && record.fields["nama"] != nil)
      #expect(try await centre.ask(.post, path, body: #"{"fields":{},"reason":"x"}"#).problem().error == "not_held")
      #expect(try await centre.get("/api/v1/quarantine?state=mended", as: QuarantineReply.self).quarantine.count == 1)
    }
  }

  @Test func `letting a backlog in needs a reason and an office`() async throws {
    try await Centre.with { centre in
      _ = try await centre.office("kec-citta")
      let path = "/api/v1/nodes/kec-citta/backlog"
      #expect(try await centre.ask(.post, path, body: "{}").problem().error == "required")
      #expect(
        try await centre.ask(.post, "/api/v1/nodes/bpbd/backlog", body: #"{"reason":"x"}"#).status
          == .notFound)
      let reply = try await centre.ask(.post, path, body: #"{"reason":"utuh"}"#).decoded(BacklogDecision.self)
      #expect(reply == BacklogDecision(node: "kec-citta", taken: 0, held: 0))
    }
  }
}
