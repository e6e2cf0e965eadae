import API
import ArgumentParser

struct StatusCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "How the daemon is: link, backlog, disk, conflicts, streams.",
    discussion: """
      Examples:
        simpulctl status
        simpulctl --socket /run/simpul/agent.sock status --json
      """)

  @OptionGroup var options: GlobalOptions

  func run(in session: Session) async throws {
    let (status, body) = try await session.client().reply(StatusReply.self, to: .status)
    if session.isJSON { return try session.print(json: body) }
    let view = StatusView(status, now: session.console.now(), language: session.language)
    try session.print(view.summary)
    guard let streams = view.streams else { return }
    try session.print(line: "")
    try session.print(streams)
  }
}
