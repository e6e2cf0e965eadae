import API
import Datasets

/// Cuts an office's line and lets its doctor say what is wrong and what to do; then heals it.
struct AskDoctor: Sendable {
  private static let limit: Duration = .seconds(60)

  let demo: DemoContext
  let relay: TCPRelay

  func run() async throws {
    let office = demo.cast.cutOff
    await relay.cut(.refused)
    let finding = try await demo.eventually(
      BilingualText(id: "temuan tentang jaringan di \(office)", en: "a finding about the link at \(office)"),
      within: Self.limit
    ) {
      let findings = try await demo.office(office).findings()
      if let finding = findings.first(where: { $0.code == "tcp_refused" }) { return .done(finding) }
      return .waiting(findings.map(\.code).joined(separator: " "))
    }
    try demo.screen.line("  $ simpulctl --socket \(demo.layout.socket(of: office)) doctor", .faint)
    try demo.screen.line("  \(finding.subject): \(finding.what) [\(finding.code)]", .warning)
    for (title, text) in [
      (demo.language("Bukti", "Evidence"), finding.evidence),
      (demo.language("Akibat", "Consequence"), finding.consequence),
      (demo.language("Tindakan", "Remedy"), finding.remedy),
    ] { try demo.screen.line("    \(title): \(text)") }

    try await relay.heal()
    try await demo.eventually(
      BilingualText(id: "\(office) tanpa temuan", en: "\(office) without a finding"), within: Self.limit
    ) { () -> DemoProgress<Void> in
      let problems = try await demo.office(office).findings().filter(\.isProblem)
      return problems.isEmpty ? .done(()) : .waiting(problems.map(\.code).joined(separator: " "))
    }
    try demo.screen.line(
      demo.language(
        "  jaringan pulih: dokter tidak menemukan apa-apa lagi", "  the link is back: nothing is wrong any more"))
  }
}
