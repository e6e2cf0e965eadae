import API
import ArgumentParser

struct StreamsCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "streams",
    abstract: "Each node's log of each dataset: how far it is, how far the centre has it.",
    discussion: """
      Examples:
        simpulctl streams
        simpulctl streams --json
      """)

  @OptionGroup var options: GlobalOptions

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(StreamsReply.self, to: .streams)
    if session.isJSON { return try session.print(json: body) }
    try session.print(StreamsView.table(reply.streams, language: session.language), next: nil)
  }
}
