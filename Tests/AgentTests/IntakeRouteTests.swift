import Datasets
import Foundation
import HTTPTypes
import Machine
import NodeStorage
import RouterSupport
import Testing

@testable import Agent

private let population = "/api/v1/datasets/population/records"
private let attendance = "/api/v1/datasets/attendance/records"

private func punch(_ pin: Int, at second: Int = 0) -> String {
  let time = String(format: "2026-11-02T07:%02d:%02d+08:00", second / 60 % 60, second % 60)
  return #"{"device": "BX1", "pin": "\#(pin)", "time": "\#(time)", "status": 0}"#
}

@Suite struct IntakeRouteTests {
  @Test func `a person becomes a record with an id and a version`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.post(
        population, #"{"nama": "BUDI", "kode_wilayah": "73.12.04.1001", "nik": "\#(Fixture.nik(1))"}"#)
      #expect(answer.status == .ok)
      #expect(answer.integer("accepted") == 1)
      #expect(answer.integer("duplicates") == 0)
      #expect(answer.integer("rejected_total") == 0)
      #expect(answer.object("stream")["first"] as? Int == 1)
      #expect(answer.object("stream")["last"] as? Int == 1)
      let record = try #require(answer.list("records").first)
      let id = try #require(record["id"] as? String)
      let read = try await client.get("\(population)/\(id)")
      #expect(read.string("version") == record["version"] as? String)
      #expect(read.object("fields")["nama"] as? String == "BUDI")
    }
  }

  @Test func `the same request twice appends nothing and says so`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let body = #"[{"nama": "BUDI", "kode_wilayah": "73.12.04.1001", "nik": "\#(Fixture.nik(1))"}]"#
      let first = try await client.post(population, body)
      let second = try await client.post(population, body)
      #expect(second.status == .ok)
      #expect(second.integer("accepted") == 1)
      #expect(second.integer("duplicates") == 1)
      #expect(second.isNull("stream"))
      #expect(
        first.list("records").first?["id"] as? String == second.list("records").first?["id"] as? String)
    }
  }

  @Test func `good rows of an array are taken and bad ones come back with place, field and reason`()
    async throws
  {
    let office = try await Office(language: .indonesian)
    try await office.application().asking { client in
      let body = """
        [{"nama": "BUDI", "kode_wilayah": "73.12.04.1001"}, 
         {"nama": "ANI", "kode_wilayah": "73.12.04.1001", "nik": "12"}, {"kode_wilayah": "73.12.04.1001"}]
        """
      let answer = try await client.post(population, body)
      #expect(answer.status == .ok)
      #expect(answer.integer("accepted") == 1)
      #expect(answer.integer("rejected_total") == 2)
      let rejected = answer.list("rejected")
      #expect(rejected.map { $0["line"] as? Int } == [2, 3])
      #expect(rejected[0]["field"] as? String == "nik")
      let indonesian = try #require(rejected[0]["reason"] as? String)
      let english = try await client.post(population, body, language: "en")
      let reason = try #require(english.list("rejected").first?["reason"] as? String)
      #expect(reason != indonesian)
      #expect(english.list("rejected")[1]["reason"] as? String != rejected[1]["reason"] as? String)
    }
  }

  @Test func `nothing taken is 422 with every reason`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.post(population, #"{"nama": "ANI"}"#)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.integer("accepted") == 0)
      #expect(answer.isNull("stream"))
      #expect(answer.list("rejected").count == 1)
    }
  }

  @Test(arguments: [("[]", "application/json"), ("\n\n", "application/x-ndjson"), ("NIK;Nama\n", "text/csv")])
  func `a body without rows is 422 and says so`(body: String, type: String) async throws {
    let office = try await Office(language: .english)
    try await office.application().asking { client in
      let answer = try await client.post(population, body, type: type)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.string("error") == "no_rows")
      #expect(answer.integer("rejected_total") == 0)
    }
  }

  @Test func `a row of CSV is told by its line, headings included`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let body =
        "NIK;Nama;kode_wilayah\n\(Fixture.nik(1));BUDI;73.12.04.1001\n"
        + "salah;ANI;73.12.04.1001\n;CICI;73.12.04.1001\n"
      let answer = try await client.post(population, body, type: "text/csv; charset=utf-8")
      #expect(answer.status == .ok)
      #expect(answer.integer("accepted") == 2)
      #expect(answer.list("rejected").map { $0["line"] as? Int } == [3])
      #expect(answer.list("rejected").first?["field"] as? String == "nik")
    }
  }

  @Test func `events are counted, repeated ones as duplicates`() async throws {
    let office = try await Office("dinkes")
    try await office.application().asking { client in
      let body = [punch(1), punch(2), punch(1), "{broken"].joined(separator: "\n")
      let answer = try await client.post(attendance, body, type: "application/x-ndjson")
      #expect(answer.status == .ok)
      #expect(answer.integer("accepted") == 3)
      #expect(answer.integer("duplicates") == 1)
      #expect(answer.list("rejected").map { $0["line"] as? Int } == [4])
      #expect(answer.list("rejected").first?["field"] is NSNull)
      #expect(answer["records"] == nil)
      #expect(answer.object("stream")["last"] as? Int == 2)
    }
  }

  @Test func `more than a thousand refused rows are counted and not all listed`() async throws {
    let office = try await Office("dinkes")
    try await office.application().asking { client in
      let body = (1...2_500).map { _ in #"{"device": "BX1"}"# }.joined(separator: "\n")
      let answer = try await client.post(attendance, body, type: "application/x-ndjson")
      #expect(answer.status == .unprocessableContent)
      #expect(answer.integer("rejected_total") == 2_500)
      #expect(answer.list("rejected").count == 1_000)
      #expect(answer.list("rejected").last?["line"] as? Int == 1_000)
    }
  }

  @Test func `an idempotency key makes a row without identity the same row again`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let body = #"{"nama": "TANPA NIK", "kode_wilayah": "73.12.04.1001"}"#
      let first = try await client.post(population, body, key: "a")
      let again = try await client.post(population, body, key: "a")
      let other = try await client.post(population, body, key: "b")
      let ids = [first, again, other].map { $0.list("records").first?["id"] as? String }
      #expect(ids[0] == ids[1])
      #expect(ids[0] != ids[2])
    }
  }

  @Test func `a source remembers what it said`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      func says(_ address: String, query: String = "?source=siak") async throws -> Answer {
        try await client.post(
          population + query,
          #"{"nik": "\#(Fixture.nik(1))", "tanggal_lahir": "1990-03-02", "nama": "BUDI", "#
            + #""kode_wilayah": "\#(Fixture.village)", "alamat": "\#(address)"}"#)
      }
      let created = try await says("JL. A")
      let id = try #require(created.list("records").first?["id"] as? String)
      let patch = try await client.send(
        .patch, "\(population)/\(id)", #"{"alamat": "JL. B"}"#, type: "application/json")
      try #require(patch.status == .ok)
      // The file still says what it said: the office's own change stays.
      #expect(try await says("JL. A").integer("duplicates") == 1)
      let changed = try await says("JL. C")
      #expect(changed.list("rejected").first?["code"] as? String == "held")
      let record = try await client.get("\(population)/\(id)")
      #expect(record.object("fields")["alamat"] as? String == "JL. B")
      // Without a source it is somebody's own word.
      #expect(try await says("JL. C", query: "").list("rejected").isEmpty)
      let entered = try await client.get("\(population)/\(id)")
      #expect(entered.object("fields")["alamat"] as? String == "JL. C")
    }
  }

  @Test(arguments: ["text/plain", "application/xml", "multipart/form-data"])
  func `another kind of body is 415`(type: String) async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.post(population, "x", type: type)
      #expect(answer.status == .unsupportedMediaType)
      #expect(answer.string("message")?.contains("text/csv") == true)
    }
  }

  @Test func `a body without a type is 415, with a strange key or source 400, an unknown dataset 404`()
    async throws
  {
    let office = try await Office()
    try await office.application().asking { client in
      #expect(try await client.post(population, "{}", type: nil).status == .unsupportedMediaType)
      #expect(
        try await client.post(population, "{}", key: String(repeating: "k", count: 256)).status == .badRequest
      )
      let source = String(repeating: "s", count: 129)
      #expect(try await client.post("\(population)?source=\(source)", "{}").status == .badRequest)
      let unknown = try await client.post("/api/v1/datasets/nowhere/records", "{}")
      #expect(unknown.status == .notFound)
      #expect(unknown.string("error") == "unknown_dataset")
      let near = try await client.post("/api/v1/datasets/populasion/records", "{}")
      #expect(near.string("message")?.contains("Maksudnya 'population'? Yang ada: attendance, camera, link") == true)
    }
  }

  @Test func `an office that may not write a dataset is told so`() async throws {
    let office = try await Office("dinkes")
    try await office.application().asking { client in
      let answer = try await client.post(population, #"{"nama": "A"}"#)
      #expect(answer.status == .forbidden)
      #expect(answer.string("error") == "not_permitted")
    }
  }

  @Test func `a kecamatan's record elsewhere is refused row by row`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.post(population, #"{"nama": "A", "kode_wilayah": "73.12.01.2001"}"#)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.integer("rejected_total") == 1)
    }
  }

  @Test func `before the centre has spoken nothing is taken`() async throws {
    let office = try await Office(isKnown: false)
    try await office.application().asking { client in
      let answer = try await client.post(population, #"{"nama": "A"}"#)
      #expect(answer.status == .serviceUnavailable)
      #expect(answer.string("error") == "unavailable")
    }
  }

  @Test func `one object larger than a record may be is 413`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let long = String(repeating: "x", count: 1_100_000)
      let answer = try await client.post(
        population, #"{"nama": "\#(long)", "kode_wilayah": "73.12.04.1001"}"#)
      #expect(answer.status == .contentTooLarge)
      #expect(answer.string("error") == "row_too_large")
      #expect(answer.integer("rejected_total") == 1)
    }
  }

  @Test func `a masked number is refused`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.post(
        population, #"{"nama": "A", "kode_wilayah": "73.12.04.1001", "nik": "731204******0001"}"#)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.list("rejected").first?["code"] as? String == "masked")
    }
  }
}

