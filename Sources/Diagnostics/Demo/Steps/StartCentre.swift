import Datasets

/// Starts the aggregator and waits until it can do its work.
struct StartCentre: Sendable {
  private static let readyLimit: Duration = .seconds(60)

  let demo: DemoContext
  /// Where offices connect.
  let port: Int
  let pagePort: Int

  func run() async throws {
    let layout = demo.layout
    let text = DemoConfigurations(layout: layout, language: demo.language)
      .aggregator(agents: demo.settings.agentsDirectory, port: port, pagePort: pagePort)
    try layout.write(text, to: layout.centreConfiguration, demo.language)
    try await demo.start(
      DemoProgram(
        name: "simpul-aggregator", path: demo.settings.aggregatorPath,
        arguments: ["run", "--config", layout.centreConfiguration], logPath: layout.centreLog, isLast: true))
    try await demo.eventually(
      BilingualText(id: "simpul-aggregator siap", en: "simpul-aggregator to be ready"),
      within: Self.readyLimit,
      every: .milliseconds(50)
    ) { () -> DemoProgress<Void> in
      guard let answer = await demo.centre.plain("/readyz") else {
        return .waiting(demo.language("memulai", "starting"))
      }
      return answer.status == 200 ? .done(()) : .waiting("HTTP \(answer.status) \(answer.text)")
    }
    try demo.screen.line(
      demo.language(
        "  pusat siap: tcp://127.0.0.1:\(port), CURVE; berkas di \(layout.root)",
        "  the centre is ready: tcp://127.0.0.1:\(port), CURVE; files in \(layout.root)"))
  }
}
