import Datasets
import Foundation
import HTTPTypes
import NodeStorage
import Replication
import RouterSupport
import Sessions
import Testing
import Wire

@testable import Agent

private let population = "/api/v1/datasets/population/records"

/// What was exported, edited in a spreadsheet and imported (ADR 0032).
@Suite struct ExportedRowTests {
  private static let columns = ["nik", "nama", "kode_wilayah", "alamat", "telepon"]

  /// The row of a record as `simpulctl records export` writes it, with `edits` put into its cells afterwards.
  private func row(_ client: RouterClient, _ id: String, _ edits: [String: String] = [:]) async throws -> String {
    let record = try #require(try await client.get(population).list("records").first { $0["id"] as? String == id })
    let fields = record["fields"] as? [String: Any] ?? [:]
    let cells = Self.columns.map { fields[$0] as? String ?? "" }
    let written = zip(Self.columns, cells).filter { !$1.isEmpty }.map { (field: $0, text: $1) }
    let given = try #require(try await client.get("/api/v1/export-key").string("key"))
    let key = try #require(ExportKey(given))
    let version = ExportedVersion.text(version: try #require(record["version"] as? String), cells: written, key: key)
    let edited = zip(Self.columns, cells).map { edits[$0] ?? $1 }
    return ([id, version] + edited).joined(separator: ";")
  }

  private func table(_ rows: [String]) -> String {
    ([(["id", "version"] + Self.columns).joined(separator: ";")] + rows).joined(separator: "\r\n") + "\r\n"
  }

  private func fields(_ client: RouterClient, _ id: String) async throws -> [String: Any] {
    try await client.get("\(population)/\(id)").object("fields")
  }

  @Test func `exactly the cells that were changed become edits, and nobody is doubled`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let budi = try await client.createPerson(1, name: "BUDI", #", "alamat": "JL. A""#)
      // Without a NIK: by content alone she would be somebody new.
      let ani = try #require(
        try await client.post(population, #"{"nama": "ANI", "kode_wilayah": "73.12.04.1001", "alamat": "JL. B"}"#)
          .list("records").first?["id"] as? String)
      let file = table([
        try await row(client, budi, ["telepon": "0812345678"]), try await row(client, ani, ["nama": "ANI AMIRAH"]),
      ])
      #expect(file.contains("731204******0001"), "the export is masked")
      // Meanwhile somebody corrects an address that the file has as it was.
      _ = try await client.send(
        .patch, "\(population)/\(budi)", #"{"alamat": "JL. BARU"}"#, type: "application/json")
      let tried = try await client.post("\(population)?dry_run=true", file, type: "text/csv")
      #expect(tried.integer("changed") == 2 && tried.integer("created") == 0, "\(tried.text)")
      let taken = try await client.post(population, file, type: "text/csv")
      #expect(taken.integer("changed") == 2 && taken.integer("created") == 0, "\(taken.text)")
      #expect(taken.integer("rejected_total") == 0 && taken.list("unknown_fields").isEmpty, "\(taken.text)")
      let first = try await fields(client, budi)
      #expect(first["telepon"] as? String == "0812345678" && first["alamat"] as? String == "JL. BARU")
      #expect(try await fields(client, ani)["nama"] as? String == "ANI AMIRAH")
      #expect(try await client.get(population).list("records").count == 2)
      let again = try await client.post(population, file, type: "text/csv")
      #expect(again.integer("duplicates") == 2 && again.isNull("stream"), "\(again.text)")
    }
  }

  @Test func `an edited cell is this office's own edit: it is not held, and replaces what was exported`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, name: "BUDI", #", "alamat": "JL. A""#)
      _ = try await client.send(.patch, "\(population)/\(id)", #"{"alamat": "JL. B"}"#, type: "application/json")
      let file = table([try await row(client, id, ["alamat": "JL. C"])])
      let taken = try await client.post("\(population)?source=siak", file, type: "text/csv")
      #expect(taken.integer("changed") == 1 && taken.integer("held") == 0, "\(taken.text)")
      let record = try await client.get("\(population)/\(id)")
      #expect(record.object("fields")["alamat"] as? String == "JL. C" && record.object("conflicts").isEmpty)
      // The office changed it again: whoever edits the old file must see that first.
      _ = try await client.send(.patch, "\(population)/\(id)", #"{"alamat": "JL. D"}"#, type: "application/json")
      let stale = try await client.post(population, file, type: "text/csv")
      let rejected = try #require(stale.list("rejected").first)
      #expect(rejected["code"] as? String == "stale" && rejected["field"] as? String == "alamat")
      #expect((rejected["reason"] as? String)?.contains("Ekspor lagi") == true)
      #expect(try await fields(client, id)["alamat"] as? String == "JL. D")
    }
  }

  @Test func `a row whose id is not here, is none, or may not be written is refused with a way out`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let other = try await client.createPerson(2, name: "ANI")
      let good = try await row(client, id, ["nama": "BUDIMAN"])
      let version = good.split(separator: ";", omittingEmptySubsequences: false)[1]
      let rest = ";;CICI;73.12.04.1001;;"
      let answer = try await client.post(
        population,
        table([
          "0000000000000000000000000000abcd;\(version)\(rest)", "17;\(version)\(rest)", "\(id);rusak\(rest)",
          "\(other);\(version)\(rest)",
          "\(id);\(version);;;73.12.07.2002;;", ";\(version)\(rest)",
        ]), type: "text/csv")
      let codes = answer.list("rejected").map { $0["code"] as? String }
      #expect(codes == ["unknown_id", "not_an_id", "not_a_version", "foreign_version"], "\(answer.text)")
      #expect(answer.list("rejected").allSatisfy { !(($0["reason"] as? String) ?? "").isEmpty })
      // Moving a resident out is an office's right; a row without an id is somebody new, and the version says nothing.
      #expect(answer.integer("created") == 1 && answer.list("unknown_fields").isEmpty, "\(answer.text)")
      let moved = try await client.post(population, table([try await row(client, id, ["nama": "X"])]), type: "text/csv")
      #expect(moved.list("rejected").first?["code"] as? String == "write_rule", "\(moved.text)")
    }
  }

  @Test func `cells that were sorted away from their id are refused, and the same words show nothing in two rows`()
    async throws
  {
    let office = try await Office()
    try await office.application().asking { client in
      let budi = try await client.createPerson(1, name: "BUDI", #", "alamat": "JL. A""#)
      let ani = try await client.createPerson(2, name: "ANI", #", "alamat": "JL. A""#)
      let (first, second) = (try await row(client, budi), try await row(client, ani))
      func split(_ row: String) -> (own: [Substring], cells: [Substring]) {
        let parts = row.split(separator: ";", omittingEmptySubsequences: false)
        return (Array(parts.prefix(2)), Array(parts.dropFirst(2)))
      }
      let mixed = [split(first).own + split(second).cells, split(second).own + split(first).cells]
      let answer = try await client.post(
        population, table(mixed.map { $0.joined(separator: ";") }), type: "text/csv")
      #expect(answer.list("rejected").map { $0["code"] as? String } == ["other_row", "other_row"], "\(answer.text)")
      #expect(try await fields(client, budi)["nama"] as? String == "BUDI")
      // The name alone may have been corrected; a number that somebody else has was sorted here.
      let number = try await row(client, budi, ["nik": Fixture.nik(2)])
      let taken = try await client.post(population, table([number]), type: "text/csv")
      #expect(taken.list("rejected").map { $0["code"] as? String } == ["number_taken"], "\(taken.text)")
      let partly = try await row(client, budi, ["nik": Fixture.nik(3), "nama": "CICI"])
      let other = try await client.post(population, table([partly]), type: "text/csv")
      #expect(other.list("rejected").map { $0["code"] as? String } == ["other_row"], "\(other.text)")
      let without = try await client.post(
        population, "version;nama;kode_wilayah\r\n\(split(first).own[1]);BUDI;73.12.04.1001\r\n", type: "text/csv")
      #expect(without.status != .ok && without.text.contains("missing_column"), "\(without.text)")
      // Behind the version: who has the file cannot look up what stood in a column that was taken out.
      let hashes = [first, second].map { Array(split($0).own[1].split(separator: ".").last ?? "") }
      #expect(Set(hashes[0].dropFirst(12)).isEmpty == false && hashes[0].dropFirst(12) != hashes[1].dropFirst(12))
      let twice = try await row(client, budi)
      #expect(split(twice).own[1] != split(first).own[1], "each export has a salt of its own")
    }
  }

  @Test func `names that were sorted alone are refused, in the dry run and in every later batch too`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let names = ["RINA", "BUDI", "HASAN", "ZAINAB", "MUSTAFA"]
      var ids: [String] = []
      for (index, name) in names.enumerated() { ids.append(try await client.createPerson(index + 1, name: name)) }
      func sheet(_ names: [String]) async throws -> [String] {
        var rows: [String] = []
        for (id, name) in zip(ids, names) { rows.append(try await row(client, id, ["nama": name])) }
        return rows
      }
      let sorted = try await sheet(names.sorted())
      for query in ["?dry_run=true", ""] {
        let answer = try await client.post(population + query, table(sorted), type: "text/csv")
        #expect(answer.list("rejected").map { $0["code"] as? String } == Array(repeating: "other_row", count: 5))
        #expect(answer.list("rejected").first?["field"] as? String == "nama")
        #expect(answer.integer("changed") == 0, "\(answer.text)")
      }
      // A batch ends in the middle: the last row is alone in its own.
      let dataset = try #require(office.context.catalogue.dataset(Fixture.population))
      var columns = try ColumnMap(
        header: ["id", "version"] + Self.columns, definition: dataset.definition, regions: dataset.regions)
      let rows = try sorted.enumerated().map { line, row in
        try columns.row(
          line: line + 2, cells: row.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        ).get()
      }
      var delivery = Intake.Delivery.file(Fixture.population, source: "sheet")
      var receipt = Intake.Receipt()
      try await office.context.intake.take(Array(rows.prefix(4)), of: &delivery, into: &receipt)
      try await office.context.intake.take(Array(rows.suffix(1)), of: &delivery, into: &receipt)
      #expect(receipt.rejected.count == 5 && receipt.changed == 0, "\(receipt.rejected)")

      // Two that were swapped, names that nobody has, and corrections of one letter are what somebody meant.
      let meant = table(try await sheet(["BUDI", "RINA", "BAYI SATU", "ZAENAB", "BAYI DUA"]))
      let taken = try await client.post(population, meant, type: "text/csv")
      #expect(taken.integer("changed") == 5 && taken.list("rejected").isEmpty, "\(taken.text)")
    }
  }

  @Test func `of two rows of one record the second is refused, with both lines`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let first = try await row(client, id, ["telepon": "0811111"])
      let second = try await row(client, id, ["telepon": "0822222"])
      let untouched = try await row(client, id)
      let answer = try await client.post(population, table([untouched, first, second, first]), type: "text/csv")
      let rejected = answer.list("rejected")
      #expect(rejected.map { $0["code"] as? String } == ["repeated_id"], "\(answer.text)")
      #expect(rejected.first?["line"] as? Int == 4)
      let reason = try #require(rejected.first?["reason"] as? String)
      #expect(reason.contains("baris 4") && reason.contains("baris 3"), "\(reason)")
      #expect(try await fields(client, id)["telepon"] as? String == "0811111")
      let plain = try await client.post(
        population, "id;alamat\r\n\(id);JL. A\r\n\(id);JL. B\r\n", type: "text/csv")
      #expect(plain.list("rejected").map { $0["code"] as? String } == ["repeated_id"], "\(plain.text)")
      #expect(try await fields(client, id)["alamat"] as? String == "JL. A")
    }
  }

  @Test func `two rows of one record that give no field two values are both taken, and a third is held against either`()
    async throws
  {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, name: "BUDI", #", "alamat": "JL. A""#)
      let phone = try await row(client, id, ["telepon": "0811111"])
      let address = try await row(client, id, ["alamat": "JL. B"])
      let both = try await row(client, id, ["telepon": "0811111", "alamat": "JL. C"])
      let answer = try await client.post(population, table([phone, address, both]), type: "text/csv")
      let rejected = answer.list("rejected")
      #expect(rejected.map { $0["code"] as? String } == ["repeated_id"] && rejected.first?["line"] as? Int == 4)
      let reason = try #require(rejected.first?["reason"] as? String)
      #expect(reason.contains("baris 3"), "\(reason)")
      let now = try await fields(client, id)
      #expect(now["telepon"] as? String == "0811111" && now["alamat"] as? String == "JL. B", "\(answer.text)")
      // The same without versions, of somebody of whom the office has said neither.
      let other = try await client.createPerson(2, name: "ANI")
      let rows = ["\(other);JL. D;", "\(other);;0833333", "\(other);JL. E;0833333"]
      let plain = try await client.post(
        population, "id;alamat;telepon\r\n" + rows.joined(separator: "\r\n") + "\r\n", type: "text/csv")
      #expect(plain.list("rejected").map { $0["line"] as? Int } == [4], "\(plain.text)")
      let said = try await fields(client, other)
      #expect(said["telepon"] as? String == "0833333" && said["alamat"] as? String == "JL. D")
    }
  }

  @Test func `rows that are no table's have an order: of two of one record the newer stands`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let bodies = [
        (
          "application/x-ndjson",
          ["0811111", "0822222"].map { #"{"id": "\#(id)", "telepon": "\#($0)"}"# + "\n" }.joined()
        ),
        ("application/json", #"[{"id": "\#(id)", "telepon": "0833333"}, {"id": "\#(id)", "telepon": "0844444"}]"#),
      ]
      for ((type, body), newer) in zip(bodies, ["0822222", "0844444"]) {
        let answer = try await client.post(population, body, type: type)
        #expect(answer.list("rejected").isEmpty && answer.integer("accepted") == 2, "\(answer.text)")
        #expect(try await fields(client, id)["telepon"] as? String == newer)
      }
    }
  }

  @Test func `what another office changed meanwhile stands beside an edited cell, and stays in an untouched one`()
    async throws
  {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1, name: "BUDI", #", "alamat": "JL. A", "telepon": "0811111""#)
      let file = table([try await row(client, id, ["nama": "BUDIMAN"])])
      let record = Fixture.record(id)
      let saw = try #require(try await office.store.state(Fixture.population, record))
      let edits = [("nama", "BUDIONO"), ("telepon", "0822222")].map { name, value in
        Change.Edit(field: Fixture.field(name), value: .text(value), saw: saw[Fixture.field(name)].context)
      }
      let theirs = Change(record: record, edits: edits, affirmation: saw[.lifecycle].context)
      let state = try await office.state(
        record, after: theirs, by: Fixture.dot("disdukcapil", 4), at: 1_795_000_900_000)
      try await office.receive([(record, state)], at: 9)
      let taken = try await client.post(population, file, type: "text/csv")
      #expect(taken.integer("changed") == 1, "\(taken.text)")
      let now = try #require(try await office.store.state(Fixture.population, record))
      #expect(Set(now[Fixture.field("nama")].siblings.map(\.value)) == [.text("BUDIMAN"), .text("BUDIONO")])
      #expect(now[Fixture.field("telepon")].siblings.map(\.value) == [.text("0822222")])
      _ = try await client.send(.delete, "\(population)/\(id)", #"{"reason": "ganda"}"#, type: "application/json")
      let gone = try await client.post(
        population, file.replacing("BUDIMAN", with: "BUDIMAN JAYA"), type: "text/csv")
      #expect(gone.list("rejected").count == 1 && gone.integer("changed") == 0, "\(gone.text)")
    }
  }

  @Test func `an id without a version goes by what the source said, and makes nobody`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson()
      let file = "id;alamat\r\n\(id);JL. A\r\n0000000000000000000000000000abcd;JL. B\r\n"
      let answer = try await client.post("\(population)?source=siak", file, type: "text/csv")
      #expect(answer.integer("changed") == 1 && answer.integer("created") == 0, "\(answer.text)")
      #expect(answer.list("rejected").map { $0["code"] as? String } == ["unknown_id"])
    }
  }
}
