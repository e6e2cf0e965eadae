import Datasets
import Foundation
import HTTPTypes
import NodeStorage
import Replication
import RouterSupport
import Testing
import Wire

@testable import Agent

private let population = "/api/v1/datasets/population/records"
private let json = "application/json"

@Suite struct ConflictRouteTests {
  /// A person whose name and address two offices changed without seeing each other.
  private func disagreement(_ office: Office, _ client: RouterClient) async throws -> String {
    let id = try await client.createPerson(1, name: "BUDI", #", "alamat": "JL. A""#)
    let record = Fixture.record(id)
    let theirs = try await edit(office, record, by: 1, nama: "BUDIMAN", alamat: "JL. PUSAT")
    let own = try await client.send(
      .patch, "\(population)/\(id)", #"{"nama": "BUDI SANTOSO", "alamat": "JL. KITA"}"#, type: json)
    try #require(own.status == .ok)
    try await office.receive([(record, theirs)], at: 1)
    return id
  }

  /// The centre's state after an edit of Disdukcapil that has seen what the office's copy holds now.
  private func edit(
    _ office: Office, _ record: RecordID, by sequence: UInt64, nama: String, alamat: String? = nil
  ) async throws -> RecordState {
    let state = try await office.store.state(Fixture.population, record) ?? .empty
    var edits = [
      Change.Edit(field: Fixture.field("nama"), value: .text(nama), saw: state[Fixture.field("nama")].context)
    ]
    if let alamat {
      edits.append(
        Change.Edit(
          field: Fixture.field("alamat"), value: .text(alamat), saw: state[Fixture.field("alamat")].context))
    }
    return try await office.state(
      record, after: Change(record: record, edits: edits), by: Fixture.dot("disdukcapil", sequence),
      at: 1_795_000_100_000)
  }

  private func path(_ id: String, _ field: String) -> String {
    "/api/v1/conflicts/population%2F\(id)%2F\(field)"
  }

  @Test func `two edits that did not see each other are a conflict with both siblings`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await disagreement(office, client)
      let all = try await client.get("/api/v1/conflicts").list("conflicts")
      #expect(all.map { $0["field"] as? String } == ["alamat", "nama"])
      let open = try await client.get("/api/v1/conflicts?state=open&dataset=population").list("conflicts")
      #expect(open.map { $0["id"] as? String } == ["population/\(id)/nama"])
      let settled = try await client.get("/api/v1/conflicts?state=settled").list("conflicts")
      #expect(settled.map { $0["field"] as? String } == ["alamat"])
      #expect(try await client.get("/api/v1/conflicts?dataset=attendance").list("conflicts").isEmpty)
      #expect(try await client.get("/api/v1/conflicts?state=half").status == .badRequest)

      let conflict = try await client.get(path(id, "nama"))
      #expect(conflict.status == .ok)
      #expect(conflict.string("policy") == "review")
      #expect(conflict.string("state") == "open")
      // The authority's value shows until a person has decided.
      #expect(conflict.string("shown") == "BUDIMAN")
      let siblings = conflict.list("siblings")
      #expect(Set(siblings.compactMap { $0["node"] as? String }) == ["disdukcapil", "kec-lalabata"])
      #expect(Set(siblings.compactMap { $0["value"] as? String }) == ["BUDIMAN", "BUDI SANTOSO"])
      let record = try await client.get("\(population)/\(id)")
      #expect(record.object("conflicts")["nama"] as? String == "open")
      #expect(try await client.get(path(id, "rt")).status == .notFound)
      #expect(try await client.get("/api/v1/conflicts/none").status == .notFound)
    }
  }

