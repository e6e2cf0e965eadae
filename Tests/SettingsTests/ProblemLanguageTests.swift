import Datasets
import Testing

@testable import Settings

/// What a reader refuses, and what its owner is told.
struct BrokenFile: Sendable, CustomTestStringConvertible {
  let reader: String
  /// The end of what comes before the reason in both languages: directories differ from run to run.
  let place: String
  let indonesian: String
  let english: String
  let read: @Sendable () throws -> Void

  init(
    _ reader: String, _ place: String, id indonesian: String, en english: String,
    read: @escaping @Sendable () throws -> Void
  ) {
    self.reader = reader
    self.place = place
    self.indonesian = indonesian
    self.english = english
    self.read = read
  }

  /// A file of the fleet with the first `old` replaced.
  static func fleet(
    _ reader: String, _ file: String, _ old: String, by new: String, _ place: String, id indonesian: String,
    en english: String
  ) -> BrokenFile {
    BrokenFile(reader, file + place, id: indonesian, en: english) {
      let fixture = try FleetFixture()
      try fixture.replace(old, by: new, in: file)
      _ = try fixture.load()
    }
  }

  static func agent(
    _ reader: String, _ text: String, _ place: String, id indonesian: String, en english: String
  ) -> BrokenFile {
    BrokenFile(reader, "agent.toml" + place, id: indonesian, en: english) { _ = try AgentSettings.parse(text) }
  }

  var testDescription: String { reader }
}

@Suite struct ProblemLanguageTests {
  private static let settings: [BrokenFile] = [
    .agent(
      "unknown key", "node = \"x\"\n[buffer]\nquotta = 1", ":3: buffer.quotta: ",
      id: "kunci tidak dikenal; maksudnya buffer.quota?", en: "unknown key; did you mean buffer.quota?"),
    .agent(
      "value", "node = \"x\"\n[buffer]\nretain_acknowledged = 7", ":3: buffer.retain_acknowledged: ",
      id: "harus berupa teks, bukan bilangan bulat", en: "must be a string, found an integer"),
    .agent(
      "daemon value", "node = \"x\"\n[buffer]\nquota = \"1kB\"", ":3: buffer.quota: ",
      id: "harus dari 1MB sampai 1024TiB, tertulis 1kB", en: "must be from 1MB to 1024TiB, found 1kB"),
    .agent(
      "agent.toml", "language = \"id\"", ": node: ",
      id: "belum ada; tulis node = \"NAMA\", seperti di profil kantor",
      en: "is missing; write node = \"NAME\", as in the office's profile"),
    .agent(
      "TOML scanner", "node = ", ":1: ",
      id: "nilainya belum ada, atau tanda kutip teksnya; perbaiki TOML di situ (https://toml.io)",
      en: "a value is missing, or a string's quotes; correct the TOML there (https://toml.io)"),
    .agent(
      "TOML string", "node = \"x", ":1: ",
      id: "teks tidak ditutup dengan tanda kutip; perbaiki TOML di situ (https://toml.io)",
      en: "a string has no closing quote; correct the TOML there (https://toml.io)"),
    BrokenFile(
      "aggregator.toml", "aggregator.toml:2: replication.listen: ",
      id: "harus berupa alamat seperti \"tcp://0.0.0.0:7312\"",
      en: "must be an endpoint such as \"tcp://0.0.0.0:7312\""
    ) { _ = try AggregatorSettings.parse("[replication]\nlisten = \"0.0.0.0:7312\"") },
    BrokenFile(
      "variable", "SIMPUL_CONFIG__NODE__NAME: node.name: ",
      id: "node bukan tabel; berikan seluruh node sebagai satu nilai TOML",
      en: "node is no table; give the whole of node as a TOML value"
    ) { _ = try AgentSettings.parse("node = \"x\"", environment: ["SIMPUL_CONFIG__NODE__NAME": "y"]) },
    BrokenFile(
      "edit of agent.toml", "agent.toml:1: aggregator: ", id: "harus berupa tabel, bukan bilangan bulat",
      en: "must be a table, found an integer"
    ) {
      let key = try #require(Z85Key(AgentSettingsTests.key))
      _ = try AgentConfigurationFile.settingAggregator(endpoints: [], publicKey: key, in: "aggregator = 1")
    },
    BrokenFile(
      "file", "/nonexistent/agent.toml: ",
      id: "tidak dapat dibaca: No such file or directory; periksa jalurnya, atau buat berkas itu",
      en: "cannot be read: No such file or directory; check the path, or create the file"
    ) { _ = try AgentSettings.load(path: "/nonexistent/agent.toml", environment: [:]) },
    BrokenFile(
      "replaced file", "/nonexistent/agent.toml: ",
      id: "tidak ditemukan: No such file or directory; periksa pemilik dan sisa ruang disk, atau jalankan sebagai "
        + "pengguna yang boleh menulisnya",
      en: "cannot be found: No such file or directory; check its owner and the free space, or run as a user who may "
        + "write it"
    ) { try AtomicFile.replace("/nonexistent/agent.toml", with: []) },
    BrokenFile(
      "secret", "cam-1: ",
      id: "tidak ada kredensial systemd di sini; tulis LoadCredential=cam-1:BERKAS di unitnya, atau berikan jalur "
        + "sebuah berkas",
      en: "there are no systemd credentials here; write LoadCredential=cam-1:FILE into the unit, or give the path of a "
        + "file"
    ) { _ = try SecretFile.read("cam-1", environment: [:]) },
  ]

