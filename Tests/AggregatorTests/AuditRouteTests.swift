import API
import CentreStorage
import Datasets
import HTTPTypes
import Replication
import RouterSupport
import Testing

@Suite struct AuditRouteTests {
  private func entries(_ centre: Centre) async throws -> [AuditReply.Entry] {
    try await centre.get("/api/v1/audit?limit=1000", as: AuditReply.self).audit.reversed()
  }

  private static let population = "/api/v1/datasets/population/records"

  @Test func `a list, a record, its history and conflicts are one look each, and none masked`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let record = "\(Self.population)/\(id(1))"
      let paths = [Self.population, record, record + "/history", "/api/v1/conflicts"]
      for path in paths { _ = try await centre.ask(.get, path) }
      #expect(try await entries(centre).isEmpty)
      for path in paths { _ = try await centre.ask(.get, path, reason: "cek") }
      let looks = try await entries(centre)
      // Conflicts are of names and addresses: no number is shown there.
      #expect(looks.map(\.count) == [2, 1, 1])
      #expect(
        looks.map(\.records) == [[id(1).description, id(2).description], [id(1).description], [id(1).description]])
      #expect(looks.allSatisfy { $0.action == "reveal" && $0.subject == "population" && $0.reason == "cek" })
    }
  }

  @Test func `what people decide is noted with its reason`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let conflict = try #require(
        try await centre.get("/api/v1/conflicts?state=open", as: ConflictsReply.self).conflicts.first)
      let record = "\(Self.population)/\(id(2))"
      let resolution = #"{"value":"ANDI","version":"\#(conflict.version)","reason":"akta"}"#
      let orders: [(HTTPRequest.Method, String, String?)] = [
        (.post, "/api/v1/conflicts/\(conflict.id.replacing("/", with: "%2F"))/resolution", resolution),
        (.patch, record, #"{"alamat":"Jl. Baru"}"#), (.delete, record, nil), (.post, record + "/restoration", nil),
        (.post, "/api/v1/nodes/kec-citta/invitation", nil),
        (.post, "/api/v1/nodes/kec-lalabata/backlog", #"{"reason":"utuh"}"#),
        (.post, "/api/v1/nodes/kec-lalabata/revocation", #"{"reason":"laptop hilang"}"#),
        (.post, "/api/v1/fleet-key/rotation", #"{"present":1,"reason":"laptop hilang"}"#),
      ]
      for (method, path, body) in orders {
        let answer = try await centre.ask(method, path, body: body)
        #expect(answer.status == .ok, "\(path): \(answer.text)")
      }
      let noted = try await entries(centre)
      #expect(
        noted.map { "\($0.action) \($0.subject)" } == [
          "resolve \(conflict.id)", "edit population/\(id(2))", "delete population/\(id(2))",
          "restore population/\(id(2))", "invite kec-citta", "accept_backlog kec-lalabata", "revoke kec-lalabata",
          "fleet_key fleet-key/2",
        ])
      #expect(noted.map(\.reason).suffix(3) == ["utuh", "laptop hilang", "laptop hilang"])
      #expect(noted.first?.reason == "akta")
      #expect(noted.allSatisfy { $0.outcome == nil })
    }
  }

  @Test func `the reason of an order shows no numbers, and no look is noted`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let record = "\(Self.population)/\(id(2))"
      let orders: [(HTTPRequest.Method, String, String?)] = [
        (.patch, record, #"{"alamat":"Jl. Baru"}"#), (.delete, record, nil), (.delete, record, nil),
        (.post, record + "/restoration", nil), (.post, record + "/restoration", nil),
      ]
      for (method, path, body) in orders {
        let answer = try await centre.ask(method, path, reason: "ganda", body: body)
        #expect(answer.text.contains("731204******0002") && !answer.text.contains("7312044507850002"), "\(answer.text)")
      }
      #expect(try await entries(centre).map(\.action) == ["edit", "delete", "restore"])
    }
  }

  @Test func `a conflict of numbers is decided by an office's name without a look at them`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      var office = try await centre.office("kec-citta", random: 70)
      let number = "7312040101900077"
      try await centre.apply(
        office,
        try office.batch(
          Names.dataset("population"),
          [
            edit(
              id(1), person("ANDI MAPPANYUKKI", nik: number, address: "Jl. Kemakmuran 1", region: "73.12.08.2001"),
              at: 90_000)
          ]))
      let path = "/api/v1/conflicts/population%2F\(id(1))%2Fnik"
      let conflict = try await centre.get(path, as: ConflictReply.self)
      for (choice, status) in [
        (#""take":"setda""#, 422), (#""take":"kec-citta","value":null"#, 400), (#""reason":"akta""#, 400),
        (#""take":"kec-citta""#, 200), (#""take":"kec-citta""#, 409),
      ] {
        let body = #"{\#(choice),"version":"\#(conflict.version)"}"#
        let answer = try await centre.ask(.post, path + "/resolution", reason: "akta", body: body)
        #expect(answer.status.code == status, "\(choice): \(answer.text)")
        #expect(!answer.text.contains(number) && !answer.text.contains("7312040101900001"), "\(answer.text)")
      }
      let record = try #require(try await centre.store.record(Names.dataset("population"), id(1)))
      #expect(record.shown[Names.field("nik")] == .text(number))
      #expect(try await entries(centre).map(\.action) == ["resolve"])
    }
  }

  @Test func `what was refused stands there as not done`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let answer = try await centre.ask(
        .patch, "\(Self.population)/\(id(1))", headers: [.ifMatch: "\"abc\""], body: #"{"alamat":"Jl. Baru"}"#)
      #expect(answer.status == .preconditionFailed)
      // A version that is none is no order yet.
      #expect(try await entries(centre).isEmpty)
      let gone = try await centre.ask(.patch, "\(Self.population)/\(id(9))", body: #"{"alamat":"Jl. Baru"}"#)
      #expect(gone.status == .notFound)
      #expect(try await entries(centre).map(\.outcome) == [nil, "not done"])
    }
  }

  @Test func `reasons are shown without the numbers that people type into them`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let record = "\(Self.population)/\(id(2))"
      _ = try await centre.ask(
        .patch, record, reason: "menurut KTP 7312044507850002", body: #"{"alamat":"rumah NIK 7312044507850003"}"#)
      for path in [record, record + "/history", "/api/v1/audit", Self.population] {
        let text = try await centre.ask(.get, path).text
        #expect(!text.contains("7312044507850002") && !text.contains("7312044507850003"), "\(path)")
      }
      #expect(try await centre.ask(.get, record, reason: "cek").text.contains("rumah NIK 7312044507850003"))
      // What was shown masked is no value.
      let masked = try await centre.ask(.patch, record, body: #"{"alamat":"rumah NIK ****************"}"#)
      #expect(try masked.problem().error == "masked")
      // A part of such a number finds nobody.
      let found = try await centre.get("\(Self.population)?q=450785", as: RecordsReply.self)
      #expect(found.records.isEmpty)
    }
  }

  @Test func `the fleet key is shown by its versions, and another than the one in force is not replaced`() async throws
  {
    try await Centre.with { centre in
      _ = try await centre.office("disdukcapil")
      let before = try await centre.get("/api/v1/fleet-key", as: FleetKeyReply.self)
      #expect(before.version == 1 && before.nodes == ["disdukcapil"])
      let table: [(String, Int, String)] = [
        (#"{"present":1}"#, 422, "required"), (#"{"present":2,"reason":"x"}"#, 409, "other_version"),
        (#"{"present":1,"reason":"x"}"#, 200, ""), (#"{"present":1,"reason":"x"}"#, 409, "other_version"),
      ]
      for (body, status, word) in table {
        let answer = try await centre.ask(.post, "/api/v1/fleet-key/rotation", body: body)
        #expect(answer.status.code == status, "\(body): \(answer.text)")
        if status != 200 { #expect(try answer.problem().error == word) }
      }
      #expect(try await centre.get("/api/v1/fleet-key", as: FleetKeyReply.self).versions.map(\.version) == [2, 1])
      let head = try await centre.get("/api/v1/audit/head", as: AuditHeadReply.self)
      #expect(try await centre.get("/api/v1/status", as: StatusReply.self).audit == head)
      #expect(head.sequence == 1)
    }
  }
}
