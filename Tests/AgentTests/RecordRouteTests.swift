import Datasets
import Foundation
import HTTPTypes
import NodeStorage
import RouterSupport
import Testing

@testable import Agent

private let population = "/api/v1/datasets/population/records"
private let json = "application/json"

@Suite struct RecordRouteTests {
  @Test func `who enters a deleted person anew is told so`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let records = "/api/v1/datasets/population/records"
      let person =
        #"{"nik": "\#(Fixture.nik(1))", "tanggal_lahir": "1990-03-02", "nama": "BUDI", "#
        + #""kode_wilayah": "\#(Fixture.village)"}"#
      let made = try await client.post(records, person)
      let id = try #require(made.list("records").first?["id"] as? String)
      #expect(try await client.send(.delete, records + "/" + id).status == .ok)
      let again = try await client.post(records, person)
      #expect(again.integer("accepted") == 0)
      #expect(again.list("rejected").first?["code"] as? String == "gone", "\(again.text)")
    }
  }

  @Test func `datasets are listed with their fields`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.get("/api/v1/datasets")
      let ids = answer.list("datasets").map { $0["id"] as? String }
      #expect(ids == ["population", "attendance", "camera", "link", "site"])
      let fields = answer.list("datasets").first?["fields"] as? [[String: Any]]
      #expect(
        fields?.contains { $0["name"] as? String == "nik" && $0["personal"] as? String == "identifier" }
          == true)
    }
  }

  @Test func `a list goes page by page to its end`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      var ids: Set<String> = []
      for serial in 1...5 { ids.insert(try await client.createPerson(serial, name: "WARGA \(serial)")) }
      var seen: [String] = []
      var cursor = ""
      for _ in 0..<3 {
        let page = try await client.get("\(population)?limit=2\(cursor)")
        #expect(page.status == .ok)
        seen += page.list("records").compactMap { $0["id"] as? String }
        cursor = page.string("next").map { "&cursor=\($0)" } ?? ""
        if page.isNull("next") { break }
      }
      #expect(cursor.isEmpty)
      #expect(seen.count == 5)
      #expect(Set(seen) == ids)
    }
  }

  @Test func `fields and a text narrow a list`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, name: "SITI")
      _ = try await client.createPerson(2, name: "BUDI")
      let byText = try await client.get("\(population)?q=sit")
      #expect(byText.list("records").map { $0["id"] as? String } == [id])
      let byField = try await client.get("\(population)?nama=SITI&kode_wilayah=73.12.04.1001")
      #expect(byField.list("records").map { $0["id"] as? String } == [id])
      #expect(try await client.get("\(population)?nama=NOBODY").list("records").isEmpty)
      #expect(try await client.get("\(population)?warna=biru").status == .badRequest)
      #expect(try await client.get("\(population)?limit=0").status == .badRequest)
      #expect(try await client.get("\(population)?cursor=zz").status == .badRequest)
    }
  }

  @Test func `a record comes with its version as entity tag`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let answer = try await client.get("\(population)/\(id)")
      let version = try #require(answer.string("version"))
      #expect(answer.headers[.eTag] == "\"\(version)\"")
      #expect(try await client.get("\(population)/\(String(repeating: "0", count: 32))").status == .notFound)
      #expect(try await client.get("\(population)/none").status == .notFound)
    }
  }

  @Test func `identifiers are masked unless the admin says why`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let masked = try await client.get("\(population)/\(id)")
      #expect(masked.object("fields")["nik"] as? String == "731204******0001")
      #expect(!masked.text.contains(Fixture.nik(1)))
      let list = try await client.get(population)
      #expect(!list.text.contains(Fixture.nik(1)))
      let history = try await client.get("\(population)/\(id)/history")
      #expect(!history.text.contains(Fixture.nik(1)))
      let plain = try await client.get("\(population)/\(id)", reason: "pemeriksaan ganda")
      #expect(plain.object("fields")["nik"] as? String == Fixture.nik(1))
    }
  }

  @Test func `neither names nor cursors of scans give a PIN away`() async throws {
    let office = try await Office("dinkes")
    let attendance = "/api/v1/datasets/attendance/records"
    try await office.application().asking { client in
      let rows = (100...103).map {
        #"{"device": "BX1", "pin": "99\#($0)", "time": "2026-11-02T07:00:00+08:00", "status": 0}"#
      }
      _ = try await client.post(attendance, rows.joined(separator: "\n"), type: "application/x-ndjson")
      let first = try await client.get("\(attendance)?limit=3")
      #expect(first.list("records").count == 3)
      let hidden = first.text
      #expect(!hidden.contains("99100"))
      #expect(!hidden.contains(Hexadecimal.text(of: Array("99102".utf8))))
      let next = try #require(first.string("next"))
      let second = try await client.get("\(attendance)?limit=3&cursor=\(next)")
      #expect(second.list("records").count == 1)
      #expect(second.isNull("next"))
      #expect(try await client.get("\(attendance)?cursor=made-up").status == .badRequest)

      let shown = try await client.get("\(attendance)?limit=1", reason: "rekap")
      let id = try #require(shown.list("records").first?["id"] as? String)
      #expect(id.contains("99100"))
      let escaped = try #require(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let one = try await client.get("\(attendance)/\(escaped)", reason: "rekap")
      #expect(one.status == .ok)
      #expect(one.object("fields")["pin"] as? String == "99100")
    }
  }

  @Test func `a masked number is found as a whole and not by its parts`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      var ids: [String] = []
      for serial in 1...3 { ids.append(try await client.createPerson(serial, name: "WARGA \(serial)")) }
      let whole = try await client.get("\(population)?q=\(Fixture.nik(2))")
      #expect(whole.list("records").map { $0["id"] as? String } == [ids[1]])
      let part = try await client.get("\(population)?q=7312040203&limit=1")
      #expect(part.list("records").isEmpty)
      #expect(part.isNull("next"))
      let shown = try await client.get("\(population)?q=7312040203", reason: "cari keluarga")
      #expect(shown.list("records").count == 3)
    }
  }

  @Test func `a history tells what this office wrote`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      _ = try await client.send(
        .patch, "\(population)/\(id)", #"{"alamat": "JL. A"}"#, type: json, reason: "pindah rumah")
      let history = try await client.get("\(population)/\(id)/history").list("history")
      #expect(history.count == 2)
      #expect(history[0]["traits"] as? [String] == ["creation"])
      #expect(history[1]["traits"] as? [String] == ["blind"])
      #expect(history[1]["reason"] as? String == "pindah rumah")
      #expect(history.allSatisfy { $0["disposition"] as? String == "pending" })
      #expect(history.allSatisfy { $0["node"] as? String == "kec-lalabata" })
    }
  }

  @Test func `a digest counts and says what is pending`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let empty = try await client.get("/api/v1/datasets/population/digest")
      #expect(empty.integer("count") == 0)
      _ = try await client.createPerson()
      let one = try await client.get("/api/v1/datasets/population/digest")
      #expect(one.integer("count") == 1)
      #expect(one.integer("pending") == 1)
      #expect(one.string("digest") != empty.string("digest"))
      #expect(one.string("digest")?.count == 64)
      #expect(try await client.get("/api/v1/datasets/nowhere/digest").status == .notFound)
    }
  }
}

