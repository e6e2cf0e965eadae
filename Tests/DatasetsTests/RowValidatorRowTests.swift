import Datasets
import Testing

/// Rules over a whole row: order, unknown fields, what is required, and what a problem may say.
@Suite struct RowValidatorRowTests {
  func validate(_ fields: [(name: String, value: RawValue)]) -> Result<ValidRow, FieldProblem> {
    PopulationFixture.validator.validate(IntakeRow(line: 7, fields: fields))
  }

  func problem(_ fields: [(name: String, value: RawValue)]) -> FieldProblem? {
    if case .failure(let problem) = validate(fields) { problem } else { nil }
  }

  @Test func `fields come in the definition's order, unknown ones last and sorted`() throws {
    let row = try validate([
      ("zona", .text("B")), ("nama", .text("BASO")), ("kode_pos", .number("90811")),
      ("nik", .text("7312040508680001")),
      ("aktif_lama", .boolean(true)),
    ]).get()
    #expect(row.line == 7)
    #expect(row.fields.map(\.name.text) == ["nik", "nama", "aktif_lama", "kode_pos", "zona"])
    #expect(row[PopulationFixture.name("kode_pos")] == .text("90811"))
    #expect(row[PopulationFixture.name("aktif_lama")] == .text("true"))
  }

  @Test func `an unknown field that cannot be kept names itself`() {
    let illegal = problem([("Kode Pos!", .text("1"))])
    #expect(illegal?.code == "unknown_field")
    #expect(illegal?.field == "Kode Pos!")
    #expect(problem([("extra", .object)])?.code == "wrong_kind")
    #expect(problem([("extra", .text("a\u{7}b"))])?.code == "control_character")
    #expect(problem([("extra", .text(String(repeating: "x", count: 4_001)))])?.code == "too_long")
    #expect(problem((0..<65).map { ("x\($0)", .text("1")) })?.code == "too_many_fields")
  }

  @Test(arguments: ["lifecycle", "alias_of"])
  func `nobody sends the fields of Simpul itself`(name: String) {
    #expect(problem([(name, .text("deleted"))])?.code == "reserved_field")
  }

  @Test func `a field given twice is refused, also under a heading's name`() {
    #expect(problem([("nama", .text("A")), ("nama", .text("B"))])?.code == "duplicate_field")
    #expect(problem([("nama", .text("A")), ("Nama Penduduk", .text("B"))])?.code == "duplicate_field")
    #expect(problem([("x", .text("A")), ("x", .text("B"))])?.code == "duplicate_field")
  }

  @Test func `a heading works as a field's name`() throws {
    let row = try validate([("NIK", .text("7312040508680001")), ("Tgl  Lahir", .text("05-08-1968"))]).get()
    #expect(row.fields.map(\.name.text) == ["nik", "tanggal_lahir"])
  }

  @Test func `required fields are asked for on creation only`() throws {
    let row = try validate([("nama", .text("BASO"))]).get()
    let missing = PopulationFixture.validator.missingRequired(row)
    #expect(missing?.code == "required")
    #expect(missing?.field == "kode_wilayah")
    let full = try validate([("nama", .text("BASO")), ("kode_wilayah", .text("7312041001"))]).get()
    #expect(PopulationFixture.validator.missingRequired(full) == nil)
  }

  @Test(arguments: ["device", "pin", "time", "status"])
  func `an event without its whole key is refused`(absent: String) {
    let fields: [(name: String, value: RawValue)] = [
      ("device", .text("SN1")), ("pin", .text("7")), ("time", .text("2026-10-04 07:30:00")),
      ("status", .number("0")),
    ]
    let validator = RowValidator(definition: PopulationFixture.attendance)
    #expect(validator.validate(IntakeRow(line: 1, fields: fields)).isSuccess)
    let partial = IntakeRow(line: 1, fields: fields.filter { $0.name != absent })
    #expect(throws: FieldProblem.self) { try validator.validate(partial).get() }
    let cleared = IntakeRow(line: 1, fields: fields.map { ($0.name, $0.name == absent ? .null : $0.value) })
    #expect(throws: FieldProblem.self) { try validator.validate(cleared).get() }
  }

  @Test func `an instant of a natural key has one form, whatever offset it was told in`() throws {
    let validator = RowValidator(definition: PopulationFixture.attendance)
    let values = try ["2026-10-04 07:30:00", "2026-10-04T07:30:00+08:00", "2026-10-03T23:30:00Z"].map {
      time in
      let row = try validator.validate(
        IntakeRow(
          line: 1,
          fields: [
            ("device", .text("SN1")), ("pin", .text("7")), ("time", .text(time)), ("status", .number("0")),
          ])
      ).get()
      return row[PopulationFixture.name("time")]
    }
    #expect(Set(values).count == 1)
    #expect(values.first??.text == "2026-10-04T07:30:00+08:00")
  }

  @Test func `what is shown in place of a masked value does not come back as one`() {
    #expect(problem([("keterangan", .text("***"))])?.code == "masked")
  }

  @Test func `no problem repeats a refused value, and each says what to do in both languages`() {
    let secrets: [(field: String, value: String)] = [
      ("nik", "7312049999990001"), ("no_kk", "73120405086800"), ("nip", "199902302020011001"),
      ("nama", "RAHASIA\u{7}SEKALI"),
      ("tanggal_lahir", "99-99-1968"), ("jenis_kelamin", "RAHASIA"), ("kode_wilayah", "73.12.99.9999"),
      ("telepon", "0812345678901234567"), ("dicatat", "1998-01-01 00:00:00"), ("anggota", "777777"),
      ("luas", "888888.8"), ("aktif", "RAHASIA"), ("nik", "731204******0001"), ("nik", "7.31204E+15"),
    ]
    for (field, value) in secrets {
      guard let problem = problem([(field, .text(value))]) else {
        Issue.record("\(field) took a wrong value")
        continue
      }
      #expect(problem.field == field)
      #expect(!problem.reason.indonesian.contains(value) && !problem.reason.english.contains(value))
      #expect(problem.reason.indonesian.count > 30 && problem.reason.english.count > 30)
      #expect(problem.reason.indonesian != problem.reason.english)
    }
  }

  @Test func `garbage never traps`() {
    var state: UInt64 = 42
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(limit))
    }
    let names =
      PopulationFixture.definition.fields.map(\.name.text) + ["x", "", "Kode Pos", "lifecycle", "ſ"]
    let pieces = Array("0123456789eE+-.,;:/*' \u{200B}\u{0}\u{FEFF}TZ\n\u{1F600}é").map(String.init)
    for _ in 0..<20_000 {
      var fields: [(name: String, value: RawValue)] = []
      for _ in 0..<random(4) {
        let text = (0..<random(24)).map { _ in pieces[random(pieces.count)] }.joined()
        let raws: [RawValue] = [.text(text), .number(text), .null, .object, .list([.text(text), .null])]
        fields.append((names[random(names.count)], raws[random(raws.count)]))
      }
      _ = validate(fields)
    }
  }
}