@Suite struct BufferFullTests {
  @Test func `a full buffer is 507 and takes nothing`() async throws {
    let office = try await Office("dinkes", language: .english)
    office.disk.fillUp(afterQuestions: 0)
    try await office.application().asking { client in
      let answer = try await client.post(attendance, punch(1))
      #expect(answer.status.code == 507)
      #expect(answer.string("error") == "buffer_full")
      #expect(answer.string("message")?.contains("nothing was kept") == true)
      #expect(answer.integer("accepted") == 0)
      #expect(answer.isNull("stream"))
    }
  }

  @Test func `a buffer that becomes full on the way tells what it took before`() async throws {
    let office = try await Office("dinkes", language: .english)
    office.disk.fillUp(afterQuestions: 1)
    try await office.application().asking { client in
      let body = (0..<3_500).map { punch($0) }.joined(separator: "\n")
      let answer = try await client.post(attendance, body, type: "application/x-ndjson")
      #expect(answer.status.code == 507)
      #expect(answer.integer("accepted") == 2_000)
      #expect(answer.object("stream")["last"] as? Int == 2_000)
      #expect(answer.string("message")?.contains("2000 rows") == true)

      office.disk.emptyOut()
      let again = try await client.post(attendance, body, type: "application/x-ndjson")
      #expect(again.status == .ok)
      #expect(again.integer("accepted") == 3_500)
      #expect(again.integer("duplicates") == 2_000)
      #expect(again.object("stream")["last"] as? Int == 3_500)
    }
  }

