import API
import Datasets
import Settings
import Subprocess

/// What can be said of daemons that do not answer: their settings, the fleet's files, and their units.
struct LocalDiagnosis: Sendable {
  /// A daemon of this machine and its settings, which are read by the daemon's own code.
  struct Daemon: Sendable {
    enum Kind: String, Sendable {
      case agent = "simpul-agent"
      case aggregator = "simpul-aggregator"
    }

    let kind: Kind
    let settings: String
  }

  private let failure: CommandFailure
  private let daemons: [Daemon]
  private let language: Language
  private let outputBytesMax = 1 << 14

  /// - Parameters:
  ///   - failure: how asking the daemon failed.
  ///   - daemons: those of which settings are there.
  init(_ failure: CommandFailure, daemons: [Daemon], language: Language) {
    self.failure = failure
    self.daemons = daemons
    self.language = language
  }

  func findings() async -> [FindingsReply.Finding] {
    var found: [FindingsReply.Finding] = []
    for daemon in daemons {
      found += settingsFindings(daemon)
      if let state = await unitState(daemon.kind.rawValue) { found.append(unit(daemon, state)) }
    }
    if found.isEmpty { found.append(unreachable) }
    return found
  }

  // MARK: Settings

  /// Variables of the service are not known here: the file alone is judged.
  private func settingsFindings(_ daemon: Daemon) -> [FindingsReply.Finding] {
    do throws(SettingsProblems) {
      switch daemon.kind {
      case .agent:
        let settings = try AgentSettings.load(path: daemon.settings, environment: [:])
        let hasJoined = settings.aggregator.publicKey != nil && !settings.aggregator.endpoints.isEmpty
        return hasJoined ? [] : [notJoined(daemon)]
      case .aggregator:
        let settings = try AggregatorSettings.load(path: daemon.settings, environment: [:])
        return fleetFindings(settings)
      }
    } catch {
      return error.all.map { configuration(daemon, $0) }
    }
  }

  private func fleetFindings(_ settings: AggregatorSettings) -> [FindingsReply.Finding] {
    do throws(SettingsProblems) {
      _ = try FleetDirectory.load(
        directory: settings.fleet.directory, datasetsDirectory: settings.datasets.directory)
      return []
    } catch {
      return error.all.map { problem in
        finding(
          .fleetFile, subject: problem.subject,
          what: language("Berkas armada salah.", "A file of the fleet is wrong."), evidence: problem.evidence(language),
          consequence: language("Pusat tidak dapat mulai.", "The centre cannot start."),
          remedy: language("Perbaiki berkas itu", "Mend that file") + hint(problem)
            + language("; lalu systemctl restart simpul-aggregator", "; then systemctl restart simpul-aggregator"))
      }
    }
  }

  private func configuration(_ daemon: Daemon, _ problem: SettingsProblem) -> FindingsReply.Finding {
    let check = "\(daemon.kind.rawValue) check --config \(daemon.settings)"
    return finding(
      .configuration, subject: problem.subject, what: language("Pengaturan salah.", "The settings are wrong."),
      evidence: problem.evidence(language),
      consequence: language("Layanan tidak dapat mulai.", "The daemon cannot start."),
      remedy: language("Perbaiki baris itu", "Mend that line") + hint(problem)
        + language("; lalu: \(check)", "; then: \(check)"))
  }

  private func hint(_ problem: SettingsProblem) -> String {
    problem.remedy.map { " (\($0(language)))" } ?? ""
  }

  private func notJoined(_ daemon: Daemon) -> FindingsReply.Finding {
    finding(
      .notJoined, subject: daemon.settings,
      what: language("Kantor ini belum bergabung.", "This office has not joined."),
      evidence: language("[aggregator] kosong", "[aggregator] is empty"),
      consequence: language("Agen tidak dapat mulai.", "The agent cannot start."),
      remedy: language(
        "Minta undangan dari admin pusat, lalu: simpul-agent join --config \(daemon.settings) -",
        "Ask the centre's admin for an invitation, then: simpul-agent join --config \(daemon.settings) -"))
  }

  // MARK: Units

  /// What systemd says of a unit that is installed and does not run; nil for any other, and where there is no systemd.
  private func unitState(_ unit: String) async -> String? {
    let result = try? await Subprocess.run(
      .name("systemctl"),
      arguments: ["show", unit, "--property=LoadState,ActiveState,SubState,Result,ExecMainStatus"],
      output: .string(limit: outputBytesMax), error: .discarded)
    guard let result, result.terminationStatus == .exited(0) else { return nil }
    return UnitState(result.standardOutput).sentence
  }

  private func unit(_ daemon: Daemon, _ state: String) -> FindingsReply.Finding {
    let name = daemon.kind.rawValue
    return finding(
      .unitNotRunning, subject: "\(name).service",
      what: language("Layanan tidak berjalan.", "The unit does not run."), evidence: state,
      consequence: language("Tidak ada yang dicatat atau dikirim.", "Nothing is recorded or sent."),
      remedy: language(
        "systemctl enable --now \(name); sebabnya: journalctl -u \(name) -n 50",
        "systemctl enable --now \(name); why: journalctl -u \(name) -n 50"))
  }

  private var unreachable: FindingsReply.Finding {
    finding(
      .daemonUnreachable, subject: "simpul",
      what: language("Tidak ada layanan yang menjawab.", "No daemon answers."), evidence: failure.message,
      consequence: language("Keadaannya tidak dapat diketahui.", "How it is cannot be told."),
      remedy: language(
        "Jalankan layanannya, atau sebutkan --socket atau --url yang benar.",
        "Start the daemon, or give the right --socket or --url."))
  }

  private func finding(
    _ code: FindingCode, subject: String, what: String, evidence: String, consequence: String, remedy: String
  ) -> FindingsReply.Finding {
    FindingsReply.Finding(
      code: code.rawValue, severity: "critical", subject: subject, what: what, evidence: evidence,
      consequence: consequence, remedy: remedy)
  }
}

/// A unit as `systemctl show` describes it.
struct UnitState: Sendable, Equatable {
  private let properties: [String: String]

  /// - Parameter text: lines of `Name=value` (systemctl(1), show).
  init(_ text: String) {
    let pairs = text.split(whereSeparator: \.isNewline).compactMap { line -> (String, String)? in
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
    properties = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  /// Why an installed unit does not run: `failed (failed), exit-code, status 78`; nil for one that runs, comes up, or is
  /// not installed.
  var sentence: String? {
    func value(_ name: String) -> String { properties[name] ?? "" }
    if value("LoadState") == "masked" { return "masked" }
    guard value("LoadState") == "loaded", !["active", "reloading", "activating"].contains(value("ActiveState"))
    else {
      // What is started again and again comes up for ever: that says its sub-state.
      return value("SubState") == "auto-restart" ? describe(value) : nil
    }
    return describe(value)
  }

  private func describe(_ value: (String) -> String) -> String {
    var text = "\(value("ActiveState")) (\(value("SubState")))"
    if !value("Result").isEmpty, value("Result") != "success" { text += ", \(value("Result"))" }
    if !["", "0"].contains(value("ExecMainStatus")) { text += ", status \(value("ExecMainStatus"))" }
    return text
  }
}