  private static let fleet: [BrokenFile] = [
    BrokenFile(
      "fleet directory", "/datasets: ", id: "tidak berisi definisi; sebutkan direktori berkas *.toml untuk dataset",
      en: "holds no definitions; name the directory of the datasets' *.toml files"
    ) {
      try withExtendedLifetime(try TemporaryDirectory()) {
        _ = try FleetDirectory.load(directory: $0.path, datasetsDirectory: $0.path + "/datasets")
      }
    },
    .fleet(
      "profile's place", "skpd/disdukcapil.toml", "kind = \"skpd\"", by: "kind = \"kecamatan\"", ":2: kind: ",
      id: "harus skpd, sama dengan folder berkasnya", en: "must be skpd, like the file's folder"),
    .fleet(
      "profile", "skpd/disdukcapil.toml", "73.12", by: "7312", ":3: region: ",
      id: "harus berupa kode wilayah seperti \"73.12.04\"", en: "must be a region's code such as \"73.12.04\""),
    .fleet(
      "uplink", "skpd/disdukcapil.toml", "2000000",
      by: "2000000\n[[uplink.hours]]\ndays = [\"mon\"]\nstart = \"16:00\"\nend = \"07:00\"\nlimit_bps = 1",
      ":11: uplink.hours[1].end: ",
      id: "tidak sesudah start; tulis jam yang melewati tengah malam sebagai dua isian, sampai 24:00 dan dari 00:00",
      en: "is not after start; write hours past midnight as two entries, to 24:00 and from 00:00"),
    .fleet(
      "definition", "datasets/citizen.toml", "[fields.children]", by: "[fields.Children]", ":65: fields.Children: ",
      id: "bukan nama kolom; pakai huruf kecil, angka, dan garis bawah, paling banyak 48",
      en: "is no field's name; use lower-case letters, digits and underscores, at most 48"),
    .fleet(
      "definition's parts", "datasets/citizen.toml", "\"born\"]", by: "\"bron\"]", ":5: identity[2]: ",
      id: "tidak ada kolom bron; maksudnya born?", en: "there is no field bron; did you mean born?"),
    .fleet(
      "field", "datasets/citizen.toml", "max = 100\n", by: "", ":23: fields.name.max: ",
      id: "belum ada; tulis max = jumlah karakter yang paling banyak diizinkan",
      en: "is missing; write max = the most characters that it may have"),
    .fleet(
      "code table", "reference/codes/life.toml", "\"AKTIF\"", by: "\"Dead\"", ":5: code[1].aliases: ",
      id: "\"Dead\" sudah berarti kode \"dead\"; hapus salah satunya",
      en: "\"Dead\" already means the code \"dead\"; remove one of the two"),
    .fleet(
      "regions", "reference/regions.toml", "\"kecamatan\"", by: "\"desa\"", ":11: region[2].level: ",
      id: "tidak cocok dengan kode 73.12.08", en: "does not fit the code 73.12.08"),
    BrokenFile(
      "definition from the centre", "definition: kind: ", id: "belum ada; tulis salah satu dari event, sample, record",
      en: "is missing; write one of event, sample, record"
    ) { _ = try DefinitionDocument.parse("id = \"x\"") },
    BrokenFile(
      "profile from the centre", "profile:1: node: ", id: "harus berupa nama node", en: "must be a node's name"
    ) { _ = try ProfileDocument.parse("node = \"X\"") },
  ]

  @Test(arguments: settings + fleet)
  func `whatever reader refuses a file says so in Indonesian and in English, each in its own words`(
    broken: BrokenFile
  ) throws {
    let found = thrownProblems(by: broken.read)
    let problem = try #require(
      found.first { $0.text(.english).hasSuffix(broken.place + broken.english) }, "\(found)")
    #expect(problem.isInBothLanguages)
    #expect(problem.text(.indonesian).hasSuffix(broken.place + broken.indonesian))
    // Where the language is not known.
    #expect(problem.description.hasSuffix("\(broken.place)\(broken.indonesian) (\(broken.english))"))
  }
}