  @Test func `residents of one body that fit before the buffer was full are told, and those alone`() async throws {
    let office = try await Office(language: .english)
    try await office.application().asking { client in
      let rows = (0..<1_200).map { ";\(Fixture.nik($0 + 1));WARGA \($0);73.12.04.1001;JL. A" }
      let body = (["No. KK;NIK;Nama Penduduk;kode_wilayah;Alamat"] + rows).joined(separator: "\n")
      office.disk.fillUp(afterQuestions: 1)
      let answer = try await client.post(population, body, type: "text/csv")
      #expect(answer.status.code == 507)
      let taken = try #require(answer.integer("accepted"))
      let stored = try await office.store.streams().first { $0.dataset == Fixture.population }?.last.value
      #expect(taken > 0 && taken < 1_200 && stored == UInt64(taken))
      #expect(answer.object("stream")["last"] as? Int == taken)
      office.disk.emptyOut()
      let again = try await client.post(population, body, type: "text/csv")
      #expect(again.integer("accepted") == 1_200 && again.integer("duplicates") == taken)
    }
  }

  @Test func `an edit into a full buffer is 507`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      office.disk.fillUp(afterQuestions: 0)
      let answer = try await client.send(
        .patch, "\(population)/\(id)", #"{"alamat": "JL. A"}"#, type: "application/json")
      #expect(answer.status.code == 507)
    }
  }

  @Test func `a birth that is to come is refused, by POST and by PATCH, in both languages`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let person = #"{"nama": "ANI", "kode_wilayah": "73.12.04.1001", "tanggal_lahir": "2190-01-01"}"#
      let answer = try await client.post(population, person)
      #expect(answer.status == .unprocessableContent)
      let rejected = try #require(answer.list("rejected").first)
      #expect(rejected["code"] as? String == "date_in_future")
      #expect(rejected["field"] as? String == "tanggal_lahir")
      let english = try await client.post(population, person, language: "en")
      #expect((english.list("rejected").first?["reason"] as? String)?.contains("has not come yet") == true)
      let id = try await client.createPerson()
      let edit = try await client.send(
        .patch, "\(population)/\(id)", #"{"tanggal_lahir": "2190-01-01"}"#, type: "application/json")
      #expect(edit.status == .unprocessableContent)
      #expect(edit.string("error") == "date_in_future")
    }
  }

  @Test func `a date is held against the centre's clock as it was measured, not against a box's flat battery`()
    async throws
  {
    let office = try await Office()
    let soon = ZonedInstant(
      timestamp: MachineClock.wall().advanced(byMilliseconds: 30 * 86_400_000), offsetMinutes: 480
    ).local.date
    try await office.application().asking { client in
      let person = #"{"nama": "ANI", "kode_wilayah": "73.12.04.1001", "tanggal_lahir": "\#(soon)"}"#
      #expect(try await client.post(population, person).status == .unprocessableContent)
      // The battery was flat: at the centre it is half a year later than this machine says.
      office.context.clock.measured(offsetMilliseconds: 180 * 86_400_000, at: MachineClock.reading())
      #expect(try await client.post(population, person).status == .ok)
      let id = try await client.createPerson()
      let edit = try await client.send(
        .patch, "\(population)/\(id)", #"{"tanggal_lahir": "\#(soon)"}"#, type: "application/json")
      #expect(edit.status == .ok, "\(edit.text)")
    }
  }

  @Test func `a punch far ahead of the office's clock is kept and said, with how many there are`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let rows = ["2095-01-01", "2026-01-01", "2096-01-01"].enumerated().map { index, day in
        #"{"device": "BX1", "pin": "\#(index)", "time": "\#(day)T07:00:00+08:00", "status": 0}"#
      }
      let answer = try await client.post(attendance, "[\(rows.joined(separator: ","))]")
      #expect(answer.integer("accepted") == 3)
      let warning = try #require(answer.list("warnings").first)
      #expect(answer.list("warnings").count == 1)
      #expect(warning["code"] as? String == "time_ahead")
      #expect(warning["field"] as? String == "time")
      #expect(warning["rows"] as? Int == 2)
      #expect(warning["line"] as? Int == 1)
      let sound = try await client.post(attendance, punch(1))
      #expect(sound["warnings"] == nil)
    }
  }

  @Test func `numbers of zeros are counted, also where an import is only tried out`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let file = """
        nik,nama,kode_wilayah
        0000000000000000,ANI,73.12.04.1001
        0,BUDI,73.12.04.1001
        """
      for query in ["?dry_run=true", ""] {
        let answer = try await client.post(population + query, file, type: "text/csv")
        #expect(answer.integer("accepted") == 2)
        #expect(answer.list("warnings").map { $0["field"] as? String } == ["nik"])
        #expect(answer.list("warnings").first?["code"] as? String == "means_unknown")
        #expect(answer.list("warnings").first?["rows"] as? Int == 2)
      }
      let id = try await client.createPerson()
      let edit = try await client.send(
        .patch, "\(population)/\(id)", #"{"nik": "0000000000000000"}"#, type: "application/json")
      #expect(edit.string("error") == "means_unknown")
    }
  }

  @Test func `a village of another area is refused with the area that this office has`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let answer = try await client.post(population, #"{"nama": "ANI", "kode_wilayah": "73.12.07.2002"}"#)
      let rejected = try #require(answer.list("rejected").first)
      #expect(rejected["code"] as? String == "write_rule")
      #expect(rejected["field"] as? String == "kode_wilayah")
      let reason = try #require(rejected["reason"] as? String)
      #expect(reason.contains("di luar wilayah kantor ini (73.12.04)"))
    }
  }
}
