import Collectors
import Datasets
import Foundation
import Logging
import RouterSupport
import Testing

@testable import Agent

/// The spool with the office's real intake behind it.
@Suite final class SpoolIntakeTests {
  private let root = FileManager.default.temporaryDirectory.appendingPathComponent(
    "spool-\(UUID().uuidString)")
  private let start = ContinuousClock.Instant.now

  init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: root) }

  private func service(_ office: Office) -> SpoolService {
    SpoolIntake.service(
      office.context, directory: root.path, logger: Logger(label: "test"), counters: office.counters)
  }

  private func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
  }

  private func drop(_ text: String, as path: String) throws {
    try Data(text.utf8).write(to: root.appendingPathComponent(path))
  }

  private func rest(_ service: SpoolService, at offset: Duration = .zero) async {
    await service.runOnce(at: start + offset)
    await service.runOnce(at: start + offset + .seconds(5))
  }

  @Test func `an export with columns that nobody declared is taken, and they are masked`() async throws {
    let office = try await Office()
    let service = service(office)
    await service.runOnce(at: start)
    #expect(exists("population") && exists("attendance"))
    try drop(
      "NIK;Nama Penduduk;Kode Wilayah;Keterangan;;Alamat\r\n"
        + "'\(Fixture.nik(1));BUDI;73.12.04.1001;pindahan;x;JL. A\r\n;ANI;73.12.04.1001;;;\r\n",
      as: "population/siak.csv")
    await rest(service, at: .seconds(10))
    #expect(exists("done/population/siak.csv"))
    let counts = office.counters.all.first { $0.dataset == Fixture.dataset("population") }?.counts
    #expect(counts?.accepted == 2 && counts?.rejected == 0)
    try await office.application().asking { client in
      let list = try await client.get("/api/v1/datasets/population/records")
      let fields = list.list("records").compactMap { $0["fields"] as? [String: Any] }
      let budi = try #require(fields.first { $0["nama"] as? String == "BUDI" })
      #expect(budi["keterangan"] as? String == "***" && budi["kolom_5"] as? String == "***")
    }
  }

  @Test func `a heading that may be misspelt is a finding until a file without it comes`() async throws {
    let office = try await Office(language: .english)
    let service = service(office)
    await service.runOnce(at: start)
    func file(_ serial: Int, _ heading: String) -> String {
      "NIK;Nama;Kode Wilayah;\(heading);Warna Rumah\r\n\(Fixture.nik(serial));BUDI;73.12.04.1001;JL. A;x\r\n"
    }
    try drop(file(1, "Alamt"), as: "population/a.csv")
    await rest(service, at: .seconds(10))
    #expect(exists("done/population/a.csv"))
    let facts = office.context.spool.facts(directory: root.path)
    #expect(facts.misspelt.map(\.words) == ["alamt → alamat"] && facts.misspelt.first?.dataset == Fixture.population)
    try drop(file(2, "Alamat"), as: "population/b.csv")
    await rest(service, at: .seconds(30))
    #expect(exists("done/population/b.csv"))
    #expect(office.context.spool.facts(directory: root.path).misspelt.isEmpty)
  }

  @Test func `what waits is in status with its reason, until it is taken`() async throws {
    let office = try await Office(isKnown: false)
    let service = service(office)
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent("population"), withIntermediateDirectories: true)
    try drop("NIK,Nama\n,BUDI\n", as: "population/a.csv")
    await rest(service)
    let (root, start) = (root, start)
    try await office.application().asking { client in
      let spool = try await client.get("/api/v1/status").object("spool")
      #expect(spool["waiting_total"] as? Int == 1)
      let file = try #require((spool["waiting"] as? [[String: Any]])?.first)
      #expect(file["path"] as? String == "population/a.csv")
      #expect((file["reason"] as? String)?.contains("belum menerima definisi") == true)
      try FileManager.default.removeItem(at: root.appendingPathComponent("population/a.csv"))
      await service.runOnce(at: start + .seconds(20))
      #expect(try await client.get("/api/v1/status").object("spool").isEmpty)
    }
  }
}
