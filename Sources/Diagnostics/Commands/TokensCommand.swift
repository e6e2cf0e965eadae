import API
import ArgumentParser
import Datasets
import Settings

struct TokensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens",
    abstract: "Who may come in over TCP: programs and people, by token or with a browser.",
    discussion: """
      Each daemon has tokens of its own. Roles: a viewer looks, with identifiers
      masked; an operator edits and decides too; an admin also lets offices and
      people in, and takes backups.

      Examples:
        simpulctl tokens create budi --role operator > token
        simpulctl tokens create dasbor --role viewer --office kec-lalabata --expires 90d
        simpulctl tokens sign-in budi --at https://scc.example
        simpulctl tokens list
        simpulctl tokens revoke budi
        simpulctl --url https://scc.example --token-file token status
      """,
    subcommands: [
      TokensCreateCommand.self, TokensListCommand.self, TokensRevokeCommand.self, TokensSignInCommand.self,
    ])
}

struct TokensCreateCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make a token and print it, this once.",
    discussion: """
      Only its hash is stored: keep it in a file that nobody else may read, and
      give it as --token-file.

      Examples:
        (umask 077; simpulctl tokens create budi --role operator > token)
        simpulctl tokens create dasbor --role viewer --office kec-citta --json
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "What it is called in lists and logs: 1 to 64 of a-z 0-9 . _ -")
  var name: String

  @Option(help: "What it may do: viewer, operator or admin.")
  var role: String

  @Option(help: ArgumentHelp("Only what concerns this office.", valueName: "node"))
  var office: String?

  @Option(help: ArgumentHelp("For how long, in whole hours: 12h, 90d.", valueName: "duration"))
  var expires = "365d"

  func validate() throws {
    try ValidationError.check(role, of: "--role", among: Role.allCases.map(\.rawValue))
    _ = try validHours()
  }

  private func validHours() throws -> Int {
    guard let duration = DurationText.parse(expires) else {
      throw ValidationError(
        id: "--expires berisi '\(expires)'; beri bilangan dan satuan, misalnya 12h atau 90d.",
        en: "--expires is '\(expires)'; give a number and a unit, such as 12h or 90d.")
    }
    let (seconds, attoseconds) = duration.components
    guard attoseconds == 0, seconds.isMultiple(of: 3600), (3600...87_600 * 3600).contains(seconds) else {
      throw ValidationError(
        id: "--expires berisi '\(expires)'; beri jam bulat, dari 1h sampai 3650d.",
        en: "--expires is '\(expires)'; give whole hours, from 1h to 3650d.")
    }
    return Int(seconds / 3600)
  }

  func run(in session: Session) async throws {
    let request = TokenRequest(name: name, role: role, office: office, validHours: try validHours())
    let (reply, body) = try await session.client().reply(NewTokenReply.self, to: try .newToken(request))
    if session.isJSON { return try session.print(json: body) }
    let scope = reply.office.map { session.language(", hanya kantor \($0)", ", office \($0) alone") } ?? ""
    try session.note(
      session.language(
        "Token \(reply.name) (\(reply.role)\(scope)) berlaku sampai \(session.age.full(reply.expires)). Hanya kali ini "
          + "ditampilkan: simpan di berkas yang hanya dapat Anda baca, lalu beri sebagai --token-file.",
        "Token \(reply.name) (\(reply.role)\(scope)), valid until \(session.age.full(reply.expires)). It is shown this "
          + "once: keep it in a file that only you can read, and give that as --token-file."))
    try session.print(line: reply.token)
  }
}

struct TokensListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "All tokens: role, office, until when, last used.",
    discussion: """
      Examples:
        simpulctl tokens list
        simpulctl tokens list --json
      """)

  @OptionGroup var options: GlobalOptions

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(TokensReply.self, to: .tokens)
    if session.isJSON { return try session.print(json: body) }
    try session.print(TokensView(now: session.console.now(), language: session.language).table(reply.tokens))
  }
}

struct TokensRevokeCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "End a token with its sessions and sign-in links, at once and for good.",
    discussion: """
      Its name may be given again.

      Examples:
        simpulctl tokens revoke budi --reason "moved to another office"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The token's name.")
  var name: String

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(TokenReply.self, to: .tokenRevocation(name))
    if session.isJSON { return try session.print(json: body) }
    try session.print(
      line: session.language(
        "Token \(reply.name) dicabut; sesi dan tautannya ikut berakhir.",
        "Token \(reply.name) is revoked; its sessions and links have ended with it."))
  }
}

struct TokensSignInCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign-in",
    abstract: "Print a link by which a browser signs in once, within 15 minutes.",
    discussion: """
      The browser has the token's rights for 12 hours, or until it signs out or the
      token is revoked. Looking at the page does not use the link up; its button
      does.

      Examples:
        simpulctl tokens sign-in budi
        simpulctl tokens sign-in budi --at https://scc.example
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The token's name.")
  var name: String

  @Option(
    help: ArgumentHelp(
      "How the browser reaches the daemon (default: --url, else the address that the daemon listens on).",
      valueName: "url"))
  var at: String?

  func run(in session: Session) async throws {
    let client = try session.client()
    let base = try at.map { text throws(CommandFailure) in try Endpoint.base(text, option: "--at", session.language) }
    let (reply, body) = try await client.reply(SignInLinkReply.self, to: .signInLink(name))
    var link = reply
    if let base {
      link.url = base + reply.path
    } else if case .url(let base, _) = client.endpoint {
      link.url = base + reply.path
    }
    // What this side knows better is put in; everything else stays as it came.
    if session.isJSON { return link == reply ? try session.print(json: body) : try session.print(json: link) }
    guard let url = link.url else {
      throw CommandFailure(
        .configuration,
        session.language(
          "layanan ini tidak mendengarkan di TCP; isi http.listen, atau beri --at URL",
          "this daemon listens on no TCP address; set http.listen, or give --at URL"))
    }
    try session.note(
      session.language(
        "Tautan masuk untuk \(reply.name), berlaku sekali sampai \(session.age.full(reply.expires)):",
        "Sign-in link for \(reply.name), good once until \(session.age.full(reply.expires)):"))
    try session.print(line: url)
  }
}
