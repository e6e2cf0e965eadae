import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// Monthly files against the offices' own work, with the programs that an office has.
@Suite(.serialized) struct ImportTests {
  private static let heading = "NIK;Nama;Tanggal Lahir;kode_wilayah;Alamat;Telepon\n"

  /// A resident of Lalabata as the register's export has them.
  private func row(_ serial: Int, name: String? = nil, address: String = "JL. AWAL", phone: String = "0811") -> String {
    let number = String(10_000 + serial).dropFirst()
    return "731204050868\(number);\(name ?? "WARGA \(serial)");05-08-1968;73.12.04.1001;\(address);\(phone)\n"
  }

  private func simpulctl(
    _ fleet: RealFleet, _ office: RealFleet.Office, _ arguments: [String], language: String = "en"
  ) async throws -> (end: DemoProgram.End, output: String) {
    try await fleet.run(
      "simpulctl", ["--socket", fleet.layout.socket(of: office.name), "--language", language] + arguments)
  }

  private func write(_ fleet: RealFleet, _ name: String, _ rows: [String]) throws -> String {
    let path = fleet.layout.root + "/\(name)"
    try fleet.layout.write(Self.heading + rows.joined(), to: path, .english)
    return path
  }

  /// Imports a file of the source "siak" and gives the counts that the answer has.
  private func load(
    _ fleet: RealFleet, _ office: RealFleet.Office, _ path: String, isDryRun: Bool = false
  ) async throws -> IntakeReply {
    let run = try await simpulctl(
      fleet, office,
      ["records", "import", "population", path, "--source", "siak", "--json"] + (isDryRun ? ["--dry-run"] : []))
    let document = run.output.split(separator: "\n").first ?? ""
    let reply = try APICoding.decoder.decode(IntakeReply.self, from: Data(document.utf8))
    #expect(run.end.exitCode == (reply.rejectedTotal == 0 ? 0 : 65), "\(run.output)")
    return reply
  }

  private func find(_ serial: Int, at office: RealFleet.Office) async throws -> RecordReply {
    let name = JSONValue.string("731204050868\(String(10_000 + serial).dropFirst())")
    let request = APIRequest.records(
      "population", Page(limit: 2), RecordFilter(fields: [FieldAssignment("nik", name)]))
    let page = try await office.daemon.client.reply(RecordsReply.self, to: request).reply
    return try #require(page.records.first, "no resident \(serial) at \(office.name)")
  }

  private func save(_ fields: [String: JSONValue], of serial: Int, at office: RealFleet.Office) async throws {
    let present = try await find(serial, at: office)
    _ = try await office.daemon.client.body(
      of: try .edit("population", present.id, fields, version: present.version, isCorrection: false))
  }

