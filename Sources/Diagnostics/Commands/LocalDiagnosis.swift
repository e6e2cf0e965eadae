import API
import Datasets
import Foundation
import Subprocess

/// What can be said of a daemon that does not answer: its unit, and its settings.
struct LocalDiagnosis: Sendable {
  private let failure: CommandFailure
  private let language: Language
  private let outputBytesMax = 1 << 14

  init(_ failure: CommandFailure, language: Language) {
    self.failure = failure
    self.language = language
  }

  private struct Daemon {
    let program: String
    let settings: String
  }

  private static let daemons = [
    Daemon(program: "simpul-agent", settings: "/etc/simpul/agent.toml"),
    Daemon(program: "simpul-aggregator", settings: "/etc/simpul/aggregator.toml"),
  ]

  func findings() async -> [FindingsReply.Finding] {
    var found: [FindingsReply.Finding] = []
    for daemon in Self.daemons where FileManager.default.fileExists(atPath: daemon.settings) {
      if let words = await refusedSettings(daemon) { found.append(configuration(daemon, words)) }
      if let state = await unitState(daemon), state != "active" { found.append(unit(daemon, state)) }
    }
    if found.isEmpty { found.append(unreachable) }
    return found
  }

  /// What `check` says against the settings; nil when it takes them or cannot be run.
  private func refusedSettings(_ daemon: Daemon) async -> String? {
    let result = try? await Subprocess.run(
      .name(daemon.program), arguments: ["check", "--config", daemon.settings], output: .discarded,
      error: .string(limit: outputBytesMax))
    guard let result, result.terminationStatus == .exited(78) else { return nil }
    return result.standardError.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// systemd's word for the unit; nil where there is no systemd.
  private func unitState(_ daemon: Daemon) async -> String? {
    let result = try? await Subprocess.run(
      .name("systemctl"), arguments: ["is-active", daemon.program], output: .string(limit: outputBytesMax),
      error: .discarded)
    let word = result?.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    return word.isEmpty ? nil : word
  }

  private func configuration(_ daemon: Daemon, _ words: String) -> FindingsReply.Finding {
    FindingsReply.Finding(
      code: "configuration", severity: "critical", subject: daemon.settings,
      what: language("Pengaturan salah.", "The settings are wrong."), evidence: words,
      consequence: language("Layanan tidak dapat mulai.", "The daemon cannot start."),
      remedy: language(
        "Perbaiki baris itu, lalu: \(daemon.program) check --config \(daemon.settings)",
        "Mend that line, then: \(daemon.program) check --config \(daemon.settings)"))
  }

  private func unit(_ daemon: Daemon, _ state: String) -> FindingsReply.Finding {
    FindingsReply.Finding(
      code: "unit_not_running", severity: "critical", subject: "\(daemon.program).service",
      what: language("Layanan tidak berjalan.", "The unit does not run."), evidence: state,
      consequence: language("Tidak ada yang dicatat atau dikirim.", "Nothing is recorded or sent."),
      remedy: language(
        "systemctl enable --now \(daemon.program); sebabnya: journalctl -u \(daemon.program)",
        "systemctl enable --now \(daemon.program); why: journalctl -u \(daemon.program)"))
  }

  private var unreachable: FindingsReply.Finding {
    FindingsReply.Finding(
      code: "daemon_unreachable", severity: "critical", subject: "simpul",
      what: language("Tidak ada layanan yang menjawab.", "No daemon answers."), evidence: failure.message,
      consequence: language("Keadaannya tidak dapat diketahui.", "How it is cannot be told."),
      remedy: language(
        "Jalankan layanannya, atau sebutkan --socket atau --url yang benar.",
        "Start the daemon, or give the right --socket or --url."))
  }
}