  @Test func `pages of conflicts go on where the one before ended`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      _ = try await disagreement(office, client)
      let first = try await client.get("/api/v1/conflicts?limit=1")
      #expect(first.list("conflicts").map { $0["field"] as? String } == ["alamat"])
      let next = try #require(first.string("next"))
      let second = try await client.get("/api/v1/conflicts?limit=1&cursor=\(next)")
      #expect(second.list("conflicts").map { $0["field"] as? String } == ["nama"])
      #expect(second.isNull("next"))
    }
  }

  @Test func `a resolution ends the conflict and is an ordinary change`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await disagreement(office, client)
      let version = try #require(try await client.get(path(id, "nama")).string("version"))
      let answer = try await client.post(
        path(id, "nama") + "/resolution",
        #"{"value": "BUDI SANTOSO", "version": "\#(version)", "reason": "sesuai akta"}"#)
      #expect(answer.status == .ok)
      #expect(answer.string("state") == "settled")
      #expect(answer.string("shown") == "BUDI SANTOSO")
      #expect(answer.list("siblings").count == 1)
      #expect(try await client.get("/api/v1/conflicts?state=open").list("conflicts").isEmpty)
      let history = try await client.get("\(population)/\(id)/history").list("history")
      #expect(history.last?["traits"] as? [String] == ["resolution"])
      #expect(history.last?["reason"] as? String == "sesuai akta")
      // Sent again: it is decided already, by what this version had not seen.
      let again = try await client.post(
        path(id, "nama") + "/resolution", #"{"value": "BUDIMAN", "version": "\#(version)"}"#)
      #expect(again.status == .conflict)
    }
  }

  @Test func `a sibling that came since is 409 and stays`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await disagreement(office, client)
      let version = try #require(try await client.get(path(id, "nama")).string("version"))
      let record = Fixture.record(id)
      // Another incarnation of thought: a change that saw nothing of the two.
      let change = Change(
        record: record,
        edits: [Change.Edit(field: Fixture.field("nama"), value: .text("BOEDI"), saw: .empty)])
      let state = try await office.state(
        record, after: change, by: Fixture.dot("kec-citta", 1), at: 1_795_000_200_000)
      try await office.receive([(record, state)], at: 2)
      let answer = try await client.post(
        path(id, "nama") + "/resolution", #"{"value": "BUDIMAN", "version": "\#(version)"}"#)
      #expect(answer.status == .conflict)
      #expect(answer.object("present")["id"] as? String == id)
      #expect(try await client.get(path(id, "nama")).list("siblings").count == 3)
    }
  }

  @Test func `a resolution needs a value that fits and a version of ours`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await disagreement(office, client)
      let resolution = path(id, "nama") + "/resolution"
      let version = try #require(try await client.get(path(id, "nama")).string("version"))
      let long = String(repeating: "x", count: 101)
      let cases: [(String, Int)] = [
        (#"{"value": "\#(long)", "version": "\#(version)"}"#, 422),
        (#"{"value": "BUDI", "version": "??"}"#, 412),
        (#"{"value": "BUDI"}"#, 400), ("[]", 400),
      ]
      for (body, status) in cases {
        #expect(try await client.post(resolution, body).status.code == status, "\(body.prefix(40))")
      }
      #expect(
        try await client.post(path(id, "rt") + "/resolution", #"{"value": "1", "version": "\#(version)"}"#)
          .status
          == .notFound)
    }
  }

  @Test func `a date that lies ahead and is stored can be chosen and sent back, and no other`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1)
      let record = Fixture.record(id)
      let ahead = try #require(CalendarDate("2190-01-01"))
      let change = Change(
        record: record,
        edits: [Change.Edit(field: Fixture.field("tanggal_lahir"), value: .date(ahead), saw: .empty)])
      let state = try await office.state(
        record, after: change, by: Fixture.dot("disdukcapil", 1), at: 1_795_000_100_000)
      try await office.receive([(record, state)], at: 1)
      let conflict = path(id, "tanggal_lahir")
      let version = try #require(try await client.get(conflict).string("version"))
      func resolution(_ date: String) -> String { #"{"value": "\#(date)", "version": "\#(version)"}"# }
      let other = try await client.post(conflict + "/resolution", resolution("2190-01-02"))
      #expect(other.string("error") == "date_in_future", "\(other.text)")
      let chosen = try await client.post(conflict + "/resolution", resolution("2190-01-01"))
      #expect(chosen.status == .ok, "\(chosen.text)")
      // A screen sends back the whole record as it was read.
      func save(_ date: String) async throws -> Answer {
        let body = #"{"tanggal_lahir": "\#(date)", "alamat": "JL. B"}"#
        return try await client.send(.patch, "\(population)/\(id)", body, type: json)
      }
      let saved = try await save("2190-01-01")
      #expect(saved.status == .ok, "\(saved.text)")
      #expect(try await save("2190-01-02").string("error") == "date_in_future")
    }
  }

  @Test func `values of identifiers are masked in conflicts too`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1)
      let record = Fixture.record(id)
      let change = Change(
        record: record,
        edits: [Change.Edit(field: Fixture.field("nik"), value: .text(Fixture.nik(2)), saw: .empty)])
      let state = try await office.state(
        record, after: change, by: Fixture.dot("disdukcapil", 1), at: 1_795_000_100_000)
      try await office.receive([(record, state)], at: 1)
      let masked = try await client.get("/api/v1/conflicts")
      #expect(masked.list("conflicts").count == 1)
      #expect(!masked.text.contains(Fixture.nik(1)) && !masked.text.contains(Fixture.nik(2)))
      let plain = try await client.get("/api/v1/conflicts", reason: "pembetulan NIK")
      #expect(plain.text.contains(Fixture.nik(1)) && plain.text.contains(Fixture.nik(2)))
      // Whose is right can be said without a look: the reason is that of the order.
      let version = try #require(masked.list("conflicts").first?["version"] as? String)
      func order(_ node: String) async throws -> Answer {
        let body = #"{"take": "\#(node)", "version": "\#(version)"}"#
        return try await client.send(.post, path(id, "nik") + "/resolution", body, type: json, reason: "akta")
      }
      #expect(try await order("kec-citta").status.code == 422)
      let taken = try await order("disdukcapil")
      #expect(taken.status == .ok && taken.string("state") == "settled", "\(taken.text)")
      #expect(!taken.text.contains(Fixture.nik(1)) && !taken.text.contains(Fixture.nik(2)), "\(taken.text)")
      #expect(
        try await client.get("/api/v1/audit").list("audit").map { $0["action"] as? String } == ["resolve", "reveal"])
      let found = try await client.get("\(population)/\(id)", reason: "cek")
      #expect(found.object("fields")["nik"] as? String == Fixture.nik(2), "\(found.text)")
    }
  }
}
