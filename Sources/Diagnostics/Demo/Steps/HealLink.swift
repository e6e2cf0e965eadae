import API
import Datasets

/// Lets the network work again, waits until all agree, and shows what conflicts there are.
struct HealLink: Sendable {
  private static let limit: Duration = .seconds(90)

  struct Result: Sendable {
    var conflicts: [ConflictReply]
    /// From the healing until the kecamatan was caught up.
    var recovery: Duration
  }

  let demo: DemoContext
  let relay: TCPRelay
  let apart: EditApart.Result

  func run() async throws -> Result {
    let began = ContinuousClock.now
    try await relay.heal()
    try await demo.waitUntilCaughtUp([demo.cast.cutOff], within: Self.limit)
    let recovery = ContinuousClock.now - began
    let conflicts = try await expectedConflicts()
    try await checkMove()
    try demo.screen.line(
      demo.language(
        "  tersambung lagi dan setara \(demo.seconds(recovery)) setelah pulih; konflik di pusat:",
        "  connected and caught up \(demo.seconds(recovery)) after the healing; conflicts at the centre:"))
    try show(conflicts)
    return Result(conflicts: conflicts, recovery: recovery)
  }

  private func expectedConflicts() async throws -> [ConflictReply] {
    try await demo.eventually(
      BilingualText(
        id: "\(apart.edits.count) konflik di pusat menurut aturannya",
        en: "\(apart.edits.count) conflicts at the centre, as their policies say"), within: .seconds(30)
    ) {
      let request = APIRequest.conflicts(Page(limit: 1000), state: "all", dataset: "population")
      let all = try await demo.centre.client.reply(ConflictsReply.self, to: request).reply.conflicts
      let found = apart.edits.compactMap { edit in
        all.first {
          $0.record == edit.record && $0.field == edit.conflictField && $0.state == edit.conflictState
        }
      }
      if found.count == apart.edits.count { return .done(found) }
      let seen = all.map { "\($0.field)=\($0.state)" }.sorted().joined(separator: " ")
      return .waiting("\(found.count)/\(apart.edits.count): \(seen)")
    }
  }

  /// Who moved has left the one kecamatan's copy and is in the other's.
  private func checkMove() async throws {
    let (from, to) = (demo.cast.cutOff, demo.cast.neighbour)
    try await demo.eventually(
      BilingualText(
        id: "penduduk pindah dari \(from) ke \(to)", en: "the resident to move from \(from) to \(to)"),
      within: .seconds(30)
    ) { () -> DemoProgress<Void> in
      let isGone = try await demo.office(from).presentRecord("population", apart.moved) == nil
      let isThere = try await demo.office(to).presentRecord("population", apart.moved) != nil
      if isGone, isThere { return .done(()) }
      return .waiting("\(from): \(isGone ? "-" : "1"), \(to): \(isThere ? "1" : "-")")
    }
  }

  private func show(_ conflicts: [ConflictReply]) throws {
    let language = demo.language
    let rows = conflicts.map { conflict -> [TextTable.Cell] in
      let siblings = conflict.siblings.map {
        "\($0.node): \(DemoText.value($0.value, of: conflict.field, language))"
      }
      return [
        .init(DemoText.id(conflict.record)), .init(StateWords.field(conflict.field, language)),
        .init(StateWords.policy(conflict.policy, language)),
        StateWords.cell(conflict.state, language),
        .init(DemoText.value(conflict.shown, of: conflict.field, language)),
        .init(siblings.joined(separator: " | ")),
      ]
    }
    try demo.screen.table(
      TextTable(
        [
          .init(language("Data", "Record")), .init(language("Kolom", "Field")),
          .init(language("Aturan", "Policy")),
          .init(language("Keadaan", "State")), .init(language("Ditampilkan", "Shown")),
          .init(language("Nilai tiap kantor", "Each office's value")),
        ], rows: rows))
  }
}
