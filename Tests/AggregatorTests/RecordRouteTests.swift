import API
import Aggregator
import CentreStorage
import Datasets
import Foundation
import HTTPTypes
import Replication
import RouterSupport
import Testing

@Suite struct RecordRouteTests {
  private let records = "/api/v1/datasets/population/records"

  @Test func `datasets are listed with their fields in order`() async throws {
    try await Centre.with { centre in
      let datasets = try await centre.get("/api/v1/datasets", as: DatasetsReply.self).datasets
      #expect(datasets.map(\.id).contains("population"))
      let fields = try #require(datasets.first { $0.id == "population" }).fields
      #expect(fields.prefix(3).map(\.name) == ["no_kk", "nik", "nama"])
      #expect(fields.first { $0.name == "nik" }?.personal == "identifier")
      #expect(fields.first { $0.name == "agama" }?.codes?["1"] == ["id": "ISLAM", "en": "Islam"])
      let region = fields.first { $0.name == "kode_wilayah" }?.codes?["73.12.04.1001"]?["id"]
      #expect(region?.hasSuffix(", Lalabata") == true, "\(region ?? "-")")
      #expect(fields.first { $0.name == "nama" }?.codes == nil)
    }
  }

  @Test func `records are paged by id and masked`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let first = try await centre.ask(.get, "\(records)?limit=1")
      #expect(!first.text.contains("7312040101900001"))
      let page = try first.decoded(RecordsReply.self)
      #expect(page.records.map(\.id) == [id(1).description])
      #expect(page.records.first?.fields["nik"] == .string("731204******0001"))
      #expect(page.records.first?.fields["nama"] == .string("ANDI MAPPANYUKKI"))
      #expect(page.records.first?.conflicts == ["nama": "open", "alamat": "settled"])
      let next = try #require(page.next)
      let rest = try await centre.ask(.get, "\(records)?limit=1&cursor=\(next)")
      #expect(try rest.decoded(RecordsReply.self).records.map(\.id) == [id(2).description])
      #expect(rest.text.contains("\"next\":null"))
    }
  }

  @Test func `a reason discloses identifiers`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let record = try await centre.get("\(records)/\(id(1))", as: RecordReply.self, reason: "cek KK Bu Siti")
      #expect(record.fields["nik"] == .string("7312040101900001"))
    }
  }

  @Test(arguments: [
    ("nik=7312044507850002", 1), ("nama=SITI%20AMINAH", 1), ("kode_wilayah=7312041001", 2),
    ("status_hidup=hidup&nama=NIEMAND", 0), ("q=aminah", 1), ("q=jl.", 2), ("q=NIEMAND", 0),
    // Parts of a masked number find nobody: they would tell its digits one by one.
    ("q=85000", 0), ("q=7312044507850002", 1),
  ])
  func `filters and q find by value`(query: String, count: Int) async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let reply = try await centre.get("\(records)?\(query)", as: RecordsReply.self)
      #expect(reply.records.count == count)
    }
  }

  @Test func `q goes on from page to page`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let page = try await centre.get("\(records)?q=jl&limit=1", as: RecordsReply.self)
      let next = try #require(page.next)
      let rest = try await centre.get("\(records)?q=jl&limit=1&cursor=\(next)", as: RecordsReply.self)
      #expect(page.records.map(\.id) + rest.records.map(\.id) == [id(1).description, id(2).description])
      #expect(rest.next == nil)
    }
  }

  @Test(arguments: [
    ("/api/v1/datasets/nothing/records", 404, "unknown_dataset"),
    ("/api/v1/datasets/Nothing/records", 404, "unknown_dataset"),
    ("/api/v1/datasets/population/records?hobi=x", 400, "malformed"),
    ("/api/v1/datasets/population/records?cursor=zz", 400, "malformed"),
    ("/api/v1/datasets/population/records?limit=0", 400, "malformed"),
    ("/api/v1/datasets/population/records/12", 404, "unknown_record"),
    ("/api/v1/datasets/population/records/00000000000000070000000000000009", 404, "unknown_record"),
    ("/api/v1/datasets/population/records/00000000000000070000000000000009/history", 404, "unknown_record"),
    ("/api/v1/datasets/attendance/records/1,2", 404, "unknown_record"),
    ("/api/v1/datasets/attendance/records/1/history", 405, "not_editable"),
    ("/api/v1/datasets/population/digest?node=niemand", 404, "unknown_node"),
    ("/api/v1/datasets/population/digest?node=Nie%20mand", 400, "malformed"),
    ("/api/v1/conflicts/abc", 404, "unknown_conflict"), ("/api/v1/quarantine/0", 404, "unknown_entry"),
    ("/api/v1/conflicts?state=closed", 400, "malformed"), ("/api/v1/nodes/niemand", 404, "unknown_node"),
    ("/api/v1/nothing", 404, "not_found"),
  ])
  func `what is not there is said in words`(uri: String, status: Int, word: String) async throws {
    try await Centre.with { centre in
      let response = try await centre.ask(.get, uri, headers: [.acceptLanguage: "en"])
      #expect(response.status.code == status)
      let problem = try response.problem()
      #expect(problem.error == word)
      #expect(!problem.message.isEmpty)
    }
  }

  @Test func `a save brings back the version and is seen in the history`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let path = "\(records)/\(id(2))"
      let before = try await centre.ask(.get, path)
      let tag = try #require(before.headers[.eTag])
      #expect(tag == "\"\(try #require(before.decoded(RecordReply.self).version))\"")
      let saved = try await centre.ask(
        .patch, path, reason: "pindah rumah", headers: [.ifMatch: tag, .contentType: "application/json"],
        body: #"{"alamat":"Jl. Baru 7","telepon":"0812-3456-7890"}"#)
      #expect(saved.status == .ok, "\(saved.text)")
      #expect(try saved.decoded(RecordReply.self).fields["alamat"] == .string("Jl. Baru 7"))
      #expect(saved.headers[.eTag] != tag)
      let history = try await centre.get("\(path)/history", as: HistoryReply.self).history
      #expect(history.map(\.node) == ["disdukcapil", "scc"])
      #expect(history.last?.fields["alamat"] == .string("Jl. Baru 7"))
      #expect(history.last?.reason == "pindah rumah")
      #expect(history.last?.traits == [])
      #expect(history.first?.fields["nik"] == .string("731204******0002"))
      #expect(history.first?.disposition == "applied")
    }
  }

  @Test func `the centre's own later change is a precondition that failed`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let path = "\(records)/\(id(2))"
      let tag = try #require(try await centre.ask(.get, path).headers[.eTag])
      let first = try await centre.ask(.patch, path, headers: [.ifMatch: tag], body: #"{"alamat":"A"}"#)
      #expect(first.status == .ok)
      let second = try await centre.ask(.patch, path, headers: [.ifMatch: tag], body: #"{"alamat":"B"}"#)
      #expect(second.status == .preconditionFailed)
      let problem = try second.problem()
      #expect(problem.error == "stale")
      #expect(problem.field == "alamat")
      #expect(problem.present?.fields["alamat"] == .string("A"))
      #expect(problem.present?.fields["nik"] == .string("731204******0002"))
      // Another field is nobody's quarrel, and without a version the present is what was seen.
      #expect(
        try await centre.ask(.patch, path, headers: [.ifMatch: tag], body: #"{"rt":"001"}"#).status == .ok)
      #expect(try await centre.ask(.patch, path, body: #"{"alamat":"C"}"#).status == .ok)
    }
  }

  @Test(arguments: [
    (#"{"nik":"731204******0002"}"#, 422, "masked"), (#"{"nama":null}"#, 422, "required"),
    (#"{"hobi":"x"}"#, 422, "unknown_field"), (#"{"tanggal_lahir":"31-02-2000"}"#, 422, "not_a_date"),
    (#"{"kode_wilayah":"73.12.99.1001"}"#, 422, "unknown_region"),
    (#"{"kode_wilayah":"73.12.04"}"#, 422, "not_a_village"), (#"{"kode_wilayah":"74"}"#, 422, "not_a_village"),
    (#"["nama"]"#, 400, "malformed"),
  ])
  func `a value that does not fit is refused with its field`(body: String, status: Int, word: String)
    async throws
  {
    try await Centre.with { centre in
      try await centre.fill()
      let response = try await centre.ask(.patch, "\(records)/\(id(2))", body: body)
      #expect(response.status.code == status)
      #expect(try response.problem().error == word)
    }
  }

  @Test func `a monotone field goes back only as a correction`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let path = "\(records)/\(id(2))"
      #expect(try await centre.ask(.patch, path, body: #"{"status_hidup":"meninggal"}"#).status == .ok)
      let back = try await centre.ask(.patch, path, body: #"{"status_hidup":"hidup"}"#)
      #expect(back.status.code == 422)
      #expect(try back.problem().error == "step_back")
      #expect(
        try await centre.ask(.patch, "\(path)?correction=true", body: #"{"status_hidup":"hidup"}"#).status
          == .ok)
    }
  }

  @Test func `a deleted record is gone from lists and comes back by restoring`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let path = "\(records)/\(id(2))"
      let deleted = try await centre.ask(.delete, path, reason: "ganda")
      #expect(deleted.status == .ok)
      #expect(try deleted.decoded(RecordReply.self).lifecycle == "deleted")
      #expect(try await centre.get(records, as: RecordsReply.self).records.map(\.id) == [id(1).description])
      for response in [
        try await centre.ask(.delete, path), try await centre.ask(.patch, path, body: #"{"alamat":"X"}"#),
      ] {
        #expect(response.status == .gone)
        #expect(try response.problem().present?.lifecycle == "deleted")
      }
      let restored = try await centre.ask(.post, "\(path)/restoration")
      #expect(try restored.decoded(RecordReply.self).lifecycle == nil)
      #expect(try await centre.get(records, as: RecordsReply.self).records.count == 2)
      // Nobody is harmed by asking again.
      #expect(try await centre.ask(.post, "\(path)/restoration").status == .ok)
    }
  }

  @Test func `data is recorded at the offices`() async throws {
    try await Centre.with { centre in
      let response = try await centre.ask(.post, records, body: "[]")
      #expect(response.status == .methodNotAllowed)
      #expect(try response.problem().error == "recorded_at_nodes")
    }
  }

  @Test func `an edit moves the feed`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let before = try await centre.store.feedEnd()
      _ = try await centre.ask(.patch, "\(records)/\(id(2))", body: #"{"alamat":"X"}"#)
      #expect(try await centre.store.feedEnd() > before)
    }
  }

  @Test func `the digest says where it was taken`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let path = "/api/v1/datasets/population/digest"
      let all = try await centre.get(path, as: DigestReply.self)
      #expect(all.count == 2)
      #expect(all.position == (try await centre.store.feedEnd()))
      #expect(all.epoch == centre.store.epoch.description)
      #expect(all.digest.utf8.count == 64)
      #expect(try await centre.get("\(path)?node=disdukcapil", as: DigestReply.self).digest == all.digest)
      #expect(try await centre.get("\(path)?node=kec-citta", as: DigestReply.self).count == 0)
    }
  }
}

