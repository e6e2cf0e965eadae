import API
import ArgumentParser

struct LedgerCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Every range that was dropped or thinned on purpose, with its reason.",
    discussion: """
      Examples:
        simpulctl ledger
        simpulctl ledger --dataset camera --node diskominfo
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var page: PageOptions

  @Option(help: "Only this dataset.")
  var dataset: String?

  @Option(help: "Only this node.")
  var node: String?

  func run(in session: Session) async throws {
    let request = APIRequest.ledger(page.page, dataset: dataset, node: node)
    let (reply, body) = try await session.client().reply(LedgerReply.self, to: request)
    if session.isJSON { return try session.print(json: body) }
    let view = LossView(now: session.console.now(), language: session.language)
    try session.print(view.ledger(reply.ledger), next: reply.next)
  }
}
