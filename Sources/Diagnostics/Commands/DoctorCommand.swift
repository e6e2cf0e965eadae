import API
import ArgumentParser
import Datasets
import Foundation

struct DoctorCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "What is wrong here, why, and what to do about it.",
    discussion: """
      Asks the daemon, which also tries the way to the centre; where no daemon
      answers, looks at its settings, the fleet's files and its unit instead.
      Exit code 1 says that somebody has to do something. docs/findings.md says
      more of each finding.

      Examples:
        simpulctl doctor
        simpulctl --socket /run/simpul/aggregator.sock doctor --json
      """)

  @OptionGroup var options: GlobalOptions

  @Option(
    help: ArgumentHelp(
      "The agent's settings, looked at where no daemon answers (default: \(DoctorCommand.agentPath), if there).",
      valueName: "file"))
  var agentConfig: String?

  @Option(
    help: ArgumentHelp(
      "The aggregator's settings, likewise (default: \(DoctorCommand.aggregatorPath), if there).", valueName: "file"))
  var aggregatorConfig: String?

  private static let agentPath = "/etc/simpul/agent.toml"
  private static let aggregatorPath = "/etc/simpul/aggregator.toml"

  func run(in session: Session) async throws {
    let findings = try await findings(session)
    if session.isJSON { try session.print(json: FindingsReply(findings: findings)) }
    if !session.isJSON { try print(findings, session) }
    let count = findings.count(where: \.isProblem)
    guard count > 0 else { return }
    throw CommandFailure(
      .problem,
      session.language(
        "\(count) hal perlu ditangani", count == 1 ? "1 thing needs somebody" : "\(count) things need somebody"))
  }

  private func findings(_ session: Session) async throws -> [FindingsReply.Finding] {
    do {
      return try await session.client().reply(FindingsReply.self, to: .doctor).reply.findings
    } catch {
      guard error.code == .unreachable else { throw error }
      return await LocalDiagnosis(error, daemons: daemons, language: session.language).findings()
    }
  }

  /// Those that are named, else those whose settings lie where packages put them.
  private var daemons: [LocalDiagnosis.Daemon] {
    let named: [(LocalDiagnosis.Daemon.Kind, String?)] = [(.agent, agentConfig), (.aggregator, aggregatorConfig)]
    let chosen = named.compactMap { kind, path in path.map { LocalDiagnosis.Daemon(kind: kind, settings: $0) } }
    if !chosen.isEmpty { return chosen }
    return [
      LocalDiagnosis.Daemon(kind: .agent, settings: Self.agentPath),
      LocalDiagnosis.Daemon(kind: .aggregator, settings: Self.aggregatorPath),
    ].filter { FileManager.default.fileExists(atPath: $0.settings) }
  }

  private func print(_ findings: [FindingsReply.Finding], _ session: Session) throws {
    let language = session.language
    if findings.isEmpty {
      return try session.print(line: language("Tidak ada masalah.", "Nothing is wrong."), style: .good)
    }
    for (index, finding) in findings.enumerated() {
      if index > 0 { try session.print(line: "") }
      let style: TextStyle = finding.severity == "critical" ? .bad : finding.isProblem ? .warning : .plain
      let severity = StateWords.severity(finding.severity, language)
      try session.print(line: "\(severity)  \(finding.subject): \(finding.what) [\(finding.code)]", style: style)
      for (name, text) in [
        (language("Sejak", "Since"), session.age.full(finding.since)),
        (language("Bukti", "Evidence"), finding.evidence),
        (language("Akibat", "Consequence"), finding.consequence),
        (language("Tindakan", "Remedy"), finding.remedy),
      ] where text != "-" {
        try session.print(line: "  \(name): \(text)")
      }
    }
  }
}
