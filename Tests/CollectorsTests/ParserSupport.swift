import Collectors
import Datasets

/// Definitions and short ways to say what a parser gave.
enum Fixture {
  static func both(_ text: String) -> BilingualText { BilingualText(id: text, en: text) }

  static func name(_ text: String) -> FieldName {
    guard let name = FieldName(text) else { preconditionFailure("a fixture's name must be well formed") }
    return name
  }

  static func dataset(_ text: String) -> DatasetName {
    guard let name = DatasetName(text) else { preconditionFailure("a fixture's name must be well formed") }
    return name
  }

  static func field(
    _ text: String, _ type: FieldType, required: Bool = false,
    personal: FieldDefinition.PersonalData = .general,
    headers: [String] = [], district: [String] = [], village: [String] = []
  ) -> FieldDefinition {
    FieldDefinition(
      name: name(text), title: both(text), type: type, isRequired: required, personal: personal,
      headers: headers,
      districtHeaders: district, villageHeaders: village)
  }

  /// `titles` with their codes from 1.
  static func table(_ name: String, _ titles: [String], aliases: [String: [String]] = [:]) -> CodeTable {
    CodeTable(
      name: name,
      codes: titles.enumerated().map { index, title in
        CodeTable.Code(code: "\(index + 1)", title: both(title), aliases: aliases[title] ?? [])
      })
  }

  static let villages: [SampleRegion] = [
    ("73.12.04.1003", "Botto", "Lalabata"), ("73.12.03.1002", "Cabenge", "Lilirilau"),
    ("73.12.07.2002", "Ganra", "Ganra"),
    ("73.12.06.2002", "Donri Donri", "Donri-Donri"),
  ].compactMap { code, name, district in
    RegionCode(code).map { SampleRegion(code: $0, name: name, districtName: district) }
  }

  static let regions = RegionTable(
    villages.flatMap { village in
      [(village.code, village.name), (village.code.district ?? village.code, village.districtName)].map {
        RegionTable.Region(code: $0.0, name: $0.1)
      }
    }
      + [RegionCode("73.12").map { RegionTable.Region(code: $0, name: "Kabupaten Soppeng") }].compactMap {
        $0
      })

  static let population = DatasetDefinition(
    name: dataset("population"), kind: .record, version: 1, title: both("Kependudukan"), lane: .record,
    identity: [name("nik"), name("tanggal_lahir")], scope: name("kode_wilayah"),
    fields: identityFields + homeFields + otherFields)

  static let attendance = DatasetDefinition(
    name: dataset("attendance"), kind: .event, version: 1, title: both("Absensi"), lane: .event,
    key: [name("device"), name("pin"), name("time"), name("status")],
    fields: [
      field("device", .text(lengthMax: 64), required: true, personal: .none),
      field("pin", .text(lengthMax: 32), required: true, personal: .identifier),
      field("time", .instant, required: true),
      field("status", .integer(minimum: 0, maximum: 255), required: true),
      field("verify", .integer(minimum: 0, maximum: 255)), field("workcode", .text(lengthMax: 32)),
    ])

  private static let identityFields = [
    field("no_kk", .kk, personal: .identifier, headers: ["Nomor KK"]),
    field("nik", .nik, personal: .identifier, headers: ["NIK"]),
    field("nama", .text(lengthMax: 100), required: true, headers: ["Nama Penduduk", "Nama"]),
    field("tempat_lahir", .text(lengthMax: 100), headers: ["Tempat Lahir"]),
    field("tanggal_lahir", .date, headers: ["Tanggal Lahir"]),
    field(
      "jenis_kelamin",
      .code(
        table(
          "jenis_kelamin", ["LAKI-LAKI", "PEREMPUAN"],
          aliases: ["LAKI-LAKI": ["L", "LK"], "PEREMPUAN": ["P", "PR"]])), headers: ["Kelamin"]),
    field("nik_ayah", .nik, personal: .identifier, headers: ["NIK Ayah"]),
    field("nama_ayah", .text(lengthMax: 100), headers: ["Ayah"]),
    field("nik_ibu", .nik, personal: .identifier, headers: ["NIK Ibu"]),
    field("nama_ibu", .text(lengthMax: 100), headers: ["Ibu"]),
  ]

