import Datasets

/// A population definition small enough to read, with every field type and the quirks of the real one.
enum PopulationFixture {
  static func both(_ text: String) -> BilingualText { BilingualText(id: text, en: text) }

  static func dataset(_ text: String) -> DatasetName {
    guard let name = DatasetName(text) else { preconditionFailure("a fixture's name must be well formed") }
    return name
  }

  static func name(_ text: String) -> FieldName { FieldName(text) ?? .lifecycle }

  static func table(_ name: String, _ codes: [(code: String, title: String, aliases: [String])]) -> CodeTable {
    CodeTable(
      name: name,
      codes: codes.map { CodeTable.Code(code: $0.code, title: both($0.title), aliases: $0.aliases) })
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

  static let sex = table(
    "jenis_kelamin", [("L", "LAKI-LAKI", ["1", "LK"]), ("P", "PEREMPUAN", ["2", "PR"])])
  static let marriage = table(
    "status_kawin",
    [
      ("1", "BELUM KAWIN", ["BK"]), ("2", "KAWIN", ["K"]), ("3", "CERAI HIDUP", ["CH"]),
      ("4", "CERAI MATI", ["CM"]),
    ])
  static let education = table(
    "pendidikan", [("4", "SLTP/SEDERAJAT", ["SLTP"]), ("5", "SLTA / SEDERAJAT", ["SMA"])])
  static let blood = table(
    "golongan_darah", [("1", "A", []), ("6", "A-", []), ("13", "TIDAK TAHU", ["TDK TH", "TIDAK DIKETAHUI"])])

  static let regions = RegionTable(
    [
      ("73.12", "Kabupaten Soppeng"), ("73.12.04", "Lalabata"), ("73.12.04.1001", "Lalabata Rilau"),
      ("73.12.04.1003", "Botto"), ("73.12.06", "Donri-Donri"), ("73.12.06.2002", "Donri Donri"),
      ("73.12.07", "Ganra"),
      ("73.12.07.2002", "Ganra"),
    ].compactMap { code, name in RegionCode(code).map { RegionTable.Region(code: $0, name: name) } })

  static let definition = DatasetDefinition(
    name: dataset("population"), kind: .record, version: 1, title: both("Kependudukan"), lane: .record,
    identity: [name("nik"), name("tanggal_lahir")], scope: name("kode_wilayah"),
    fields: [
      field("no_kk", .kk, personal: .identifier, headers: ["Nomor KK", "No. KK"]),
      field("nik", .nik, personal: .identifier, headers: ["NIK"]),
      field("nama", .text(lengthMax: 20), required: true, headers: ["Nama Penduduk", "Nama"]),
      field("tanggal_lahir", .date, headers: ["Tanggal Lahir", "Tgl Lahir"]),
      field("jenis_kelamin", .code(sex), headers: ["Kelamin"]),
      field("status_kawin", .code(marriage), headers: ["Status Kawin"]),
      field(
        "kode_wilayah", .region, required: true, headers: ["Kode Desa"], district: ["Kecamatan"],
        village: ["Desa/Kel"]),
      field("rt", .text(lengthMax: 5), headers: ["RT"]),
      field("pendidikan", .code(education), headers: ["Pendidikan"]),
      field("golongan_darah", .code(blood), personal: .specific, headers: ["Gol. Darah"]),
      field("telepon", .phone),
      field("nomor_paspor", .text(lengthMax: 20), personal: .identifier),
      field("nip", .nip, personal: .identifier),
      field("anggota", .integer(minimum: 0, maximum: 30), personal: .none),
      field("luas", .decimal(minimum: 0, maximum: 1000), personal: .none),
      field("aktif", .boolean, personal: .none),
      field("dicatat", .instant, personal: .none),
      field("bahasa", .list(lengthMax: 10, countMax: 3), personal: .none),
    ])

  static let attendance = DatasetDefinition(
    name: dataset("attendance"), kind: .event, version: 1, title: both("Absensi"), lane: .event,
    key: [name("device"), name("pin"), name("time"), name("status")],
    fields: [
      field("device", .text(lengthMax: 64), required: true, personal: .none),
      field("pin", .text(lengthMax: 32), required: true, personal: .identifier),
      field("time", .instant, required: true),
      field("status", .integer(minimum: 0, maximum: 255), required: true),
      field("verify", .integer(minimum: 0, maximum: 255), personal: .none),
      field("workcode", .text(lengthMax: 32), personal: .none),
    ])

  static let validator = RowValidator(definition: definition, regions: regions)

  /// The value that one field gets, or the problem with it.
  static func value(_ field: String, _ raw: RawValue) -> Result<Value?, FieldProblem> {
    validator.validate(IntakeRow(line: 1, fields: [(field, raw)])).map { $0[name(field)] }
  }

  static func code(_ field: String, _ raw: RawValue) -> String? {
    if case .failure(let problem) = value(field, raw) { problem.code } else { nil }
  }
}
