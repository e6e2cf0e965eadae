import API
import Datasets
import Settings

/// Cuts one kecamatan off and lets it and the population office edit the same residents.
struct EditApart: Sendable {
  private static let noticeLimit: Duration = .seconds(60)

  struct Result: Sendable {
    var edits: [DemoEdit]
    /// The resident who moves away meanwhile.
    var moved: String
  }

  let demo: DemoContext
  let relay: TCPRelay

  func run() async throws -> Result {
    let cutOff = demo.cast.cutOff
    let register = demo.cast.register
    let page = try await demo.office(cutOff).records("population", Page(limit: 100))
    let residents = page.records.filter {
      $0.lifecycle == nil && $0.fields["nama"].map { $0 != .null } ?? false
    }
    let edits = DemoEdit.plan(residents)
    guard !edits.isEmpty, residents.count > edits.count else {
      throw DemoFailure(
        BilingualText(id: "penduduk di \(cutOff)", en: "residents at \(cutOff)"), found: "\(residents.count)")
    }
    let moved = residents[edits.count].id
    await relay.cut(.silent)
    try demo.screen.line(
      demo.language(
        "  jaringan \(cutOff) diputus: tidak ada bita yang lewat",
        "  the link of \(cutOff) is cut: no byte passes"))
    for edit in edits {
      try await save(edit.atKecamatan, edit, at: cutOff)
      try await save(edit.atRegister, edit, at: register)
    }
    try await move(moved)
    try await show(edits, residents)
    try await waitUntilNoticed()
    return Result(edits: edits, moved: moved)
  }

  /// As an editor does: reads the record, and sends the change with the version that was on the screen.
  private func save(_ value: JSONValue?, _ edit: DemoEdit, at office: NodeName) async throws {
    let daemon = demo.office(office)
    let version = try await daemon.record("population", edit.record).version
    if let value {
      let request = try APIRequest.edit(
        "population", edit.record, [edit.field: value], version: version, isCorrection: false)
      _ = try await daemon.client.body(of: request)
    } else {
      _ = try await daemon.client.body(of: .deletion("population", edit.record, version: version))
    }
  }

  private func move(_ record: String) async throws {
    guard let region = demo.fleet.profile(of: demo.cast.neighbour)?.region,
      let village = demo.cast.villages.first(where: { $0.district == region })
    else { return }
    let daemon = demo.office(demo.cast.register)
    let version = try await daemon.record("population", record).version
    let fields: [String: JSONValue] = ["kode_wilayah": .string(village.code.text)]
    _ = try await daemon.client.body(
      of: try .edit("population", record, fields, version: version, isCorrection: false))
  }

  private func show(_ edits: [DemoEdit], _ residents: [RecordReply]) async throws {
    let language = demo.language
    let rows = edits.map { edit -> [TextTable.Cell] in
      [
        .init(DemoText.resident(edit.record, residents)), .init(StateWords.field(edit.field, language)),
        .init(StateWords.policy(edit.policy, language)),
        .init(DemoText.value(edit.atKecamatan, of: edit.field, language)),
        .init(
          edit.atRegister.map { DemoText.value($0, of: edit.field, language) }
            ?? language("(dihapus)", "(deleted)")),
      ]
    }
    try demo.screen.table(
      TextTable(
        [
          .init(language("Penduduk", "Resident")), .init(language("Kolom", "Field")),
          .init(language("Aturan", "Policy")),
          .init(demo.cast.cutOff.text), .init(demo.cast.register.text),
        ], rows: rows))
    try demo.screen.line(
      language(
        "  dan satu penduduk lain pindah ke \(demo.cast.neighbour) menurut \(demo.cast.register)",
        "  and one more resident moves to \(demo.cast.neighbour), says \(demo.cast.register)"))
  }

  /// Both ends see the silence by themselves.
  private func waitUntilNoticed() async throws {
    let cutOff = demo.cast.cutOff
    let waiting = try await demo.eventually(
      BilingualText(id: "\(cutOff) luring di pusat", en: "\(cutOff) offline at the centre"),
      within: Self.noticeLimit
    ) {
      let atCentre = try await demo.centre.node(cutOff).state
      let own = try await demo.office(cutOff).status()
      let backlog = own.backlog?.changes ?? 0
      if atCentre == "offline", own.state != "online" { return .done(backlog) }
      return .waiting(
        demo.language(
          "menunggu sampai putusnya diketahui: pusat \(StateWords.cell(atCentre, .indonesian).text), "
            + "\(cutOff) \(StateWords.cell(own.state, .indonesian).text)",
          "until the cut is noticed: centre \(atCentre), \(cutOff) \(own.state)"))
    }
    try demo.screen.line(
      demo.language(
        "  \(cutOff) luring dan terus bekerja: \(waiting) perubahan tersimpan, menunggu jaringan",
        "  \(cutOff) is offline and works on: \(waiting) changes stored, waiting for the link"))
  }
}
