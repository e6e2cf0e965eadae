import Datasets
import Testing

@Suite struct ColumnMapTests {
  func map(_ header: [String], regions: RegionTable? = PopulationFixture.regions) throws -> ColumnMap {
    try ColumnMap(header: header, definition: PopulationFixture.definition, regions: regions)
  }

  func row(_ header: [String], _ cells: [String]) throws -> [String: String] {
    var map = try map(header)
    let row = try map.row(line: 1, cells: cells).get()
    return Dictionary(uniqueKeysWithValues: row.fields.map { ($0.name, $0.value.shown) })
  }

  @Test func `headings are compared without case and with runs of blanks as one`() throws {
    let fields = try row(
      ["  nomor\u{A0} KK ", "\u{FEFF}NIK", "NAMA\n  PENDUDUK", "tgl lahir"], ["1", "2", "3", "4"])
    #expect(fields == ["no_kk": "1", "nik": "2", "nama": "3", "tanggal_lahir": "4"])
  }

  @Test func `empty and blank cells are left out, row numbers are no data`() throws {
    let fields = try row(["No", "NIK", "Nama", "RT"], ["1", "", " \u{A0}", "002"])
    #expect(fields == ["rt": "002"])
  }

  @Test func `unknown headings become fields with legal names`() throws {
    let fields = try row(["NIK", "Kode Pos (lama)", "2024", ""], ["1", "90811", "x", "y"])
    #expect(fields == ["nik": "1", "kode_pos_lama": "90811", "k_2024": "x", "kolom_4": "y"])
  }

  @Test func `a heading of which nothing legal is left names itself`() throws {
    let problem = try #require(throws: FieldProblem.self) { try map(["NIK", "???"]) }
    #expect(problem.code == "unknown_column")
    #expect(problem.field == "???")
    #expect(
      try #require(throws: FieldProblem.self) { try map(["NIK", "Lifecycle"]) }.code == "reserved_field")
  }