@Suite struct OccurrenceRouteTests {
  private let records = "/api/v1/datasets/attendance/records"

  private func fill(_ centre: Centre) async throws {
    var office = try await centre.office("bkpsdm")
    try await centre.apply(
      office,
      try office.batch(
        attendance,
        [punch(pin: "101", second: 0), punch(pin: "101", second: 60), punch(pin: "102", second: 0)]))
    try await centre.apply(
      office, try office.batch(attendance, [punch(pin: "102", second: 0, verify: 4, at: 5)]))
  }

  @Test func `events are listed by natural key and found by their id`() async throws {
    try await Centre.with { centre in
      try await fill(centre)
      let ids = try await pages(centre, reason: "cek absen").flatMap(\.records).map(\.id)
      #expect(ids.count == 3)
      let name = try #require(ids.last)
      #expect(name.hasPrefix("CQZ1,102,2026-"))
      let segment = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let event = try await centre.get("\(records)/\(segment)", as: RecordReply.self, reason: "cek absen")
      #expect(event.fields["pin"] == .string("102"))
      #expect(event.fields["verify"] == .integer(1))
      #expect(event.version == nil)
    }
  }

  @Test func `neither names nor cursors give a masked key away`() async throws {
    try await Centre.with { centre in
      try await fill(centre)
      let pages = try await pages(centre, reason: nil)
      #expect(pages.flatMap(\.records).count == 3)
      for page in pages {
        for record in page.records {
          #expect(record.id.hasPrefix("CQZ1,***,2026-"))
          #expect(record.fields["pin"] == .string("***"))
        }
        // 32 hexadecimal digits of chance.
        if let next = page.next { #expect(next.wholeMatch(of: /[0-9a-f]{32}/) != nil) }
      }
      #expect(
        try await centre.ask(.get, "\(records)?cursor=\(String(repeating: "0", count: 32))").status
          == .badRequest)
    }
  }

