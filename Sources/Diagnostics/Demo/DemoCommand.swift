import API
import ArgumentParser
import Datasets
import Foundation
import Settings

struct DemoCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Show the whole fleet at work on this machine.",
    discussion: """
      Starts an aggregator and an agent for each of the 38 offices as real programs
      on this machine, brings residents, attendance and camera samples of nobody
      in, cuts one kecamatan off, edits the same residents in two places, heals the
      link, resolves a conflict, and proves by digests that all copies agree. The
      fleet then runs until Ctrl-C, or ends with --exit (0 fine, 1 not).

      Examples:
        simpulctl demo
        simpulctl demo --exit --residents 100000
        simpulctl demo --exit --json --language en
        simpulctl demo --keep /tmp/fleet --port 7380
      """)

  @OptionGroup var options: GlobalOptions

  @Flag(name: .customLong("exit"), help: "End when everything was shown.")
  var endsAtOnce = false

  @Option(help: ArgumentHelp("Keep all files here (default: a temporary directory).", valueName: "dir"))
  var keep: String?

  @Option(help: "How many residents, 1000 to 1000000.")
  var residents = 50_000

  @Option(help: "The seed of residents, punches and samples.")
  var seed: UInt64 = 7312

  @Option(help: ArgumentHelp("simpul-agent (default: beside simpulctl).", valueName: "path"))
  var agent: String?

  @Option(help: ArgumentHelp("simpul-aggregator (default: beside simpulctl).", valueName: "path"))
  var aggregator: String?

  @Option(
    help: ArgumentHelp(
      "The fleet's files (default: the nearest agents/ above, else \(DemoSettings.installedAgents)).",
      valueName: "dir"))
  var agents: String?

  @Option(help: "The TCP port of the live page (default: a free one).")
  var port: Int?

  func validate() throws {
    guard (1000...1_000_000).contains(residents) else {
      throw ValidationError(
        id: "--residents berisi \(residents); beri 1000 sampai 1000000.",
        en: "--residents is \(residents); give 1000 to 1000000.")
    }
    if let port, !(1...65_535).contains(port) {
      throw ValidationError(
        id: "--port berisi \(port); beri 1 sampai 65535.", en: "--port is \(port); give 1 to 65535.")
    }
    if keep == "" { throw ValidationError(id: "--keep memerlukan direktori.", en: "--keep needs a directory.") }
  }

  func run(in session: Session) async throws {
    let language = session.language
    let settings = try settings(language)
    let fleet: FleetDirectory
    do throws(SettingsProblems) {
      fleet = try FleetDirectory.load(
        directory: settings.agentsDirectory, datasetsDirectory: settings.agentsDirectory + "/datasets")
    } catch {
      throw CommandFailure(.configuration, error.text(language))
    }
    let cast = try DemoCast(fleet, language: language)
    let layout = try DemoLayout.make(at: settings.keptDirectory, language: language)
    let screen = DemoScreen(console: session.console, language: language, isJSON: session.isJSON)
    let run = DemoRun(
      settings: settings, layout: layout, fleet: fleet, cast: cast, screen: screen, console: session.console)
    try await run.run { report in if session.isJSON { try session.print(json: report) } }
  }

  private func settings(_ language: Language) throws(CommandFailure) -> DemoSettings {
    DemoSettings(
      agentPath: try DemoSettings.program(
        "simpul-agent", given: agent, option: "--agent", language: language),
      aggregatorPath: try DemoSettings.program(
        "simpul-aggregator", given: aggregator, option: "--aggregator", language: language),
      agentsDirectory: try DemoSettings.agents(given: agents, language: language), keptDirectory: keep,
      residents: residents, seed: seed, pagePort: port, endsAtOnce: endsAtOnce)
  }
}
