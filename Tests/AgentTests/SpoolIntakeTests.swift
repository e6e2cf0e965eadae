import Collectors
import Datasets
import Foundation
import Logging
import RouterSupport
import Synchronization
import Testing

@testable import Agent

/// The spool with the office's real intake behind it.
@Suite final class SpoolIntakeTests {
  private let root = FileManager.default.temporaryDirectory.appendingPathComponent(
    "spool-\(UUID().uuidString)")
  private let start = ContinuousClock.Instant.now

  init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: root) }

  private func service(_ office: Office, _ logger: Logger = Logger(label: "test")) -> SpoolService {
    SpoolIntake.service(office.context, directory: root.path, logger: logger, counters: office.counters)
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
    try drop(file(1, "Almt"), as: "population/a.csv")
    await rest(service, at: .seconds(10))
    #expect(exists("done/population/a.csv"))
    let facts = await office.context.spool.facts(directory: root.path)
    #expect(facts.misspelt.map(\.words) == ["almt → alamat"] && facts.misspelt.first?.dataset == Fixture.population)
    try drop(file(2, "Alamat"), as: "population/b.csv")
    await rest(service, at: .seconds(30))
    #expect(exists("done/population/b.csv"))
    #expect(await office.context.spool.facts(directory: root.path).misspelt.isEmpty)
  }

  @Test func `of a file that its headings keep out doctor says that nothing is kept`() async throws {
    let office = try await Office()
    let service = service(office)
    await service.runOnce(at: start)
    try drop("NIK;Nma;Kode Wilayah\r\n\(Fixture.nik(1));BUDI;73.12.04.1001\r\n", as: "population/a.csv")
    await rest(service, at: .seconds(10))
    #expect(exists("failed/population/a.csv"))
    let misspelt = try #require(await office.context.spool.facts(directory: root.path).misspelt.first)
    #expect(misspelt.isRefused && misspelt.words.contains("'Nma' → 'nama'"), "\(misspelt)")
    // Rows of which none was taken keep no column anywhere.
    try drop("NIK;Nama;Kode Wilayah;RTT\r\n;BUDI;73.12.99.1001;1\r\n", as: "population/b.csv")
    await rest(service, at: .seconds(30))
    #expect(exists("failed/population/b.csv"))
    #expect(await office.context.spool.facts(directory: root.path).misspelt == [misspelt])
  }

  @Test func `what was said of one file is not told of the next, which nobody could read`() async throws {
    let office = try await Office()
    let lines = Mutex<[String]>([])
    let handler = WarningLines { line in lines.withLock { $0.append(line) } }
    let service = service(office, Logger(label: "test") { _ in handler })
    await service.runOnce(at: start)
    try drop("NIK;Nama;Kode Wilayah;Almt\r\n0;BUDI;73.12.04.1001;JL. A\r\n", as: "population/a.csv")
    await rest(service, at: .seconds(10))
    let first = await office.context.spool.facts(directory: root.path)
    #expect(first.misspelt.map(\.words) == ["almt → alamat"])
    let warned = lines.withLock { $0 }
    #expect(
      warned.contains { $0.contains("misspelt") } && warned.contains { $0.contains("means_unknown") }, "\(warned)")
    try drop("%PDF-1.7\n", as: "population/scan.pdf")
    await rest(service, at: .seconds(30))
    #expect(exists("failed/population/scan.pdf"))
    let told = lines.withLock { $0 }.dropFirst(warned.count)
    #expect(!told.contains { $0.contains("misspelt") || $0.contains("means_unknown") }, "\(told)")
    #expect(told.contains { $0.contains("refused as a whole") && $0.contains("unknown_format") }, "\(told)")
    // It says nothing of columns: what the file before showed stands, of its own time.
    #expect(await office.context.spool.facts(directory: root.path).misspelt == first.misspelt)
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

/// Hands over what is worth a warning, with its metadata.
private struct WarningLines: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .warning
  let take: @Sendable (String) -> Void

  init(_ take: @escaping @Sendable (String) -> Void) { self.take = take }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { take("\(event.message) \(event.metadata ?? [:])") }
}