  private func pages(_ centre: Centre, reason: String?) async throws -> [RecordsReply] {
    var pages: [RecordsReply] = []
    var cursor = ""
    repeat {
      let page = try await centre.get("\(records)?limit=2\(cursor)", as: RecordsReply.self, reason: reason)
      pages.append(page)
      cursor = page.next.map { "&cursor=\($0)" } ?? ""
    } while !cursor.isEmpty && pages.count < 9
    return pages
  }

  @Test func `filters, q and variants`() async throws {
    try await Centre.with { centre in
      try await fill(centre)
      #expect(try await centre.get("\(records)?pin=101", as: RecordsReply.self).records.count == 2)
      #expect(try await centre.get("\(records)?q=cqz&limit=2", as: RecordsReply.self).records.count == 2)
      let variants = try await centre.get("\(records)?variants=true", as: RecordsReply.self)
      #expect(variants.records.map { $0.fields["verify"] } == [.integer(4)])
      #expect(try await centre.ask(.get, "\(records)?variants=maybe").status == .badRequest)
    }
  }

  @Test func `events are not edited`() async throws {
    try await Centre.with { centre in
      try await fill(centre)
      for method in [HTTPRequest.Method.patch, .delete] {
        let response = try await centre.ask(method, "\(records)/1", body: "{}")
        #expect(response.status == .methodNotAllowed)
      }
    }
  }
}
