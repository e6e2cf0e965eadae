import Datasets
import Replication
import Testing
import Wire

@Suite struct EntryJudgeTests {
  private func code(_ body: () throws(QuarantineReason) -> Void) -> QuarantineReason.Code? {
    do { try body() } catch { return error.code }
    return nil
  }

  private func seal(_ milliseconds: Int64, suspect: Bool = false) -> Seal {
    Seal(
      effective: Fixture.time(milliseconds), suspicion: suspect ? .stepped : [], wall: Fixture.time(0),
      boot: 1,
      uptimeMilliseconds: 1)
  }

  private func judge(
    _ role: String = "kecamatan", author: NodeName? = nil, definition: DatasetDefinition = Fixture.residents
  ) -> EntryJudge {
    EntryJudge(
      definition: definition,
      write: Access(rules: definition.write, profile: Fixture.profile("writer", role: role)),
      now: Fixture.time(1_000_000), author: author)
  }

  // MARK: Time

  @Test func `a sure time beyond the clock's limit is held, a suspect or an old one is not`() {
    let judge = judge()
    #expect(code { () throws(QuarantineReason) in try judge.judge(seal(1_300_001)) } == .futureTime)
    #expect(code { () throws(QuarantineReason) in try judge.judge(seal(1_300_000)) } == nil)
    #expect(code { () throws(QuarantineReason) in try judge.judge(seal(9_000_000, suspect: true)) } == nil)
    #expect(code { () throws(QuarantineReason) in try judge.judge(seal(-9_000_000)) } == nil)
  }

