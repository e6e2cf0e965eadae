import API
import Datasets

/// Shows that an office sees what it may and nothing else.
struct ShowScopes: Sendable {
  let demo: DemoContext
  let samples: DemoSamples
  let punches: Int

  func run() async throws {
    try await showPartner()
    try await showOutsider()
    try await showAttendance()
  }

  private func showPartner() async throws {
    let cast = demo.cast
    let records = try await demo.office(cast.partner).records("population", Page(limit: 1000)).records
    let held = Set(records.flatMap { $0.fields.filter { $0.value != .null }.keys })
    let beyond = held.subtracting(cast.agreedFields).sorted()
    guard !records.isEmpty, beyond.isEmpty, !held.isEmpty else {
      throw DemoFailure(
        BilingualText(
          id: "\(cast.partner) hanya memegang kolom perjanjian",
          en: "\(cast.partner) to hold the agreed fields only"),
        found: "\(records.count): \(beyond.joined(separator: " "))")
    }
    let missing = cast.allFields.filter { !cast.agreedFields.contains($0) }
    let count = try await demo.office(cast.partner).digest("population").count
    let language = demo.language
    let residents = demo.quantity.count(count)
    let fields = held.sorted().joined(separator: ", ")
    let some = missing.prefix(6).joined(separator: ", ")
    let others = max(0, missing.count - 6)
    try demo.screen.line(
      language(
        "  \(cast.partner) (perjanjian): \(residents) penduduk, kolom \(fields)",
        "  \(cast.partner) (agreement): \(residents) residents, fields \(fields)"
      ))
    try demo.screen.line(
      language(
        "    tidak ada di sana: \(some) dan \(others) kolom lain",
        "    not there: \(some) and \(others) more fields"
      ))
  }

  /// No rule: the office either does not know the dataset at all, or holds nothing of it.
  private func showOutsider() async throws {
    let outsider = demo.cast.outsider
    let request = APIRequest.records("population", Page(limit: 1), RecordFilter())
    let daemon = demo.office(outsider)
    let answer = try await daemon.client.answer(to: request)
    if ![403, 404].contains(answer.status) {
      let body = try daemon.client.successBody(of: answer, to: request)
      let records = try daemon.client.decode(RecordsReply.self, body).records
      guard records.isEmpty else {
        throw DemoFailure(
          BilingualText(id: "\(outsider) tidak memegang penduduk", en: "\(outsider) to hold no residents"),
          found: "\(records.count)")
      }
    }
    try demo.screen.line(
      demo.language(
        "  \(outsider) (tanpa aturan baca): 0 penduduk", "  \(outsider) (no rule to read): 0 residents"))
  }

  private func showAttendance() async throws {
    let personnel = demo.cast.personnel
    let counts = try await demo.eventually(
      BilingualText(
        id: "\(punches) absensi di \(personnel)", en: "\(punches) punches at \(personnel)"),
      within: .seconds(30)
    ) {
      let counts = try await countByDevice(at: personnel)
      let sum = counts.values.reduce(0, +)
      return sum == punches ? .done(counts) : .waiting("\(sum)/\(punches)", done: sum, total: punches)
    }
    let language = demo.language
    try demo.screen.line(
      language(
        "  \(personnel) melihat absensi semua kantor: \(demo.quantity.count(punches)) catatan",
        "  \(personnel) sees the attendance of all offices: \(demo.quantity.count(punches)) punches"))
    let rows = demo.cast.withTerminals.enumerated().map { index, office -> [TextTable.Cell] in
      let device = samples.device(index)
      return [.init(office.text), .init(device), .init(demo.quantity.count(counts[device] ?? 0))]
    }
    try demo.screen.table(
      TextTable(
        [
          .init(language("Kantor", "Office")), .init(language("Mesin", "Terminal")),
          .init(language("Catatan", "Punches"), .right),
        ], rows: rows))
  }

  private func countByDevice(at office: NodeName) async throws -> [String: Int] {
    var counts: [String: Int] = [:]
    var page = Page(limit: 1000)
    repeat {
      let reply = try await demo.office(office).records("attendance", page)
      for record in reply.records {
        if case .string(let device)? = record.fields["device"] { counts[device, default: 0] += 1 }
      }
      page.cursor = reply.next
    } while page.cursor != nil
    return counts
  }
}
