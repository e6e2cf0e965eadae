import API
import ArgumentParser
import Datasets

struct TopCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Status and nodes, again and again until Ctrl-C.",
    discussion: """
      Where the output is no terminal, or with --json, it is shown once.

      Examples:
        simpulctl top
        simpulctl top --interval 10
        simpulctl top --once --json
      """)

  /// ECMA-48: cursor home, erase to the end of the screen; what is drawn anew does not flicker as after a full clear.
  private static let home = "\u{1B}[H"
  private static let eraseBelow = "\u{1B}[J"
  private static let eraseLine = "\u{1B}[K"

  @OptionGroup var options: GlobalOptions

  @Option(help: "Seconds between two looks, 1 to 3600.")
  var interval = 2

  @Flag(help: "Look once and end.")
  var once = false

  func validate() throws {
    guard (1...3600).contains(interval) else {
      throw ValidationError(
        id: "--interval berisi \(interval); beri 1 sampai 3600 detik.",
        en: "--interval is \(interval); give 1 to 3600 seconds.")
    }
  }

  func run(in session: Session) async throws {
    let client = try session.client()
    guard !once, !session.isJSON, session.console.outputIsTerminal else {
      let view = try await look(client)
      if session.isJSON { return try session.print(json: view) }
      return try session.console.write(text(view, session))
    }
    // The first look fails as any command does; later a daemon may restart, and who watches wants to see it return.
    var text = self.text(try await look(client), session)
    while true {
      let lines = text.replacing("\n", with: Self.eraseLine + "\n")
      try session.console.write(Self.home + lines + Self.eraseBelow)
      try await Task.sleep(for: .seconds(interval))
      do {
        text = self.text(try await look(client), session)
      } catch let failure as CommandFailure where failure.code == .unreachable {
        text = failure.line + "\n"
      }
    }
  }

  private struct View: Encodable {
    var status: StatusReply
    var nodes: [NodeReply]?
  }

  private func look(_ client: APIClient) async throws -> View {
    let status = try await client.reply(StatusReply.self, to: .status).reply
    guard status.role == "aggregator" else { return View(status: status) }
    return View(status: status, nodes: try await client.reply(NodesReply.self, to: .nodes).reply.nodes)
  }

  private func text(_ view: View, _ session: Session) -> String {
    let now = session.console.now()
    let hasColours = session.console.hasColours
    let status = StatusView(view.status, now: now, language: session.language)
    var tables = [status.summary]
    if let nodes = view.nodes {
      tables.append(NodesView(now: now, language: session.language).table(nodes))
    } else if let streams = status.streams {
      tables.append(streams)
    }
    return tables.map { $0.text(hasColours: hasColours) }.joined(separator: "\n")
  }
}
