import API
import Datasets

/// Decides one open conflict at the centre, and waits until both offices see the decision.
struct ResolveConflict: Sendable {
  let demo: DemoContext
  let conflicts: [ConflictReply]

  /// - Returns: how many of the conflicts are open still.
  func run() async throws -> Int {
    let cutOff = demo.cast.cutOff
    guard let conflict = conflicts.first(where: { $0.state == "open" && $0.field == "nama" }),
      let chosen = conflict.siblings.first(where: { $0.node == cutOff.text })
    else {
      throw DemoFailure(
        BilingualText(id: "konflik nama yang terbuka", en: "an open conflict of a name"),
        found: conflicts.map { "\($0.field)=\($0.state)" }.joined(separator: " "))
    }
    let decision = ResolutionRequest(
      .take(chosen.node), version: conflict.version,
      reason: demo.language("sesuai akta di kantor kecamatan", "as in the deed at the kecamatan"))
    _ = try await demo.centre.client.body(of: try .resolution(conflict.id, decision))
    for office in [cutOff, demo.cast.register] { try await waitUntilSeen(conflict, chosen.value, at: office) }
    let open = conflicts.filter { $0.state == "open" }.count - 1
    let name = DemoText.masked(ValueText.of(chosen.value, language: demo.language))
    try demo.screen.line(
      demo.language(
        "  konflik nama diputuskan di pusat: \(name) (isian \(cutOff)); kedua kantor sudah melihatnya",
        "  the conflict of the name was decided at the centre: \(name) (by \(cutOff)); both offices see it"))
    try demo.screen.line(
      demo.language(
        "  \(open) konflik dibiarkan terbuka: hapus lawan ubah; "
          + "datanya tetap tampak sampai ada yang memutuskan",
        "  \(open) conflict is left open: delete against edit; "
          + "the record stays in sight until somebody decides"
      ))
    return open
  }

  private func waitUntilSeen(_ conflict: ConflictReply, _ value: JSONValue, at office: NodeName) async throws {
    try await demo.eventually(
      BilingualText(id: "\(office) melihat keputusan itu", en: "\(office) to see the decision"),
      within: .seconds(30)
    ) { () -> DemoProgress<Void> in
      let record = try await demo.office(office).record("population", conflict.record)
      let isOpen = record.conflicts?[conflict.field] != nil
      if record.fields[conflict.field] == value, !isOpen { return .done(()) }
      return .waiting(demo.language("\(office) belum", "\(office) not yet"))
    }
  }
}
