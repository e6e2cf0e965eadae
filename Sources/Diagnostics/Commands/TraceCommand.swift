import API
import ArgumentParser
import Datasets

struct TraceCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Where a record or event is on its way, and why.",
    discussion: """
      Recorded, sent, stored, merged, delivered: at an office as far as it
      knows, at the centre with the offices that have confirmed it. ID is a
      record's id (one that was merged too), an event's natural key as in
      records list --reason WHY, or for population the NIK that it shows.

      Examples:
        simpulctl trace population 9f2c0d6a41b7e8035c1d2e3f40516273
        simpulctl trace population 9f2c0d6a41b7e8035c1d2e3f40516273 --node kec-citta
        simpulctl trace attendance 'CQZ1,1001,2026-11-29T07:30:00+08:00,0' --json
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The dataset.")
  var dataset: String

  @Argument(help: "The record's or event's id, or a NIK.")
  var id: String

  @Option(help: "At the centre: only whether this office has it, and why not.")
  var node: String?

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(TraceReply.self, to: .trace(dataset, id, node: node))
    if session.isJSON { return try session.print(json: body) }
    let view = TraceView(age: session.age, language: session.language)
    try session.print(line: "\(reply.dataset) \(reply.id): \(view.word(reply.now))", style: view.style(reply.now))
    try session.print(line: reply.why)
    try session.print(line: "")
    try session.print(view.table(reply))
    if reply.omitted > 0 {
      try session.note(
        session.language(
          "\(reply.omitted) perubahan yang lebih lama tidak ditampilkan",
          "\(reply.omitted) older changes are not shown"))
    }
  }
}
