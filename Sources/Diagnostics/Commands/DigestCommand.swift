import API
import ArgumentParser
import Datasets

struct DigestCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest",
    abstract: "The proof that two copies of a dataset are equal.",
    discussion: """
      Run it at the office, and at the centre with --node for the same scope. Two
      digests prove something only at the same epoch and position with nothing
      pending. With --expect it ends with 1 if the digest is another.

      Examples:
        simpulctl digest population
        simpulctl digest population --node kec-lalabata
        simpulctl digest population --node kec-lalabata --expect 5f2a...
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Option(help: "At the aggregator: only what this node may read.")
  var node: String?

  @Option(help: ArgumentHelp("End with 1 unless the digest is this.", valueName: "digest"))
  var expect: String?

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(DigestReply.self, to: .digest(dataset, node: node))
    if session.isJSON { try session.print(json: body) } else { try print(reply, session) }
    guard let expect, expect.lowercased() != reply.digest.lowercased() else { return }
    throw CommandFailure(
      .problem,
      session.language(
        "\(dataset): jejaknya berbeda (diharapkan \(expect)); bandingkan epok, posisi dan yang tertunda, lalu ulangi",
        "\(dataset): the digest differs (expected \(expect)); compare epoch, position and pending, then try again"
      ))
  }

  private func print(_ reply: DigestReply, _ session: Session) throws {
    let language = session.language
    let quantity = session.quantity
    try session.print(
      TextTable(pairs: [
        ("Dataset", .init(dataset)),
        (language("Jumlah data", "Records"), .init(quantity.count(reply.count))),
        (language("Jejak", "Digest"), .init(reply.digest)),
        (language("Epok", "Epoch"), .init(reply.epoch ?? "-")),
        (language("Posisi", "Position"), .init(quantity.count(reply.position))),
        (
          language("Tertunda", "Pending"),
          .init(quantity.count(reply.pending), reply.pending > 0 ? .warning : .plain)
        ),
      ]))
  }
}