@Suite struct EditingTests {
  @Test func `a patch changes what it names and nothing else`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, #", "alamat": "JL. A", "rt": "001""#)
      let version = try #require(try await client.get("\(population)/\(id)").string("version"))
      let answer = try await client.send(
        .patch, "\(population)/\(id)", #"{"alamat": "JL. B", "rt": null}"#, type: json,
        version: "\"\(version)\"")
      #expect(answer.status == .ok)
      #expect(answer.object("fields")["alamat"] as? String == "JL. B")
      #expect(answer.object("fields")["rt"] == nil)
      #expect(answer.object("fields")["nama"] as? String == "BUDI")
      #expect(answer.string("version") != version)
      #expect(answer.headers[.eTag] == answer.string("version").map { "\"\($0)\"" })
      // Not blind: the editor said what it saw.
      let history = try await client.get("\(population)/\(id)/history").list("history")
      #expect(history.last?["traits"] as? [String] == [])
    }
  }

  @Test func `an old version is 412 with the record as it is`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, #", "alamat": "JL. A""#)
      let version = try #require(try await client.get("\(population)/\(id)").string("version"))
      _ = try await client.send(.patch, "\(population)/\(id)", #"{"alamat": "JL. B"}"#, type: json)
      let stale = try await client.send(
        .patch, "\(population)/\(id)", #"{"alamat": "JL. C"}"#, type: json, version: version)
      #expect(stale.status == .preconditionFailed)
      #expect(stale.string("field") == "alamat")
      let present = stale.object("present")["fields"] as? [String: Any]
      #expect(present?["alamat"] as? String == "JL. B")
      #expect(present?["nik"] as? String == "731204******0001")
      // Another field was not touched since: no conflict.
      let other = try await client.send(
        .patch, "\(population)/\(id)", #"{"telepon": "081234567890"}"#, type: json, version: version)
      #expect(other.status == .ok)
    }
  }

  @Test func `what is no version of the record is 412 with the record`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1)
      let other = try await client.createPerson(2)
      let version = try #require(try await client.get("\(population)/\(other)").string("version"))
      for wrong in [version, "\"abc\""] {
        let answer = try await client.send(
          .patch, "\(population)/\(id)", #"{"alamat": "X"}"#, type: json, version: wrong)
        #expect(answer.status == .preconditionFailed)
        #expect(answer.object("present")["id"] as? String == id)
      }
    }
  }

  @Test func `a value that does not fit is 422 and names its field`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let cases = [
        (#"{"tanggal_lahir": "kemarin"}"#, "tanggal_lahir"), (#"{"nama": null}"#, "nama"),
        (#"{"nik": "731204******0001"}"#, "nik"), (#"{"warna": "biru"}"#, "warna"),
        (#"{"lifecycle": "deleted"}"#, "lifecycle"),
      ]
      for (body, field) in cases {
        let answer = try await client.send(.patch, "\(population)/\(id)", body, type: json)
        #expect(answer.status == .unprocessableContent, "\(body)")
        #expect(answer.string("field") == field, "\(body)")
      }
      #expect(try await client.send(.patch, "\(population)/\(id)", "{", type: json).status == .badRequest)
      #expect(
        try await client.send(.patch, "\(population)/\(id)", "a=b", type: "text/plain").status
          == .unsupportedMediaType)
      let elsewhere = try await client.send(
        .patch, "\(population)/\(id)", #"{"kode_wilayah": "73.12.04.9999"}"#, type: json)
      #expect(elsewhere.status == .unprocessableContent)
    }
  }

  @Test func `a monotone field goes back only as a correction`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, #", "status_hidup": "meninggal""#)
      let back = #"{"status_hidup": "hidup"}"#
      let refused = try await client.send(.patch, "\(population)/\(id)", back, type: json)
      #expect(refused.status == .unprocessableContent)
      #expect(refused.string("error") == "step_back")
      #expect(refused.string("field") == "status_hidup")
      // As a program says it, and as a person at a terminal does.
      for word in ["correction=true", "--correction"] {
        #expect(refused.string("message")?.contains(word) == true, "\(refused.text)")
      }
      let taken = try await client.send(.patch, "\(population)/\(id)?correction=true", back, type: json)
      #expect(taken.status == .ok)
      #expect(taken.object("fields")["status_hidup"] as? String == "hidup")
      let history = try await client.get("\(population)/\(id)/history").list("history")
      #expect((history.last?["traits"] as? [String])?.contains("correction") == true)
    }
  }

  @Test func `a deleted record is out of lists, takes no edits, and can be restored`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let deleted = try await client.send(
        .delete, "\(population)/\(id)", #"{"reason": "tercatat dua kali"}"#, type: json)
      #expect(deleted.status == .ok)
      #expect(deleted.string("lifecycle") == "deleted")
      #expect(try await client.get(population).list("records").isEmpty)
      let edit = try await client.send(.patch, "\(population)/\(id)", #"{"alamat": "X"}"#, type: json)
      #expect(edit.status == .gone)
      #expect(edit.object("present")["lifecycle"] as? String == "deleted")
      let read = try await client.get("\(population)/\(id)")
      #expect(read.status == .ok)
      #expect(read.string("lifecycle") == "deleted")
      // Once more changes nothing.
      _ = try await client.send(.delete, "\(population)/\(id)")
      let history = try await client.get("\(population)/\(id)/history").list("history")
      #expect(history.count == 2)
      #expect(history.last?["reason"] as? String == "tercatat dua kali")

      let restored = try await client.send(
        .post, "\(population)/\(id)/restoration", version: read.string("version"),
        reason: "ternyata satu orang")
      #expect(restored.status == .ok)
      #expect(restored.string("lifecycle") == nil)
      #expect(try await client.get(population).list("records").count == 1)
      #expect(
        try await client.send(.patch, "\(population)/\(id)", #"{"alamat": "X"}"#, type: json).status == .ok)
    }
  }

  @Test func `a delete with a version from before an own delete is 412`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let version = try #require(try await client.get("\(population)/\(id)").string("version"))
      _ = try await client.send(.delete, "\(population)/\(id)", version: version)
      _ = try await client.send(.post, "\(population)/\(id)/restoration")
      let answer = try await client.send(
        .patch, "\(population)/\(id)", #"{"alamat": "X"}"#, type: json, version: version)
      // Restored meanwhile: the old screen may be saved again.
      #expect(answer.status == .ok)
    }
  }

  @Test func `events are not edited and unknown records not found`() async throws {
    let office = try await Office("dinkes")
    try await office.application().asking { client in
      let answer = try await client.send(
        .patch, "/api/v1/datasets/attendance/records/x", "{}", type: json)
      #expect(answer.status == .methodNotAllowed)
      #expect(answer.string("error") == "not_editable")
    }
    let kecamatan = try await Office()
    try await kecamatan.application().asking { client in
      let nobody = String(repeating: "0", count: 32)
      for method in [HTTPRequest.Method.patch, .delete] {
        let answer = try await client.send(method, "\(population)/\(nobody)", #"{"alamat": "X"}"#, type: json)
        #expect(answer.status == .notFound)
      }
    }
  }
}