  private static let homeFields = [
    field(
      "kode_wilayah", .region, headers: ["Kode Desa"], district: ["Kecamatan"],
      village: ["Desa/Kel"]),
    field("alamat", .text(lengthMax: 200), headers: ["Alamat"]),
    field("rt", .text(lengthMax: 5), headers: ["RT"]),
    field("rw", .text(lengthMax: 5), headers: ["RW"]), field("telepon", .phone),
  ]

  private static let otherFields =
    [
      field("status_penduduk", .text(lengthMax: 40), headers: ["Status"]),
      field(
        "status_kawin",
        .code(
          table(
            "status_kawin", ["BELUM KAWIN", "KAWIN", "CERAI HIDUP", "CERAI MATI"],
            aliases: ["BELUM KAWIN": ["BK"], "KAWIN": ["K"], "CERAI HIDUP": ["CH"], "CERAI MATI": ["CM"]])),
        headers: ["Status Kawin"]),
      field(
        "shdk", .code(table("shdk", ["KEPALA KELUARGA", "SUAMI", "ISTRI", "ANAK", "ORANGTUA"])),
        headers: ["SHDK"]),
      field("agama", .code(table("agama", ["ISLAM", "KRISTEN", "KATHOLIK", "HINDU"])), headers: ["Agama"]),
      field(
        "pendidikan",
        .code(
          table(
            "pendidikan",
            [
              "TIDAK / BELUM SEKOLAH", "BELUM TAMAT SD/SEDERAJAT", "TAMAT SD / SEDERAJAT", "SLTP/SEDERAJAT",
              "SLTA / SEDERAJAT",
              "DIPLOMA IV/ STRATA I",
            ])), headers: ["Pendidikan"]),
      field("pekerjaan", .text(lengthMax: 60), headers: ["Pekerjaan"]),
      field("deskripsi_pekerjaan", .text(lengthMax: 100), headers: ["Deskripsi Pekerjaan"]),
      field(
        "golongan_darah",
        .code(
          table(
            "golongan_darah", ["A", "B", "AB", "O", "O+", "A-", "TIDAK TAHU"],
            aliases: ["TIDAK TAHU": ["TDK TH", "-"]])), headers: ["Gol. Darah"]),
      field("cacat", .code(table("cacat", ["CACAT FISIK", "TIDAK CACAT"])), headers: ["Cacat"]),
    ]
    + [
      ("cetak_ktp", "Cetak KTP"), ("ganti_ktp", "Ganti KTP"), ("ktp_berakhir", "KTP Berakhir"),
      ("nomor_paspor", "Nomor Paspor"),
      ("nomor_akta_lahir", "Nomor Akta Lahir"), ("nomor_akta_kawin", "Nomor Akta Kawin"),
      ("nomor_akta_cerai", "Nomor Akta Cerai"), ("petugas_registrasi", "Petugas Registrasi"),
      ("petugas_entri", "Petugas Entri"),
    ].map { field($0.0, .text(lengthMax: 50), headers: [$0.1]) }
    + [
      ("tanggal_kawin", "Tanggal Kwn"), ("tanggal_cerai", "Tgl Cerai"), ("tanggal_ubah", "Tgl Ubah"),
      ("tanggal_entri", "Tgl Entri"),
    ].map { field($0.0, .date, headers: [$0.1]) }
}

extension RowParser {
  /// Everything the parser gives for `bytes`, pushed in chunks of `chunkBytes`.
  func parse(_ bytes: [UInt8], chunkBytes: Int = .max) -> [ParsedRow] {
    var parser = self
    var rows: [ParsedRow] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      rows += parser.push(Array(rest.prefix(chunkBytes)))
      rest = rest.dropFirst(chunkBytes)
    }
    return rows + parser.finish()
  }

  func parse(_ text: String, chunkBytes: Int = .max) -> [ParsedRow] {
    parse(Array(text.utf8), chunkBytes: chunkBytes)
  }
}

extension ParsedRow {
  /// `line: name=value …`, or `line! code` for a problem.
  var shown: String {
    switch self {
    case .row(let row):
      "\(row.line): " + row.fields.map { "\($0.name)=\($0.value.shown)" }.joined(separator: " ")
    case .problem(let row): "\(row.line)! \(row.problem.code)"
    }
  }
}

extension RawValue {
  var shown: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .number(let text): "#\(text)"
    case .text(let text): text
    case .list(let elements): "[" + elements.map(\.shown).joined(separator: ",") + "]"
    case .object: "{}"
    }
  }
}
