import Datasets
import Testing

/// What the clock of whoever takes a row in says of it, and what is said of values that say nothing.
@Suite struct RemarkTests {
  /// 2026-11-30 07:30 in Soppeng: in UTC it is still the day before.
  static let now = ZonedInstant("2026-11-30T07:30:00+08:00", defaultOffsetMinutes: nil)?.timestamp

  private func born(
    _ date: String, personal: FieldDefinition.PersonalData = .general, now: Timestamp? = now
  ) -> Result<ValidRow, FieldProblem> {
    var definition = PopulationFixture.definition
    let name = PopulationFixture.name("tanggal_lahir")
    definition.fields = [
      FieldDefinition(
        name: name, title: PopulationFixture.both("Lahir"), type: .date, personal: personal, isUntilToday: true)
    ]
    return RowValidator(definition: definition).validate(
      IntakeRow(line: 1, fields: [("tanggal_lahir", .text(date))]), now: now)
  }

  @Test(arguments: ["01-12-2026", "2090-01-01", "31/12/2200"])
  func `a day that is to come is refused where the definition says so`(date: String) throws {
    let problem = #expect(throws: FieldProblem.self) { try born(date).get() }
    #expect(problem?.code == "date_in_future")
    #expect(problem?.field == "tanggal_lahir")
    // Today by the regency's calendar, and not the date of birth of whoever it is.
    #expect(problem?.reason.indonesian.contains("2026-11-30") == true)
    #expect(problem?.reason.english.contains("2090") == false)
  }

  @Test func `what is nobody's data is repeated where it is refused`() {
    let problem = #expect(throws: FieldProblem.self) { try born("2090-01-01", personal: .none).get() }
    #expect(problem?.reason.indonesian.contains("2090-01-01") == true)
  }

  @Test func `a clock that was never set knows no today, and keeps nobody from recording`() throws {
    let unset = ZonedInstant("1970-01-01T08:05:00+08:00", defaultOffsetMinutes: nil)?.timestamp
    #expect(try born("1968-05-05", now: unset).get().remarks.isEmpty)
    #expect(try born("1988-05-05", now: unset).get().remarks.isEmpty)
  }

  @Test func `no clock judges the date that a record holds, and any other is still refused`() throws {
    var definition = PopulationFixture.definition
    let name = PopulationFixture.name("tanggal_lahir")
    definition.fields = [
      FieldDefinition(name: name, title: PopulationFixture.both("Lahir"), type: .date, isUntilToday: true)
    ]
    let validator = RowValidator(definition: definition)
    let (now, held) = (try #require(Self.now), try #require(CalendarDate("2190-01-01")))
    func changes(_ date: String) throws(FieldProblem) -> [Value] {
      try validator.changes(IntakeRow(line: 1, fields: [("tanggal_lahir", .text(date))]), now: now) { field, value in
        field == name && value == .date(held)
      }.map(\.value)
    }
    #expect(try changes("01-01-2190") == [.date(held)])
    #expect(throws: FieldProblem.self) { try changes("2190-01-02") }
  }

  @Test func `today is no day to come, and other dates know no bound`() throws {
    #expect(try born("30-11-2026").get().remarks.isEmpty)
    let other = IntakeRow(line: 1, fields: [("tanggal_lahir", .text("2090-01-01"))])
    #expect(try PopulationFixture.validator.validate(other, now: Self.now).get().fields.count == 1)
  }

  @Test(arguments: [("2026-12-01 07:30:00", 0), ("2026-12-01 07:30:01", 1), ("2035-01-01T00:00:00Z", 1)])
  func `an event more than a day ahead of the clock is taken with a word`(time: String, count: Int) throws {
    let row = IntakeRow(
      line: 4,
      fields: [("device", .text("A")), ("pin", .text("7")), ("time", .text(time)), ("status", .number("0"))])
    let valid = try RowValidator(definition: PopulationFixture.attendance).validate(row, now: Self.now).get()
    #expect(valid.fields.count == 4)
    #expect(valid.remarks.map(\.code) == [String](repeating: "time_ahead", count: count))
    // What is only looked up again is not judged.
    #expect(try RowValidator(definition: PopulationFixture.attendance).validate(row).get().remarks.isEmpty)
  }

  @Test(arguments: [("nik", "0000000000000000"), ("no_kk", "-"), ("status_kawin", "-"), ("anggota", "–")])
  func `a value that says nothing is left out and said`(field: String, text: String) throws {
    let row = IntakeRow(line: 1, fields: [("nama", .text("BASO")), (field, .text(text))])
    let valid = try PopulationFixture.validator.validate(row, now: Self.now).get()
    #expect(valid.fields.map(\.name.text) == ["nama"])
    #expect(valid.remarks.map(\.code) == ["means_unknown"])
    #expect(valid.remarks.first?.field == field)
  }
}
