import API
import ArgumentParser

struct QuarantineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine",
    abstract: "Changes that could not be applied: acknowledged, kept, shown.",
    discussion: """
      Examples:
        simpulctl quarantine list --node disdukcapil
        simpulctl quarantine show ID
        simpulctl quarantine requeue ID --reason "rule corrected"
        simpulctl quarantine mend ID nama=SITI --reason "birth certificate"
        simpulctl quarantine take value/3 --reason "the register is right"
        simpulctl quarantine discard ID --reason "test data"
      """,
    subcommands: [
      QuarantineListCommand.self, QuarantineShowCommand.self, QuarantineRequeueCommand.self,
      QuarantineMendCommand.self, QuarantineTakeCommand.self, QuarantineDiscardCommand.self,
    ])
}

struct QuarantineListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "What is in quarantine, and why.",
    discussion: """
      Examples:
        simpulctl quarantine list
        simpulctl quarantine list --dataset population --json
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var page: PageOptions

  @Option(help: "Only this dataset.")
  var dataset: String?

  @Option(help: "Only this node.")
  var node: String?

  func run(in session: Session) async throws {
    let request = APIRequest.quarantine(page.page, dataset: dataset, node: node)
    let (reply, body) = try await session.client().reply(QuarantineReply.self, to: request)
    if session.isJSON { return try session.print(json: body) }
    let view = LossView(now: session.console.now(), language: session.language)
    try session.print(view.quarantine(reply.quarantine), next: reply.next)
  }
}

struct QuarantineShowCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "One change in quarantine with what it would have written.",
    discussion: """
      Examples:
        simpulctl quarantine show ID
        simpulctl quarantine show ID --reason "complaint 17" --json
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from quarantine list.")
  var id: String

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(QuarantineReply.Entry.self, to: .quarantined(id))
    if session.isJSON { return try session.print(json: body) }
    try session.print(LossView(now: session.console.now(), language: session.language).detail(reply))
  }
}
