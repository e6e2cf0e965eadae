import API
import ArgumentParser
import Datasets

struct ConflictsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "Edits of one field that did not know of each other.",
    discussion: """
      Examples:
        simpulctl conflicts list
        simpulctl conflicts show population/9f2c.../nama
        simpulctl conflicts resolve population/9f2c.../nama --take disdukcapil
      """,
    subcommands: [ConflictsListCommand.self, ConflictsShowCommand.self, ConflictsResolveCommand.self])
}

struct ConflictsListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Conflicts that wait for a person; with --state the others too.",
    discussion: """
      Examples:
        simpulctl conflicts list
        simpulctl conflicts list --state all --dataset population --limit 500
      """)

  enum State: String, ExpressibleByArgument, CaseIterable {
    case open
    case settled
    case all
  }

  @OptionGroup var options: GlobalOptions
  @OptionGroup var page: PageOptions

  @Option(help: "Which conflicts.")
  var state = State.open

  @Option(help: "Only this dataset.")
  var dataset: String?

  func run(in session: Session) async throws {
    let request = APIRequest.conflicts(page.page, state: state.rawValue, dataset: dataset)
    let (reply, body) = try await session.client().reply(ConflictsReply.self, to: request)
    if session.isJSON { return try session.print(json: body) }
    let view = ConflictView(now: session.console.now(), language: session.language)
    try session.print(view.table(reply.conflicts), next: reply.next)
  }
}

struct ConflictsShowCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "What each office wrote, what is shown, and what was there before.",
    discussion: """
      Examples:
        simpulctl conflicts show population/9f2c.../nama
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from conflicts list.")
  var id: String

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(ConflictReply.self, to: .conflict(id))
    if session.isJSON { return try session.print(json: body) }
    let view = ConflictView(now: session.console.now(), language: session.language)
    try session.print(view.summary(reply))
    try session.print(line: "")
    try session.print(view.siblings(reply))
    if reply.state == "open" {
      try session.note(session.language("Untuk memutuskan:", "To decide:") + " " + view.remedy(reply))
    }
  }
}