  @Test func `a changed monthly file brings what is new, and no office's work is reverted`() async throws {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      let offices = [registry, district]
      let first = try write(fleet, "siak-1.csv", (1...5).map { row($0) })
      #expect(try await load(fleet, registry, first).created == 5)
      try await fleet.agree(offices, on: ["population"])
      try await save(["alamat": "JL. KECAMATAN"], of: 1, at: district)
      try await save(["alamat": "JL. KECAMATAN"], of: 5, at: district)
      try await save(["alamat": "JL. DINAS"], of: 2, at: registry)
      try await save(["telepon": "0899"], of: 3, at: registry)
      try await fleet.agree(offices, on: ["population"])

      // Next month: 2 and 5 say another address, 4 another name, 6 is new, 7 cannot be read.
      let rows = [
        row(1), row(2, address: "JL. BERKAS"), row(3), row(4, name: "WARGA BARU"), row(5, address: "JL. BERKAS"),
        row(6),
        "12;WARGA 7;05-08-1968;73.12.04.1001;;\n", row(6),
      ]
      let second = try write(fleet, "siak-2.csv", rows)
      let digest = try await registry.daemon.digest("population")
      let streams = try await registry.daemon.status().streams
      let tried = try await load(fleet, registry, second, isDryRun: true)
      #expect(try await registry.daemon.digest("population") == digest)
      #expect(try await registry.daemon.status().streams == streams, "the dry run appended")
      #expect(try await registry.daemon.status().heldBack == 0, "the dry run holds values")
      #expect(tried.dryRun == true && tried.stream == nil)
      let outcomes = try #require(tried.rows)
      #expect(outcomes.map(\.outcome) == ["same", "held", "same", "changed", "changed", "new", "same"])
      #expect(outcomes[1].fields.first?.old == "JL. DINAS" && outcomes[1].fields.first?.new == "JL. BERKAS")

      let taken = try await load(fleet, registry, second)
      #expect(
        [taken.accepted, taken.created, taken.changed, taken.duplicates, taken.held, taken.rejectedTotal]
          == [tried.accepted, tried.created, tried.changed, tried.duplicates, tried.held, tried.rejectedTotal])
      #expect([taken.created, taken.changed, taken.held] == [1, 2, 1] && taken.rejectedTotal == 2)
      #expect(taken.rejected.map(\.line) == [3, 8] && taken.rejected.map(\.field) == ["alamat", "nik"])
      try await fleet.agree(offices, on: ["population"])
      for office in offices {
        #expect(try await find(1, at: office).fields["alamat"] == "JL. KECAMATAN")
        #expect(try await find(2, at: office).fields["alamat"] == "JL. DINAS")
        #expect(try await find(3, at: office).fields["telepon"] == "0899")
        #expect(try await find(4, at: office).fields["nama"] == "WARGA BARU")
        // The file had not seen what the district wrote: both are kept, by the policy of the field.
        #expect(try await find(5, at: office).conflicts == ["alamat": "settled"])
      }
      try await decide(fleet, registry, second)
      try await fleet.agree(offices, on: ["population"])
      #expect(try await find(2, at: district).fields["alamat"] == "JL. BERKAS")
    }
  }

  /// Somebody at the office looks at the held value and takes the file's; the same file is then at peace.
  private func decide(_ fleet: RealFleet, _ office: RealFleet.Office, _ file: String) async throws {
    let list = try await simpulctl(fleet, office, ["quarantine", "list"])
    #expect(list.output.contains("value/1") && list.output.contains("simpulctl quarantine take value/1"), "\(list)")
    let indonesian = try await simpulctl(fleet, office, ["quarantine", "list"], language: "id")
    #expect(indonesian.output.contains("yang sudah diubah kantor ini"), "\(indonesian)")
    let shown = try await simpulctl(fleet, office, ["quarantine", "show", "value/1"])
    #expect(shown.output.contains("JL. BERKAS") && shown.output.contains("JL. DINAS"), "\(shown)")
    let taken = try await simpulctl(fleet, office, ["quarantine", "take", "value/1", "--reason", "KK dicek"])
    #expect(taken.end.isSuccess, "\(taken)")
    let again = try await load(fleet, office, file)
    #expect(again.stream == nil && again.held == 0 && again.rejected.map(\.line) == [8])
    let left = try await simpulctl(fleet, office, ["quarantine", "list", "--json"])
    #expect(try APICoding.decoder.decode(QuarantineReply.self, from: Data(left.output.utf8)).quarantine.isEmpty)
  }

  @Test func `a save from an old screen is refused only where this office wrote since, and says what is there now`()
    async throws
  {
    try await RealFleet.run { fleet in
      let registry = try await fleet.open("disdukcapil")
      let district = try await fleet.open("kec-lalabata")
      _ = try await load(fleet, registry, try write(fleet, "siak.csv", [row(1)]))
      try await fleet.agree([registry, district], on: ["population"])
      let screen = try await find(1, at: district)
      let version = try #require(screen.version)
      try await save(["alamat": "JL. DINAS"], of: 1, at: registry)
      try await fleet.agree([registry, district], on: ["population"])
      // What the register wrote was not on the screen: no error, and neither is lost.
      let put = ["records", "put", "population", "--id", screen.id, "--seen", version]
      let sibling = try await simpulctl(fleet, district, put + ["alamat=JL. KECAMATAN"])
      #expect(sibling.end.isSuccess, "\(sibling)")
      #expect(try await find(1, at: district).conflicts == ["alamat": "settled"])
      // What this office itself wrote was not either: that is a screen to be loaded again.
      let stale = try await simpulctl(fleet, district, put + ["alamat=JL. LAMA"])
      #expect(stale.end.exitCode == 65)
      #expect(stale.output.contains("records get population \(screen.id)"), "\(stale)")
      let answer = try await district.daemon.client.answer(
        to: try .edit("population", screen.id, ["alamat": "JL. LAMA"], version: version, isCorrection: false))
      #expect(answer.status == 412)
      let reply = try APICoding.decoder.decode(ErrorReply.self, from: answer.body)
      #expect(reply.present?.fields["alamat"] == "JL. KECAMATAN")
      // Another field of the same screen is free.
      let free = try await simpulctl(fleet, district, put + ["telepon=0822"])
      #expect(free.end.isSuccess, "\(free)")
      try await fleet.agree([registry, district], on: ["population"])
      let shown = try await find(1, at: registry)
      #expect(shown.fields["telepon"] == "0822" && shown.conflicts == ["alamat": "settled"])
    }
  }

  @Test func `whatever is refused is answered, listed beside its file and counted`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("kec-lalabata")
      let rows = [row(1), "12;SALAH;05-08-1968;73.12.04.1001;;\n", ";;05-08-1968;73.12.04.1001;;\n", row(2)]
      let draft = try write(fleet, "draft.csv", rows)
      try await eventually("the spool has its directory") {
        FileManager.default.fileExists(atPath: office.spool + "/population")
      }
      try fleet.layout.move(draft, to: office.spool + "/population/desa.csv", .english)
      let failed = office.spool + "/failed/population"
      var names: [String] = []
      try await eventually("the file lies in failed/ with its table") {
        names = ((try? FileManager.default.contentsOfDirectory(atPath: failed)) ?? []).filter { !$0.hasPrefix(".") }
        return names.count == 2
      }
      let table = try #require(names.first { $0.hasSuffix(".errors.csv") })
      let lines = try String(contentsOfFile: failed + "/" + table, encoding: .utf8).split(whereSeparator: \.isNewline)
      #expect(lines.first == "line,field,reason" && lines.count == 3, "\(lines)")
      #expect(lines.dropFirst().map { $0.prefix(6) } == ["3,nik,", "4,nama"], "\(lines)")
      #expect(try await fleet.all("population", at: office.daemon).count == 2)
      let metrics = try #require(await office.daemon.plain("/metrics")).text
      let rejected = metrics.split(separator: "\n").filter {
        $0.contains("population") && $0.contains("rejected") && !$0.hasPrefix("#")
      }
      #expect(rejected.first?.hasSuffix(" 2") == true, "\(rejected)")

      for (language, words) in [("id", "baris ditolak"), ("en", "rows were rejected")] {
        let path = try write(fleet, "\(language).csv", rows)
        let run = try await simpulctl(fleet, office, ["records", "import", "population", path], language: language)
        #expect(run.end.exitCode == 65 && run.output.contains("\(path):3: 2 \(words)"), "\(run.output)")
      }
      let path = try write(fleet, "coba.csv", rows)
      let tried = try await simpulctl(fleet, office, ["records", "import", "population", path, "--dry-run"])
      #expect(tried.output.contains("Dry run: nothing is stored."), "\(tried.output)")
    }
  }

  @Test func `people who are entered one by one stay apart, and a misspelt field is told`() async throws {
    try await RealFleet.run { fleet in
      let office = try await fleet.open("kec-lalabata")
      let put = ["records", "put", "population", "nama=SITI AMINAH", "kode_wilayah=73.12.04.1001"]
      for _ in 0..<2 { #expect(try await simpulctl(fleet, office, put).end.isSuccess) }
      #expect(try await fleet.all("population", at: office.daemon).count == 2)
      for _ in 0..<2 { #expect(try await simpulctl(fleet, office, put + ["--key", "loket-17"]).end.isSuccess) }
      #expect(try await fleet.all("population", at: office.daemon).count == 3)
      for (language, words) in [("id", "Maksudnya 'alamat'?"), ("en", "Did you mean 'alamat'?")] {
        let misspelt = try await simpulctl(fleet, office, put + ["alamt=JL. A"], language: language)
        #expect(misspelt.end.exitCode == 65 && misspelt.output.contains(words), "\(misspelt)")
      }
      #expect(try await simpulctl(fleet, office, put + ["alamt=JL. A", "--allow-unknown"]).end.isSuccess)
      #expect(try await fleet.all("population", at: office.daemon).count == 4)
      try await fleet.agree([office], on: ["population"])
    }
  }
}
