import API
import Datasets

/// Sets an office back to yesterday's copy of its disk, as after a broken machine, and lets it catch up by itself.
struct SetOfficeBack: Sendable {
  private static let limit: Duration = .seconds(90)
  private static let editCount = 3
  private static let telephone = JSONValue.string("0811418473")

  let demo: DemoContext
  private var office: NodeName { demo.cast.neighbour }

  func run() async throws {
    let program = demo.agent(of: office)
    let (disk, copy) = (demo.layout.data(of: office), "\(demo.layout.directory(of: office))/yesterday")
    await demo.processes.stop(program.name)
    try demo.layout.copy(disk, to: copy, demo.language)
    try await demo.start(program)

    let edited = try await edit()
    try await demo.waitUntilCaughtUp([office], within: Self.limit)
    await demo.processes.stop(program.name)
    try demo.layout.copy(copy, to: disk, demo.language)
    try await demo.start(program)
    try await demo.waitUntilCaughtUp([office], within: Self.limit)
    try await check(edited)
    try demo.screen.line(
      demo.language(
        "  \(office) kembali dari salinan kemarin: \(edited.count) perubahan yang tidak ada di salinan itu "
          + "sudah kembali dari pusat, dan jejaknya sama",
        "  \(office) is back from yesterday's copy: \(edited.count) edits that were not in it "
          + "have come back from the centre, and the digests agree"))
  }

  /// Edits that yesterday's copy does not have.
  private func edit() async throws -> [String] {
    let daemon = demo.office(office)
    let residents = try await demo.eventually(
      BilingualText(id: "\(office) menjawab", en: "\(office) to answer"), within: Self.limit
    ) {
      let page = try await daemon.records("population", Page(limit: 50))
      let residents = page.records.filter { $0.lifecycle == nil }.prefix(Self.editCount)
      return residents.count == Self.editCount ? .done(residents) : .waiting("\(residents.count)")
    }
    for resident in residents {
      _ = try await daemon.client.body(
        of: try .edit(
          "population", resident.id, ["telepon": Self.telephone], version: resident.version, isCorrection: false))
    }
    return residents.map(\.id)
  }

  /// The office shows its own lost edits again, and holds what the centre says that it should.
  private func check(_ edited: [String]) async throws {
    for id in edited {
      let record = try await demo.office(office).record("population", id)
      guard record.fields["telepon"] == Self.telephone else {
        throw DemoFailure(
          BilingualText(id: "perubahan \(office) kembali", en: "the edits of \(office) to come back"),
          found: DemoText.id(id))
      }
    }
    let (here, there) = (
      try await demo.office(office).digest("population"), try await demo.centre.digest("population", node: office)
    )
    guard here.digest == there.digest, here.count == there.count else {
      throw DemoFailure(
        BilingualText(id: "jejak \(office) sama", en: "equal digests at \(office)"),
        found: "\(here.digest.prefix(12)) \(there.digest.prefix(12))")
    }
  }
}