  // MARK: Records

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var role = "kecamatan"
    var edits: [(FieldName, Value, Context)]
    var traits: Change.Traits = []
    var affirming: Context?
    /// The region that the change's `scopeSeen` stands for; nil when it names none.
    var shown: RegionCode?
    var knows = true
    let expected: QuarantineReason.Code?
  }

  static let own = RegionCode(Fixture.village)
  static let foreign = RegionCode(Fixture.otherVillage)

  static let cases: [Case] = [
    Case(
      testDescription: "a kecamatan creates a resident of its own",
      edits: [(Fixture.nama, .text("A"), .empty), (Fixture.wilayah, .text(Fixture.village), .empty)],
      traits: .creation, expected: nil),
    Case(
      testDescription: "a kecamatan creates somebody else's resident",
      edits: [(Fixture.nama, .text("A"), .empty), (Fixture.wilayah, .text(Fixture.otherVillage), .empty)],
      traits: .creation, expected: .writeRule),
    Case(
      testDescription: "a creation without a required field",
      edits: [(Fixture.wilayah, .text(Fixture.village), .empty)],
      traits: .creation, expected: .schema),
    Case(
      testDescription: "a creation that clears a required field",
      edits: [(Fixture.nama, .null, .empty), (Fixture.wilayah, .text(Fixture.village), .empty)],
      traits: .creation, expected: .schema),
    Case(
      testDescription: "an edit of a resident that was shown in the own region",
      edits: [(Fixture.alamat, .text("Jl. Merdeka"), .empty)], shown: own, expected: nil),
    Case(
      testDescription: "an edit of a resident that was shown elsewhere",
      edits: [(Fixture.alamat, .text("Jl. Merdeka"), .empty)], shown: foreign, expected: .writeRule),
    Case(
      testDescription: "a resident shown in the own region is moved away",
      edits: [(Fixture.wilayah, .text(Fixture.otherVillage), .empty)], shown: own, expected: nil),
    Case(
      testDescription: "a resident shown elsewhere is pulled here",
      edits: [(Fixture.wilayah, .text(Fixture.village), .empty)], shown: foreign, expected: .writeRule),
    Case(
      testDescription: "the population office writes everywhere", role: "dukcapil",
      edits: [(Fixture.alamat, .text("x"), .empty)], shown: foreign, expected: nil),
    Case(
      testDescription: "a reader by agreement writes nothing", role: "mitra-data",
      edits: [(Fixture.nama, .text("x"), .empty)], shown: own, expected: .writeRule),
    Case(
      testDescription: "affirming present alone, which would need no write rule", edits: [], affirming: .empty,
      shown: own, expected: .schema),
    Case(
      testDescription: "a value of the wrong type", edits: [(Fixture.alamat, .integer(1), .empty)],
      shown: own,
      expected: .schema),
    Case(
      testDescription: "a field that is not declared",
      edits: [(Fixture.field("keterangan"), .text("x"), .empty)], shown: own, expected: nil),
    Case(
      testDescription: "a field that is not declared, elsewhere",
      edits: [(Fixture.field("keterangan"), .text("x"), .empty)], shown: foreign, expected: .writeRule),
    Case(
      testDescription: "a field that is not declared and no text",
      edits: [(Fixture.field("keterangan"), .integer(1), .empty)], shown: own, expected: .schema),
    Case(
      testDescription: "a text too long for a field that is not declared",
      edits: [(Fixture.field("keterangan"), .text(String(repeating: "x", count: 4_001)), .empty)], shown: own,
      expected: .schema),
    Case(
      testDescription: "a control character in a field that is not declared",
      edits: [(Fixture.field("keterangan"), .text("a\u{1b}[2J"), .empty)], shown: own, expected: .schema),
    Case(
      testDescription: "more undeclared fields than an entry may have",
      edits: (0..<65).map { (Fixture.field("x\($0)"), .text("x"), .empty) }, shown: own, expected: .schema),
    Case(
      testDescription: "more in undeclared fields than an entry may have",
      edits: (0..<20).map { (Fixture.field("x\($0)"), .text(String(repeating: "x", count: 3_500)), .empty) },
      shown: own, expected: .schema),
    Case(
      testDescription: "a lifecycle that does not exist", edits: [(.lifecycle, .text("gone"), .empty)],
      shown: own,
      expected: .schema),
    Case(
      testDescription: "a delete in the own region", edits: [(.lifecycle, Lifecycle.deleted.value, .empty)],
      shown: own, expected: nil),
    Case(
      testDescription: "an alias of no id", edits: [(.aliasOf, .text("somebody"), .empty)], shown: own,
      expected: .schema),
    Case(
      testDescription: "what was seen is not known", edits: [(Fixture.alamat, .text("x"), .empty)],
      shown: own,
      knows: false, expected: .unknownContext),
    Case(
      testDescription: "what was affirmed is not known", edits: [],
      affirming: Fixture.context(("kec-citta", 9)),
      shown: own, knows: false, expected: .unknownContext),
  ]

  @Test(arguments: cases)
  func `a change is judged by schema, context and the record as its editor saw it`(given: Case) {
    let change = Fixture.change(
      given.edits, affirming: given.affirming, traits: given.traits,
      scopeSeen: given.shown == nil ? nil : Fixture.dot("disdukcapil", 1))
    let found = code { () throws(QuarantineReason) in
      try judge(given.role).judge(change, scopeSeen: given.shown, knows: { _ in given.knows })
    }
    #expect(found == given.expected)
  }

  @Test func `a heading that a definition got later makes nothing wrong that an office took before`() throws {
    var definition = Fixture.residents
    for index in definition.fields.indices where definition.fields[index].name == Fixture.wilayah {
      definition.fields[index].villageHeaders = ["Desa"]
    }
    let change = Fixture.change([(Fixture.wilayah, .text("73.12.04"), .empty)], affirming: .empty)
    try judge("dukcapil", definition: definition).judge(change, scopeSeen: nil, knows: { _ in true })
  }

  @Test(arguments: [
    ("alamat", Value.text(String(repeating: "x", count: 21)), "paling banyak 20 karakter", "at most 20 characters"),
    ("alamat", .integer(5), "harus teks", "a text is expected"),
    ("kode_wilayah", .text("7312041001"), "Bukan kode wilayah", "Not a region code"),
    ("lain", .text("a\nb"), "tidak terdaftar", "does not declare"),
  ])
  func `a value that does not fit is told by the rule that it breaks, in both languages`(
    field: String, value: Value, indonesian: String, english: String
  ) throws {
    var definition = Fixture.residents
    for index in definition.fields.indices {
      if definition.fields[index].name == Fixture.alamat { definition.fields[index].type = .text(lengthMax: 20) }
    }
    let change = Fixture.change([(Fixture.field(field), value, .empty)], affirming: .empty)
    let reason = try #require(throws: QuarantineReason.self) {
      try judge("dukcapil", definition: definition).judge(change, scopeSeen: nil, knows: { _ in true })
    }
    #expect(reason.code == .schema && reason.field == Fixture.field(field))
    #expect(reason.text.indonesian.contains(indonesian) && reason.text.english.contains(english), "\(reason.text)")
    // As the office gets it with the ack.
    let acked = QuarantineReason.text(ofAck: QuarantineReason.ackText(reason.text))
    #expect(acked == reason.text)
  }

  @Test func `a reason longer than an ack may carry is cut and not refused`() {
    let long = BilingualText(id: String(repeating: "é", count: 600), en: "long")
    let text = QuarantineReason.ackText(long)
    #expect(text.utf8.count == Limits.reasonBytesMax && text.allSatisfy { $0 == "é" })
  }

  @Test func `a scope that was shown but is not found grants nothing in a region`() {
    let change = Fixture.change(
      [(Fixture.alamat, .text("x"), .empty)], scopeSeen: Fixture.dot("disdukcapil", 1))
    let found = code { () throws(QuarantineReason) in
      try judge().judge(change, scopeSeen: nil, knows: { _ in true })
    }
    #expect(found == .writeRule)
  }

  @Test func `a scope whose writer the centre has not heard of yet is unknown, not forbidden`() {
    let seen = Fixture.dot("disdukcapil", 4)
    let change = Fixture.change([(Fixture.alamat, .text("x"), .empty)], scopeSeen: seen)
    let found = code { () throws(QuarantineReason) in
      try judge().judge(change, scopeSeen: nil, knows: { !$0.covers(seen) })
    }
    #expect(found == .unknownContext)
  }

  @Test func `a claim to have been shown no scope fails when it replaces another node's values`() {
    // A forged creation: it would overwrite a resident of another kecamatan.
    let forged = Fixture.change(
      [
        (Fixture.nama, .text("A"), Fixture.context(("disdukcapil", 3))),
        (Fixture.wilayah, .text(Fixture.village), .empty),
      ], traits: .creation)
    let honest = Fixture.change(
      [
        (Fixture.nama, .text("A"), Fixture.context(("kec-lalabata", 3))),
        (Fixture.wilayah, .text(Fixture.village), .empty),
      ], traits: .creation)
    let judge = judge(author: Fixture.node("kec-lalabata"))
    let knows = { (_: Context) in true }
    #expect(
      code { () throws(QuarantineReason) in try judge.judge(forged, scopeSeen: nil, knows: knows) }
        == .writeRule)
    #expect(
      code { () throws(QuarantineReason) in try judge.judge(honest, scopeSeen: nil, knows: knows) } == nil)
  }

  // MARK: Events

  private func punch(_ fields: [(String, Value)]) -> Occurrence {
    Occurrence(fields: fields.map { Occurrence.FieldValue(name: Fixture.field($0.0), value: $0.1) })
  }

  private let device: (String, Value) = ("device", .text("CKJF1"))
  private let time: (String, Value) = (
    "time", .instant(ZonedInstant(timestamp: Timestamp(milliseconds: 0), offsetMinutes: 480))
  )

  @Test func `an event needs its natural key, and its values must fit`() {
    let judge = judge(definition: Fixture.punches)
    func code(_ fields: [(String, Value)]) -> QuarantineReason.Code? {
      self.code { () throws(QuarantineReason) in try judge.judge(punch(fields)) }
    }
    #expect(code([device, time]) == nil)
    #expect(code([device]) == .schema)
    #expect(code([device, ("time", .null)]) == .schema)
    #expect(code([device, ("time", .text("kemarin"))]) == .schema)
    let utc = Value.instant(ZonedInstant(timestamp: Timestamp(milliseconds: 0), offsetMinutes: 0))
    #expect(code([device, ("time", utc)]) == .schema)
    #expect(code([device, time, ("ratio", .decimal("0.5"))]) == nil)
    #expect(code([device, time, ("ratio", .decimal("inf"))]) == .schema)
    #expect(code([device, time, ("ratio", .decimal("5e-1"))]) == .schema)
    #expect(code([device, time, ("suhu", .text("36,5"))]) == nil)
    #expect(code([device, time, ("suhu", .decimal("36.5"))]) == .schema)
    #expect(code([device, time, ("lifecycle", .text("deleted"))]) == .schema)
  }

  @Test func `an event is judged by region and fields as a record is`() {
    var definition = Fixture.punches
    definition.scope = Fixture.wilayah
    definition.fields.append(
      FieldDefinition(name: Fixture.wilayah, title: BilingualText(id: "Wilayah", en: "Region"), type: .region)
    )
    definition.write = [
      AccessRule(roles: ["kecamatan"], ownRegionOnly: true),
      AccessRule(roles: ["mitra-data"], fields: [Fixture.field("device"), Fixture.field("time")]),
    ]
    func code(_ role: String, _ village: String?) -> QuarantineReason.Code? {
      let fields = [device, time] + (village.map { [("kode_wilayah", Value.text($0))] } ?? [])
      return self.code { () throws(QuarantineReason) in
        try judge(role, definition: definition).judge(punch(fields))
      }
    }
    #expect(code("kecamatan", Fixture.village) == nil)
    #expect(code("kecamatan", Fixture.otherVillage) == .writeRule)
    #expect(code("kecamatan", nil) == .writeRule)
    #expect(code("mitra-data", nil) == nil)
    #expect(code("mitra-data", Fixture.village) == .writeRule)
    #expect(code("kepegawaian", Fixture.village) == .writeRule)
  }

  @Test(arguments: QuarantineReason.Code.allCases)
  func `every code fits the ack`(code: QuarantineReason.Code) {
    #expect(code.rawValue.utf8.count <= 64)
  }
}
