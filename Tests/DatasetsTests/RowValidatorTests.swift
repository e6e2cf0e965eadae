import Datasets
import Testing

@Suite struct RowValidatorTests {
  @Test(arguments: [
    ("7312040508680001", "7312040508680001"), ("'7312040508680001", "7312040508680001"),
    ("\u{2019}7312040508680001", "7312040508680001"), ("\u{200B}7312040508680001\u{A0}", "7312040508680001"),
    ("\u{FEFF}7312 0405 0868 0001\u{200E}", "7312040508680001"), ("\t7312040508680001 ", "7312040508680001"),
  ])
  func `invisible characters and a leading apostrophe of a NIK are taken off`(written: String, stored: String) {
    #expect(PopulationFixture.value("nik", .text(written)) == .success(.text(stored)))
    #expect(PopulationFixture.value("no_kk", .text(written)) == .success(.text(stored)))
  }

  @Test(arguments: ["7.31204E+15", "7,31204E+15", "7.31204e+15", "7E15"])
  func `a spreadsheet's scientific notation is refused and says why`(written: String) throws {
    for field in ["nik", "no_kk", "nip", "telepon"] {
      let problem = try #require(throws: FieldProblem.self) {
        try PopulationFixture.value(field, .text(written)).get()
      }
      #expect(problem.code == "scientific_notation")
      #expect(problem.reason.indonesian.contains("Teks"))
      #expect(PopulationFixture.code(field, .number(written)) == "scientific_notation")
    }
  }

  @Test(arguments: ["0", "0000000000000000", "-", "'0"])
  func `a NIK that says unknown leaves the field untouched`(written: String) {
    #expect(PopulationFixture.value("nik", .text(written)) == .success(nil))
  }

  @Test(arguments: [
    ("nik", "731204******0001"), ("no_kk", "731204******0001"), ("nip", "198609********1001"),
    ("telepon", "0812****7890"),
    ("nomor_paspor", "A1****67"),
  ])
  func `a masked value is refused as input`(field: String, written: String) {
    #expect(["masked", "not_a_phone"].contains(PopulationFixture.code(field, .text(written)) ?? ""))
  }

  @Test func `an asterisk in a field that is no identifier is text`() {
    #expect(PopulationFixture.value("nama", .text("SITTI * AMINAH")) == .success(.text("SITTI * AMINAH")))
  }

  @Test(arguments: [
    ("05-08-1968", "1968-08-05"), ("05/08/1968", "1968-08-05"), ("1968-08-05", "1968-08-05"),
    (" 05-08-1968 ", "1968-08-05"), ("05-08-1968 00:00:00", "1968-08-05"),
    ("1968-08-05T00:00:00", "1968-08-05"),
    ("29-02-2000", "2000-02-29"),
  ])
  func `dates of exports are understood`(written: String, day: String) throws {
    let value = try #require(try PopulationFixture.value("tanggal_lahir", .text(written)).get())
    #expect(value.text == day)
  }

  @Test(arguments: [
    ("29-02-1900", "not_a_date"), ("31-02-1990", "not_a_date"), ("5-8-1968", "not_a_date"),
    ("1968", "not_a_date"),
    ("05-08-68", "not_a_date"), ("05-08-1968 pagi", "not_a_date"), ("05-08-0968", "date_out_of_range"),
    ("24687", "not_a_date"), ("", "empty_value"),
  ])
  func `what is no day is refused`(written: String, code: String) {
    #expect(PopulationFixture.code("tanggal_lahir", .text(written)) == code)
  }

  @Test(arguments: [
    ("2026-10-04T07:30:00+08:00", "2026-10-04T07:30:00+08:00"),
    ("2026-10-04 07:30:00", "2026-10-04T07:30:00+08:00"),
    ("2026-10-03T23:30:00Z", "2026-10-03T23:30:00Z"), ("2000-01-01 00:00:00", "2000-01-01T00:00:00+08:00"),
    ("2100-12-31 23:59:59", "2100-12-31T23:59:59+08:00"),
  ])
  func `a time without zone is local`(written: String, stored: String) throws {
    #expect(try PopulationFixture.value("dicatat", .text(written)).get()?.text == stored)
  }

  @Test(arguments: [
    ("1999-12-31 23:59:59", "time_before_2000"), ("2101-01-01 00:00:00", "time_after_2100"),
    ("2026-10-04", "not_an_instant"), ("2026-13-04 07:30:00", "not_an_instant"),
    ("860052600", "not_an_instant"),
  ])
  func `a time that no clock should show is refused`(written: String, code: String) {
    #expect(PopulationFixture.code("dicatat", .text(written)) == code)
  }

  @Test(arguments: [
    ("jenis_kelamin", "L", "L"), ("jenis_kelamin", "lk", "L"), ("jenis_kelamin", "Pr", "P"),
    ("jenis_kelamin", "Laki-Laki", "L"),
    ("jenis_kelamin", "2", "P"), ("status_kawin", "BK", "1"), ("status_kawin", "k", "2"),
    ("status_kawin", "CH", "3"),
    ("status_kawin", "CM", "4"), ("status_kawin", "Cerai  Mati", "4"),
    ("pendidikan", "SLTP / SEDERAJAT", "4"),
    ("pendidikan", "SLTP/SEDERAJAT", "4"), ("pendidikan", "SLTA/ SEDERAJAT", "5"),
    ("golongan_darah", "Tdk Th", "13"),
    ("golongan_darah", "A", "1"), ("golongan_darah", "A-", "6"), ("golongan_darah", "tidak diketahui", "13"),
  ])
  func `a code, a title or an abbreviation gives the code`(field: String, written: String, code: String) {
    #expect(PopulationFixture.value(field, .text(written)) == .success(.text(code)))
  }

  @Test func `a code that the table does not have is refused with what it has`() throws {
    let problem = try #require(throws: FieldProblem.self) {
      try PopulationFixture.value("jenis_kelamin", .text("X")).get()
    }
    #expect(problem.code == "unknown_code")
    #expect(problem.reason.indonesian.contains("PEREMPUAN"))
    #expect(PopulationFixture.value("golongan_darah", .text("-")) == .success(nil))
  }

  @Test(arguments: [
    ("73.12.04.1001", "73.12.04.1001"), ("7312041001", "73.12.04.1001"), ("'7312041001", "73.12.04.1001"),
    ("73.71.01.1001", "73.71.01.1001"),
  ])
  func `a region code is taken with or without dots`(written: String, stored: String) {
    #expect(PopulationFixture.value("kode_wilayah", .text(written)) == .success(.text(stored)))
  }

  @Test(arguments: [
    ("73.12.04.1009", "unknown_region"), ("Botto", "not_a_region"), ("73.1204.1001", "not_a_region"),
    // A desa is meant: what it lies in is none, in this regency or another.
    ("73", "not_a_village"), ("73.12", "not_a_village"), ("73.12.04", "not_a_village"), ("731204", "not_a_village"),
    ("73.12.99", "not_a_village"), ("73.71", "not_a_village"), ("73.71.01", "not_a_village"),
  ])
  func `a region that is not in the list is refused`(written: String, code: String) {
    #expect(PopulationFixture.code("kode_wilayah", .text(written)) == code)
  }

  @Test(arguments: ["Botto", "Boto", "Kel. Botto"])
  func `a desa's name in the place of its code is told with the code that it is near to`(written: String) throws {
    guard case .failure(let problem) = PopulationFixture.value("kode_wilayah", .text(written)) else {
      Issue.record("it was taken")
      return
    }
    #expect(problem.reason.indonesian.contains("Maksudnya Botto (73.12.04.1003)?"), "\(problem.reason)")
    #expect(problem.reason.english.contains("Did you mean Botto (73.12.04.1003)?"), "\(problem.reason)")
  }

  @Test(arguments: [
    ("0812-3456-7890", "081234567890"), ("+62 812 3456 7890", "+6281234567890"),
    ("6281234567890", "+6281234567890"),
    ("(0484) 21.234", "048421234"), ("112", "112"), ("'081234567890", "081234567890"),
    ("81234567890", "081234567890"),
  ])
  func `phone numbers keep their digits and get one form`(written: String, stored: String) {
    #expect(PopulationFixture.value("telepon", .text(written)) == .success(.text(stored)))
  }

  @Test(arguments: ["12", "0812x456", "1234567890123456", "+", "++62812345678"])
  func `what is no phone number is refused`(written: String) {
    #expect(PopulationFixture.code("telepon", .text(written)) == "not_a_phone")
  }

  @Test func `text is trimmed, bounded in characters and free of control characters`() {
    #expect(
      PopulationFixture.value("nama", .text(" \u{FEFF}ANDI  TENRI\u{A0}")) == .success(.text("ANDI  TENRI")))
    #expect(PopulationFixture.value("nama", .text(String(repeating: "é", count: 20))).isSuccess)
    #expect(PopulationFixture.code("nama", .text(String(repeating: "x", count: 21))) == "too_long")
    for hidden in ["A\u{0}B", "A\nB", "A\tB", "A\u{1B}[2J", "A\u{202E}B", "A\u{85}B"] {
      #expect(PopulationFixture.code("nama", .text(hidden)) == "control_character")
    }
  }

  @Test(arguments: [("'001", "001"), ("001", "001"), ("'Abd", "'Abd")])
  func `an apostrophe before a digit marks text in a spreadsheet`(written: String, stored: String) {
    #expect(PopulationFixture.value("rt", .text(written)) == .success(.text(stored)))
  }

  @Test(arguments: [
    ("12", Value.integer(12)), ("5.0", .integer(5)), ("1e1", .integer(10)), ("-0", .integer(0)),
    ("'7", .integer(7)),
  ])
  func `whole numbers may be written as others do`(written: String, value: Value) {
    #expect(PopulationFixture.value("anggota", .number(written)) == .success(value))
  }

  @Test(arguments: [
    ("anggota", "31", "out_of_range"), ("anggota", "-1", "out_of_range"),
    ("anggota", "1.5", "not_an_integer"),
    ("anggota", "1.000.000", "not_an_integer"), ("anggota", "99999999999999999999", "not_an_integer"),
    ("luas", "1001", "out_of_range"), ("luas", "1,000", "not_a_decimal"), ("luas", "1.2.3", "not_a_decimal"),
    ("luas", "1e9999", "not_a_decimal"), ("luas", "NaN", "not_a_decimal"), ("luas", "0x10", "not_a_decimal"),
  ])
  func `numbers out of range or unclear are refused`(field: String, written: String, code: String) {
    #expect(PopulationFixture.code(field, .text(written)) == code)
  }

  @Test(arguments: [
    ("1.50", "1.5"), ("2,5", "2.5"), ("0,125", "0.125"), ("1e2", "100"), ("-0.0", "0"), ("007", "7"),
    ("1.5e-3", "0.0015"),
    ("+3", "3"),
  ])
  func `equal decimals have one spelling`(written: String, stored: String) {
    #expect(PopulationFixture.value("luas", .text(written)) == .success(.decimal(stored)))
  }

  @Test func `yes and no have many words`() {
    for word in ["ya", "Ya", "TRUE", "1", "yes"] {
      #expect(PopulationFixture.value("aktif", .text(word)) == .success(.boolean(true)))
    }
    for word in ["tidak", "False", "0", "no"] {
      #expect(PopulationFixture.value("aktif", .text(word)) == .success(.boolean(false)))
    }
    #expect(PopulationFixture.value("aktif", .boolean(true)) == .success(.boolean(true)))
    #expect(PopulationFixture.code("aktif", .text("mungkin")) == "not_a_boolean")
  }

  @Test func `lists come as arrays or with semicolons and are sets`() {
    let expected = Value.list(["Bugis", "Jawa"])
    #expect(PopulationFixture.value("bahasa", .text("Jawa; Bugis ;;Jawa")) == .success(expected))
    #expect(PopulationFixture.value("bahasa", .list([.text("Jawa"), .text("Bugis")])) == .success(expected))
    #expect(PopulationFixture.value("bahasa", .list([])) == .success(.null))
    #expect(PopulationFixture.code("bahasa", .text("a;b;c;d")) == "too_many_elements")
    #expect(PopulationFixture.code("bahasa", .list([.list([])])) == "wrong_kind")
    #expect(PopulationFixture.code("bahasa", .text("12345678901")) == "too_long")
  }

  @Test func `null clears, except what is required`() {
    #expect(PopulationFixture.value("telepon", .null) == .success(.null))
    #expect(PopulationFixture.value("rt", .text("")) == .success(.null))
    #expect(PopulationFixture.code("nama", .null) == "required")
    #expect(PopulationFixture.code("nama", .text("  ")) == "required")
  }

  @Test func `the wrong kind of JSON is refused`() {
    for field in ["nik", "nama", "tanggal_lahir", "anggota", "kode_wilayah"] {
      #expect(PopulationFixture.code(field, .object) == "wrong_kind")
      #expect(PopulationFixture.code(field, .list([.text("x")])) == "wrong_kind")
      #expect(PopulationFixture.code(field, .boolean(true)) == "wrong_kind")
    }
  }
}

extension Result {
  var isSuccess: Bool { if case .success = self { true } else { false } }
}
