import API
import Datasets
import Settings

/// Registers one person twice under two spellings, merges the two records at the centre and undoes it again.
struct MergePerson: Sendable {
  private static let limit: Duration = .seconds(60)
  private static let telephone = JSONValue.string("0811418474")

  let demo: DemoContext
  private var offices: [NodeName] { [demo.cast.register, demo.cast.cutOff] }

  func run() async throws {
    let pair = try await register()
    let found = try await demo.eventually(
      BilingualText(id: "pasangan itu ada di daftar ganda", en: "the pair on the list of duplicates"),
      within: Self.limit
    ) {
      if let found = try await listed(pair.id) { return .done(found) }
      return .waiting(demo.language("belum ditemukan", "not found yet"))
    }
    try show(found)

    let merge = MergeRequest(
      keep: pair.records.first, take: ["telepon"], versions: nil,
      reason: demo.language("KTP dan KK dicek", "identity card and family card were checked"))
    _ = try await demo.centre.client.body(of: try .merge(found.id, merge))
    try await waitUntil(isMerged: true, pair.records)
    try demo.screen.line(
      demo.language(
        "  digabung di pusat: kedua kantor melihat satu orang, dengan telepon dari \(demo.cast.cutOff)",
        "  merged at the centre: both offices see one person, with the telephone from \(demo.cast.cutOff)"))

    let reason = demo.language("ternyata dua orang", "they are two people after all")
    _ = try await demo.centre.client.body(of: try .undoMerge(found.id, reason: reason))
    try await waitUntil(isMerged: false, pair.records)
    try demo.screen.line(
      demo.language(
        "  dibatalkan: keduanya kembali seperti semula di semua salinan",
        "  undone: both are back as they were in every copy"))
  }

  // MARK: Steps

  /// The same woman as each office writes her; the first of the records is the population office's.
  private func register() async throws -> (id: String, records: [String]) {
    guard let region = demo.fleet.profile(of: demo.cast.cutOff)?.region,
      let village = demo.cast.villages.first(where: { $0.district == region })
    else {
      throw DemoFailure(
        BilingualText(id: "desa di \(demo.cast.cutOff)", en: "a village of \(demo.cast.cutOff)"), found: "-")
    }
    let common: [String: JSONValue] = [
      "tanggal_lahir": .string("1968-05-17"), "kode_wilayah": .string(village.code.text),
      "nama_ibu": .string("ST. AMINAH"), "jenis_kelamin": .string("P"),
    ]
    var records: [String] = []
    for (office, own) in [
      (demo.cast.register, ["nik": .string("7312045705689001"), "nama": .string("SITTI NURHAYATI DJAFAR")]),
      (demo.cast.cutOff, ["nama": .string("Hj. St. Noerhajati Jafar, S.Pd"), "telepon": Self.telephone]),
    ] as [(NodeName, [String: JSONValue])] {
      let fields = common.merging(own) { $1 }
      let reply = try await demo.office(office).client.reply(
        IntakeReply.self, to: try .upsert("population", fields, source: "loket")
      ).reply
      guard reply.accepted == 1, let name = fields["nama"] else {
        throw DemoFailure(
          BilingualText(id: "data diterima di \(office)", en: "the record to be taken at \(office)"),
          found: reply.rejected.map(\.reason).joined(separator: "; "))
      }
      records.append(try await find(name, at: office))
    }
    return ("population/" + records.sorted().joined(separator: "/"), records)
  }

  private func find(_ name: JSONValue, at office: NodeName) async throws -> String {
    let filter = RecordFilter(fields: [FieldAssignment("nama", name)])
    let page = try await demo.office(office).client.reply(
      RecordsReply.self, to: .records("population", Page(), filter)
    ).reply
    guard let record = page.records.first, page.records.count == 1 else {
      throw DemoFailure(
        BilingualText(id: "satu orang dengan nama itu", en: "one person of that name"), found: "\(page.records.count)")
    }
    return record.id
  }

  /// The pair as the list has it, among everybody else whom the search has noticed.
  private func listed(_ id: String) async throws -> DuplicateReply? {
    var cursor: String?
    repeat {
      let request = APIRequest.duplicates(Page(limit: 1000, cursor: cursor), state: "open", dataset: "population")
      let page = try await demo.centre.client.reply(DuplicatesReply.self, to: request).reply
      if let found = page.duplicates.first(where: { $0.id == id }) { return found }
      cursor = page.next
    } while cursor != nil
    return nil
  }

  private func show(_ found: DuplicateReply) throws {
    let names = found.records.map { DemoText.value($0.fields["nama"] ?? .null, of: "nama", demo.language) }
    try demo.screen.line(
      demo.language(
        "  pusat menduga satu orang terdaftar dua kali: \(names.joined(separator: " dan ")), "
          + "nama \(found.score) % mirip setelah gelar dan ejaan disamakan, sama: \(found.same.joined(separator: ", "))",
        "  the centre suspects that one person is registered twice: \(names.joined(separator: " and ")), "
          + "names \(found.score) % alike once titles and spellings are made one, the same: \(found.same.joined(separator: ", "))"
      ))
  }

  /// Until both offices show one person, who has what the other record said, or two again.
  private func waitUntil(isMerged: Bool, _ records: [String]) async throws {
    for office in offices {
      try await demo.eventually(
        BilingualText(
          id: "\(office) melihat \(isMerged ? 1 : 2) orang", en: "\(office) to see \(isMerged ? 1 : 2) people"),
        within: Self.limit
      ) { () -> DemoProgress<Void> in
        let people = try await people(records, at: office)
        let hasTelephone = people.contains { $0.id == records.first && $0.fields["telepon"] == Self.telephone }
        if isMerged ? people.count == 1 && hasTelephone : people.count == 2 && !hasTelephone { return .done(()) }
        return .waiting("\(office): \(people.count)")
      }
    }
  }

  /// Who stands behind these ids at an office: a merged record answers as the person it stands for.
  private func people(_ records: [String], at office: NodeName) async throws -> [RecordReply] {
    var people: [String: RecordReply] = [:]
    for id in records {
      if let person = try await demo.office(office).presentRecord("population", id) { people[person.id] = person }
    }
    return Array(people.values)
  }
}