  @Test func `a heading that can hardly be anything but a slip is told, all of them at once`() throws {
    let problem = try #require(
      try map(["NIK", "Nama Pendudk", "Kelamim", "Kecamatn", "Desa/Kel", "Tanggal Lahr"]).refusal)
    #expect(problem.code == "misspelt_column" && problem.field == "Nama Pendudk")
    // A letter that was left out makes no word too short to tell.
    #expect(problem.reason.indonesian.contains("'Tanggal Lahr' → 'tanggal_lahir'"))
    for words in ["'Nama Pendudk' → 'nama_penduduk'", "'Kecamatn' → 'kecamatan'", "'Kelamim' → 'kelamin'"] {
      #expect(problem.reason.indonesian.contains(words) && problem.reason.english.contains(words), "\(problem.reason)")
    }
  }

  @Test(arguments: [
    ["NIK", "Nama", "Kelamin", "Kelamim"], ["Nama", "NIP", "Kode Desa"], ["NIK", "Nama", "Keterangan"],
    ["NIK", "Nama", ""],
    ["NIK", "Tgl Cetak"], ["NIK", "Tgl Lapor"], ["NIK", "Tanggal Lahir", "Tanggal Cerai"], ["NIK", "Nomor KTP"],
    ["NIK", "Nomor WA"], ["NIK", "Nama Anak"], ["NIK", "Status KTP"], ["NIK", "Alamat 2"],
    ["NIK", "Kecamatan", "Desa/Kel", "Kode Kel"], ["NIK", "Nama", "Kode Desa", "Kecamatn"],
  ])
  func `a column beside the one that it resembles, or too short or far to tell, is a column of its own`(
    header: [String]
  ) throws {
    #expect(try map(header).refusal == nil)
  }

  @Test(arguments: [
    (["NIK", "Nma", "Kode Desa"], "misspelt_column", "'Nma' → 'nama'"),
    (["Nma", "Tmpt", "Kode Desa"], "misspelt_column", "'Nma' → 'nama'"),
    (["NIK", "Nama", "Kecamtan", "Desa/Kel"], "misspelt_column", "'Kecamtan' → 'kecamatan'"),
    (["NIK", "Nama", "Kecamatan", "Des/Kel"], "misspelt_column", "'Des/Kel' → 'desa_kel'"),
    // Nobody could be found by these rows, and nobody made.
    (["Telepon", "RT", "Kode Desa"], "missing_column", "nama"),
    (["Nama", "RT"], "missing_column", "kode_wilayah"),
  ])
  func `what every row must have and no heading gives refuses the table once`(
    header: [String], code: String, words: String
  ) throws {
    let problem = try #require(try map(header).refusal)
    #expect(problem.code == code)
    #expect(problem.reason.indonesian.contains(words) && problem.reason.english.contains(words), "\(problem.reason)")
    #expect(problem.reason.indonesian.contains("Tidak ada baris yang diambil"))
  }

  @Test func `two letters too many say as little as one, whatever word stands before them`() throws {
    for heading in ["RTT", "No RTT", "Rtt"] { #expect(try map(["NIK", heading]).refusal == nil, "\(heading)") }
  }

  @Test func `a table of events must have every field of the key`() throws {
    let map = try ColumnMap(
      header: ["device", "pin", "time"], definition: PopulationFixture.attendance, regions: nil)
    #expect(map.refusal?.code == "missing_column" && map.refusal?.field == "status")
  }

  @Test func `a field is told by the table's own heading`() throws {
    let map = try map(["NIK", "Tgl Lahir", "Kecamatan", "Desa/Kel"])
    #expect(map.heading(of: "tanggal_lahir") == "Tgl Lahir" && map.heading(of: "kode_wilayah") == "Desa/Kel")
    #expect(map.heading(of: "nama") == nil)
  }

  @Test(arguments: [
    ("Lalabta", "Botto", "Maksudnya Lalabata?"), ("Kec. Lalabta", "Kel. Botto", "Maksudnya Lalabata?"),
    ("Lalabta", "Boto", "Maksudnya Lalabata, Botto (73.12.04.1003)?"),
    // No code of the list: the nearest name says nothing of it.
    ("73.12.99", "Botto", "tidak ada dalam daftar. Perbaiki nama atau kode"),
  ])
  func `a kecamatan that there is not is named, whatever stands beside it`(
    district: String, village: String, words: String
  ) throws {
    var map = try map(["NIK", "Kecamatan", "Desa/Kel"])
    let problem = try #require(throws: FieldProblem.self) {
      try map.row(line: 1, cells: ["1", district, village]).get()
    }
    #expect(problem.code == "unknown_district" && problem.reason.indonesian.contains(words), "\(problem.reason)")
  }

  @Test(arguments: [["NIK", "nik"], ["Nama", "NIK", "Nama Penduduk"], ["NIK", "Ket", "ket"]])
  func `two columns that mean one field are refused`(header: [String]) throws {
    #expect(try #require(throws: FieldProblem.self) { try map(header) }.code == "duplicate_column")
  }

  @Test(arguments: [
    ("LALABATA", "BOTTO", "73.12.04.1003"), ("Kec. Lalabata", "Kel. Botto", "73.12.04.1003"),
    ("DONRI DONRI", "Donri-Donri", "73.12.06.2002"), ("Ganra", "DESA GANRA", "73.12.07.2002"),
    ("lalabata", "73.12.04.1001", "73.12.04.1001"), ("73.12.04", "BOTTO", "73.12.04.1003"),
    ("731204", "Kel. Botto", "73.12.04.1003"), ("04", "BOTTO", "73.12.04.1003"), ("'07", "Ganra", "73.12.07.2002"),
  ])
  func `kecamatan and desa together give the region`(district: String, village: String, code: String) throws {
    let fields = try row(["NIK", "Kecamatan", "Desa/Kel"], ["1", district, village])
    #expect(fields == ["nik": "1", "kode_wilayah": code])
  }

  @Test(arguments: [("Kec. Lalabata", "Kel. Boto"), ("", "bottto"), ("73.12.04", "Boto")])
  func `a misspelt village is told by the name and code that it is near to`(district: String, village: String) throws {
    var map = try map(["NIK", "Kecamatan", "Desa/Kel"])
    let problem = try #require(throws: FieldProblem.self) {
      try map.row(line: 1, cells: ["1", district, village]).get()
    }
    #expect(problem.reason.indonesian.contains("Maksudnya Botto (73.12.04.1003)?"), "\(problem.reason)")
    #expect(problem.reason.english.contains("Did you mean Botto (73.12.04.1003)?"), "\(problem.reason)")
  }

  @Test func `a village that is not in the kecamatan is refused by the region's name`() throws {
    var map = try map(["NIK", "Kecamatan", "Desa/Kel"])
    for cells in [
      ["1", "GANRA", "BOTTO"], ["1", "", "BOTTO"], ["1", "LALABATA", "ENTAH"], ["1", "73.12.07", "BOTTO"],
    ] {
      let problem = try #require(throws: FieldProblem.self) { try map.row(line: 1, cells: cells).get() }
      #expect(problem.code == "unknown_region")
      #expect(problem.field == "kode_wilayah")
    }
  }

  @Test func `an explicit region code wins over names, and no village is no change`() throws {
    let header = ["Kode Desa", "Kecamatan", "Desa/Kel"]
    #expect(try row(header, ["7312041001", "LALABATA", "BOTTO"]) == ["kode_wilayah": "7312041001"])
    #expect(try row(header, ["", "LALABATA", ""]) == [:])
  }

  @Test func `a kecamatan column alone is a column like any other`() throws {
    #expect(try row(["NIK", "Kecamatan"], ["1", "GANRA"]) == ["nik": "1", "kecamatan": "GANRA"])
  }

  @Test func `repeated headings are recognised and people are not`() throws {
    let map = try map(["Nama", "NIK", "RT"])
    #expect(map.areHeadings(["NAMA", "nik", "Rt"]))
    #expect(map.areHeadings(["", "nik", "Rt"]))
    #expect(!map.areHeadings(["NAMA", "", ""]))
    #expect(!map.areHeadings(["NAMA", "7312040508680001", "001"]))
  }
}

extension RawValue {
  var shown: String { if case .text(let text) = self { text } else { "?" } }
}
