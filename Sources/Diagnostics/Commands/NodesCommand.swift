import API
import ArgumentParser
import Datasets

struct NodesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nodes",
    abstract: "The offices: who is there, who may join, who may no more.",
    discussion: """
      Examples:
        simpulctl nodes list
        simpulctl nodes show disdukcapil
        simpulctl nodes invite kec-lalabata --valid-hours 48
        simpulctl nodes revoke kec-citta --reason "box stolen"
      """,
    subcommands: [
      NodesListCommand.self, NodesShowCommand.self, NodesInviteCommand.self, NodesRevokeCommand.self,
      NodesAcceptBacklogCommand.self,
    ])
}

struct NodesListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "All nodes: state, when last seen, backlog, newest data.",
    discussion: """
      Examples:
        simpulctl nodes list
        simpulctl nodes list --all
        simpulctl nodes list --json
      """)

  @OptionGroup var options: GlobalOptions

  @Flag(help: "Also the offices that may be invited and never were.")
  var all = false

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(NodesReply.self, to: all ? .allNodes : .nodes)
    if session.isJSON { return try session.print(json: body) }
    let view = NodesView(now: session.console.now(), language: session.language)
    try session.print(view.table(reply.nodes), next: nil)
    if !reply.nodes.isEmpty { try session.note(view.summary(reply.nodes)) }
  }
}

struct NodesShowCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "One node in full, with its streams.",
    discussion: """
      Examples:
        simpulctl nodes show disdukcapil
        simpulctl nodes show kec-lalabata --json
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The node's name.")
  var node: String

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(NodeReply.self, to: .node(node))
    if session.isJSON { return try session.print(json: body) }
    try session.print(NodesView(now: session.console.now(), language: session.language).detail(reply))
    guard !reply.streams.isEmpty else { return }
    try session.print(line: "")
    try session.print(StreamsView.table(reply.streams, language: session.language))
  }
}

struct NodesInviteCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "invite",
    abstract: "Print a one-time invitation with which an office's agent joins.",
    discussion: """
      The invitation is a secret until it is used: hand it over as you would a
      password. At the office: simpul-agent join --config /etc/simpul/agent.toml
      INVITATION

      Whoever uses it takes the place of the office's machine: where one is connected
      just now, --replace says that this is meant. nodes list --all has the names.

      Examples:
        simpulctl nodes invite kec-lalabata
        simpulctl nodes invite disdukcapil --valid-hours 4 --json
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The node's name: the name of its profile.")
  var node: String

  @Option(help: "Hours until it expires, 1 to 720.")
  var validHours = 72

  @Flag(help: "Also where the office is connected: whoever uses the invitation takes its place.")
  var replace = false

  func validate() throws {
    guard (1...720).contains(validHours) else {
      throw ValidationError(
        id: "--valid-hours berisi \(validHours); beri 1 sampai 720.",
        en: "--valid-hours is \(validHours); give 1 to 720.")
    }
  }

  func run(in session: Session) async throws {
    let request = try APIRequest.invitation(node, validHours: validHours, replaces: replace)
    let (reply, body) = try await session.client().reply(InvitationReply.self, to: request)
    if session.isJSON { return try session.print(json: body) }
    let expires = session.age.full(reply.expires)
    try session.note(
      session.language(
        "Undangan untuk \(reply.node), berlaku sekali sampai \(expires). Di kantor itu jalankan:",
        "Invitation for \(reply.node), good once until \(expires). At the office run:"))
    try session.note("simpul-agent join --config /etc/simpul/agent.toml '\(reply.invitation)'")
    try session.print(line: reply.invitation)
  }
}

struct NodesRevokeCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Shut a node out at once and for good; its data stays.",
    discussion: """
      Needs --reason. To let the office in again, invite it anew; what it had recorded
      until then is held in quarantine (nodes accept-backlog).

      Examples:
        simpulctl nodes revoke kec-citta --reason "box stolen"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The node's name.")
  var node: String

  func validate() throws {
    try options.requireReason("nodes revoke")
  }

  func run(in session: Session) async throws {
    let request = try APIRequest.revocation(node, reason: options.reason ?? "")
    let body = try await session.client().body(of: request)
    if session.isJSON { return try session.print(json: body) }
    try session.print(
      line: session.language(
        "Node \(node) dicabut; sambungannya diputus.", "Node \(node) is revoked and cut off."))
  }
}

struct NodesAcceptBacklogCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept-backlog",
    abstract: "Let in what a revoked office had recorded before it joined again.",
    discussion: """
      Needs --reason. Whoever had the old key may have written it: look at it first
      with quarantine list --node NAME.

      Examples:
        simpulctl nodes accept-backlog kec-citta --reason "box was found untouched"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The node's name.")
  var node: String

  func validate() throws {
    try options.requireReason("nodes accept-backlog")
  }

  func run(in session: Session) async throws {
    let request = try APIRequest.acceptBacklog(node, reason: options.reason ?? "")
    let (reply, body) = try await session.client().reply(BacklogDecision.self, to: request)
    if session.isJSON { return try session.print(json: body) }
    try session.print(
      line: session.language(
        "\(node): \(reply.taken) dimasukkan, \(reply.held) masih ditahan.",
        "\(node): \(reply.taken) taken in, \(reply.held) still held."))
  }
}
