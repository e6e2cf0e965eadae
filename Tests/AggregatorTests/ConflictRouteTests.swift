import API
import Aggregator
import Datasets
import Foundation
import HTTPTypes
import RouterSupport
import Testing
import Wire

@Suite struct ConflictRouteTests {
  private func path(_ field: String) -> String { "/api/v1/conflicts/population%2F\(id(1))%2F\(field)" }

  private func resolution(_ value: String, _ version: String, _ reason: String = "cek KTP") -> String {
    #"{"value":\#(value),"version":"\#(version)","reason":"\#(reason)"}"#
  }

  @Test func `conflicts are listed by state and dataset`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let all = try await centre.get("/api/v1/conflicts", as: ConflictsReply.self).conflicts
      #expect(Set(all.map(\.id)) == ["population/\(id(1))/nama", "population/\(id(1))/alamat"])
      let open = try await centre.get("/api/v1/conflicts?state=open", as: ConflictsReply.self).conflicts
      #expect(open.map(\.field) == ["nama"])
      #expect(
        try await centre.get("/api/v1/conflicts?state=settled", as: ConflictsReply.self).conflicts.map(
          \.field) == ["alamat"])
      #expect(
        try await centre.get("/api/v1/conflicts?dataset=population", as: ConflictsReply.self).conflicts.count
          == 2)
      #expect(
        try await centre.get("/api/v1/conflicts?dataset=attendance", as: ConflictsReply.self).conflicts
          .isEmpty)
    }
  }

  @Test(arguments: ["", "&dataset=population"])
  func `pages of conflicts go on where the one before ended`(filter: String) async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let first = try await centre.get("/api/v1/conflicts?limit=1\(filter)", as: ConflictsReply.self)
      let next = try #require(first.next)
      let second = try await centre.get(
        "/api/v1/conflicts?limit=1\(filter)&cursor=\(next)", as: ConflictsReply.self)
      #expect(Set((first.conflicts + second.conflicts).map(\.field)) == ["nama", "alamat"])
      #expect(second.next == nil)
    }
  }

  @Test func `a conflict shows what each office wrote`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let conflict = try await centre.get(path("nama"), as: ConflictReply.self)
      #expect(conflict.policy == "review")
      #expect(conflict.state == "open")
      #expect(conflict.shown == .string("ANDI MAPPANYUKKI"))
      #expect(conflict.siblings.map(\.node) == ["disdukcapil", "kec-lalabata"])
      #expect(conflict.siblings.map(\.value) == [.string("ANDI MAPPANYUKKI"), .string("ANDI MAPANYUKI")])
      #expect(conflict.siblings.first?.time.hasSuffix("+08:00") == true)
    }
  }

  @Test func `a resolution settles the conflict with the value chosen`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let version = try await centre.get(path("nama"), as: ConflictReply.self).version
      let response = try await centre.ask(
        .post, path("nama") + "/resolution", body: resolution(#""ANDI MAPANYUKI""#, version))
      #expect(response.status == .ok, "\(response.text)")
      let settled = try response.decoded(ConflictReply.self)
      #expect(settled.state == "settled")
      #expect(settled.shown == .string("ANDI MAPANYUKI"))
      #expect(settled.siblings.map(\.node) == ["scc"])
      #expect(try await centre.ask(.get, path("nama")).status == .notFound)
      let history = try await centre.get(
        "/api/v1/datasets/population/records/\(id(1))/history", as: HistoryReply.self
      ).history
      #expect(history.last?.traits == ["resolution"])
      #expect(history.last?.reason == "cek KTP")
    }
  }

  @Test func `a sibling that came since makes it a conflict of requests`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let version = try await centre.get(path("nama"), as: ConflictReply.self).version
      var other = try await centre.office("kec-citta", random: 70)
      try await centre.apply(
        other,
        try other.batch(
          population,
          [
            edit(
              id(1), person("ANDI M.", nik: "7312040101900001", address: "Jl. C", region: "73.12.08.2001"),
              at: 90_000)
          ]))
      let response = try await centre.ask(
        .post, path("nama") + "/resolution", body: resolution(#""ANDI MAPANYUKI""#, version))
      #expect(response.status == .conflict)
      let problem = try response.problem()
      #expect(problem.error == "siblings_since")
      #expect(problem.present?.id == id(1).description)
      #expect(try await centre.get(path("nama"), as: ConflictReply.self).siblings.count == 3)
    }
  }

  @Test func `what is decided is not decided twice`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let version = try await centre.get(path("nama"), as: ConflictReply.self).version
      let body = resolution(#""ANDI""#, version)
      #expect(try await centre.ask(.post, path("nama") + "/resolution", body: body).status == .ok)
      #expect(try await centre.ask(.post, path("nama") + "/resolution", body: body).status == .conflict)
    }
  }

  @Test func `a date that lies ahead and is stored can be chosen, sent back and kept in a mended change`() async throws
  {
    try await Centre.with { centre in
      func born(_ year: Int) throws -> [(String, Value)] {
        let date = try #require(CalendarDate(year: year, month: 1, day: 1))
        return person("ANDI", nik: "7312040101900001", address: "Jl. A") + [("tanggal_lahir", .date(date))]
      }
      var register = try await centre.office("disdukcapil")
      var district = try await centre.office("kec-lalabata", random: 60)
      var other = try await centre.office("kec-citta", random: 70)
      try await centre.apply(register, try register.batch(population, [edit(id(1), try born(2190), at: 0)]))
      try await centre.apply(district, try district.batch(population, [edit(id(1), try born(1990), at: 60_000)]))
      let version = try await centre.get(path("tanggal_lahir"), as: ConflictReply.self).version
      func resolve(_ date: String) async throws -> RouterAnswer {
        try await centre.ask(
          .post, path("tanggal_lahir") + "/resolution", body: resolution("\"\(date)\"", version))
      }
      #expect(try await resolve("2190-01-02").problem().error == "date_in_future")
      let chosen = try await resolve("2190-01-01")
      #expect(chosen.status == .ok, "\(chosen.text)")

      let record = "/api/v1/datasets/population/records/\(id(1))"
      let saved = try await centre.ask(
        .patch, record, body: #"{"tanggal_lahir":"2190-01-01","alamat":"Jl. B"}"#)
      #expect(saved.status == .ok, "\(saved.text)")
      let changed = try await centre.ask(.patch, record, body: #"{"tanggal_lahir":"2190-01-02"}"#)
      #expect(try changed.problem().error == "date_in_future")

      // Held, because it is of another district.
      try await centre.apply(other, try other.batch(population, [edit(id(3), try born(2190), at: 0)]))
      let held = try #require(try await centre.get("/api/v1/quarantine", as: QuarantineReply.self).quarantine.first)
      func mend(_ date: String) async throws -> RouterAnswer {
        let body = #"{"fields":{"tanggal_lahir":"\#(date)"},"reason":"cek akta"}"#
        return try await centre.ask(.post, "/api/v1/quarantine/\(held.id)/mend", body: body)
      }
      #expect(try await mend("2190-01-02").problem().error == "date_in_future")
      let mended = try await mend("2190-01-01")
      #expect(mended.status == .ok, "\(mended.text)")
    }
  }

  @Test func `a resolution must fit its field and name a version`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let version = try await centre.get(path("nama"), as: ConflictReply.self).version
      let table: [(String, Int)] = [
        (resolution("null", version), 422), (resolution(#""X""#, "abc"), 412), (#"{"value":"X"}"#, 400),
        ("{", 400),
      ]
      for (body, status) in table {
        let response = try await centre.ask(.post, path("nama") + "/resolution", body: body)
        #expect(response.status.code == status, "\(body)")
      }
      // Null is a value like any other where the field may be empty.
      let address = try await centre.get(path("alamat"), as: ConflictReply.self).version
      let cleared = try await centre.ask(
        .post, path("alamat") + "/resolution", body: resolution("null", address))
      #expect(try cleared.decoded(ConflictReply.self).shown == .null)
    }
  }
}

@Suite struct AsideRouteTests {
  @Test func `quarantine is listed, filtered and shown with masked fields`() async throws {
    try await Centre.with { centre in
      var office = try await centre.office("kec-citta")
      // Lalabata is not its to write.
      try await centre.apply(
        office,
        try office.batch(
          population, [edit(id(3), person("BUDI", nik: "7312040101900009", address: "Jl. D"), at: 0)]))
      let all = try await centre.get("/api/v1/quarantine", as: QuarantineReply.self).quarantine
      let entry = try #require(all.first)
      #expect(all.count == 1)
      #expect(entry.code == "write_rule")
      #expect(entry.node == "kec-citta")
      #expect(entry.fields == nil)
      for (query, count) in [
        ("node=kec-citta", 1), ("node=kec-ganra", 0), ("dataset=population", 1), ("dataset=camera", 0),
        ("state=discarded", 0),
      ] {
        let reply = try await centre.get("/api/v1/quarantine?\(query)", as: QuarantineReply.self)
        #expect(reply.quarantine.count == count, "\(query)")
      }
      let masked = try await centre.get("/api/v1/quarantine/\(entry.id)", as: QuarantineReply.Entry.self)
      #expect(masked.fields?["nik"] == .string("731204******0009"))
      let english = try await centre.ask(
        .get, "/api/v1/quarantine/\(entry.id)", headers: [.acceptLanguage: "en"])
      #expect(try english.decoded(QuarantineReply.Entry.self).reason.contains("outside this office's area"))
    }
  }

  @Test func `the ledger tells what is missing`() async throws {
    try await Centre.with { centre in
      var office = try await centre.office("bkpsdm")
      let first = Datasets.Sequence.none.next
      let gap = try #require(
        Gap(first: first, last: first.advanced(by: 4), recordCount: 5, reason: .thinned, headAfter: .zero))
      try await centre.apply(office, try office.batch(Names.dataset("camera"), [.gap(gap)]))
      let ledger = try await centre.get("/api/v1/ledger", as: LedgerReply.self).ledger
      #expect(ledger.map(\.reason) == ["thinned"])
      #expect(ledger.first?.last == 5)
      #expect(try await centre.get("/api/v1/ledger?dataset=attendance", as: LedgerReply.self).ledger.isEmpty)
      #expect(try await centre.get("/api/v1/ledger?node=bkpsdm", as: LedgerReply.self).ledger.count == 1)
      for list in ["ledger", "quarantine"] {
        let unknown = try await centre.ask(.get, "/api/v1/\(list)?node=bkpsd")
        #expect(unknown.status == .notFound)
        #expect(try unknown.problem().message.contains("Maksudnya 'bkpsdm'?"))
      }
    }
  }
}
