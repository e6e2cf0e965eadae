import API
import ArgumentParser
import Datasets
import Replication
import Wire

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Who looked at unmasked numbers, and who decided what.",
    discussion: """
      Examples:
        simpulctl audit list --action reveal
        simpulctl audit verify --head 5f2a...
        simpulctl audit export -o audit-2026-11.ndjson
        simpulctl audit verify audit-2026-11.ndjson
      """,
    subcommands: [AuditListCommand.self, AuditVerifyCommand.self, AuditExportCommand.self])
}

struct AuditListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "The entries, newest first.",
    discussion: """
      Examples:
        simpulctl audit list
        simpulctl audit list --action revoke --json
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var page: PageOptions

  @Option(help: "Only this action, such as reveal, revoke or merge.")
  var action: String?

  @Option(help: "Only of this caller: a token's name, or socket.")
  var caller: String?

  func validate() throws {
    let words = AuditAction.allCases.map(\.rawValue).sorted()
    if let action { try ValidationError.check(action, of: "--action", among: words) }
  }

  func run(in session: Session) async throws {
    let request = APIRequest.audit(page.page, action: action, caller: caller)
    let (reply, body) = try await session.client().reply(AuditReply.self, to: request)
    if session.isJSON { return try session.print(json: body) }
    try session.print(AuditView(language: session.language).table(reply.audit), next: reply.next)
  }
}

struct AuditExportCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the whole log, a line of JSON for each entry.",
    discussion: """
      The file can be verified anywhere, without the daemon. It names people's records
      by their ids: keep it as you would keep the server.

      Examples:
        simpulctl audit export -o audit-2026-11.ndjson
        simpulctl audit export -o audit.ndjson --replace
        simpulctl audit export | tail -n 1
      """)

  static let timeoutDefault = Duration.seconds(600)

  @OptionGroup var options: GlobalOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write instead of standard output.", valueName: "file"))
  var output: String?

  @Flag(help: "Take the place of a file of that name.")
  var replace = false

  func run(in session: Session) async throws {
    let client = try session.client()
    guard let output else {
      guard !session.isJSON else {
        throw CommandFailure(
          .usage,
          session.language(
            "ekspor adalah satu dokumen untuk tiap catatan; --json hanya bersama -o BERKAS",
            "the export is a document for each entry; --json goes with -o FILE"))
      }
      _ = try await client.download(.auditExport) { bytes throws(CommandFailure) in
        do { try session.console.write(.output, bytes) } catch {
          throw (error as? CommandFailure) ?? CommandFailure(.problem, "\(error)")
        }
      }
      return
    }
    let file = try AtomicFile(path: output, replaces: replace, language: session.language)
    var check = AuditFile(noted: nil)
    _ = try await client.download(.auditExport) { bytes throws(CommandFailure) in
      try file.write(bytes)
      check.push(bytes)
    }
    check.finish()
    try file.finish()
    try AuditReport(check, session).print(of: output)
  }
}

struct AuditVerifyCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Recompute the log's chain: whether any entry was changed, moved or taken out.",
    discussion: """
      Asks the daemon for the whole log, or reads an exported FILE, and recomputes it
      here from the first entry on. The first entry that does not fit is named and the
      exit code is 1. That the newest entries are still there shows only a head that
      was noted elsewhere: give it with --head. Daemons write theirs to the journal at
      their start, daily and at their end (journalctl -g 'audit log').

      Examples:
        simpulctl audit verify
        simpulctl audit verify audit-2026-11.ndjson
        simpulctl audit verify --head 5f2a...
      """)

  static let timeoutDefault = Duration.seconds(600)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "An exported file; without it the daemon is asked.")
  var file: String?

  @Option(help: ArgumentHelp("A head that was noted before, 64 digits.", valueName: "hex"))
  var head: String?

  func validate() throws {
    if let head, Self.hash(head) == nil {
      throw ValidationError(
        id: "--head berisi '\(head)'; beri 64 angka heksadesimal yang dicatat.",
        en: "--head is '\(head)'; give the 64 hexadecimal digits that were noted.")
    }
  }

  private static func hash(_ text: String) -> Hash256? { Hexadecimal.bytes(of: text).flatMap { Hash256($0) } }

  func run(in session: Session) async throws {
    var check = AuditFile(noted: head.flatMap(Self.hash))
    if let file {
      let input = try InputFile(path: file, language: session.language)
      while let bytes = try input.next(1 << 16) { check.push(bytes) }
    } else {
      _ = try await session.client().download(.auditExport) { bytes throws(CommandFailure) in check.push(bytes) }
    }
    check.finish()
    let name = file ?? session.language("catatan audit", "audit log")
    // A new daemon's log is empty; a file that somebody kept is not.
    try AuditReport(check, session, mayBeEmpty: file == nil).print(of: name)
  }
}

/// What recomputing an audit log found.
private struct AuditReport {
  private struct Document: Encodable {
    let entries: UInt64
    let head: String
    let newest: String?
    /// Nil where all of it fits.
    let problem: String?
  }

  private let check: AuditFile
  private let session: Session
  private let mayBeEmpty: Bool

  init(_ check: AuditFile, _ session: Session, mayBeEmpty: Bool = true) {
    self.check = check
    self.session = session
    self.mayBeEmpty = mayBeEmpty
  }

  private var isEmpty: Bool { check.found == nil && check.mark.sequence.value == 0 }

  /// - Throws: `CommandFailure(.problem)` for a log that is not as it was written, or empty where it may not be.
  func print(of name: String) throws {
    let problem = problem
    if session.isJSON {
      try session.print(
        json: Document(
          entries: check.mark.sequence.value, head: "\(check.mark.head)", newest: check.newest, problem: problem))
    }
    if let problem { throw CommandFailure(.problem, "\(name): \(problem)") }
    if session.isJSON { return }
    if isEmpty {
      return try session.print(
        line: session.language("\(name): belum ada catatan di dalamnya", "\(name): there is no entry in it yet"))
    }
    let count = session.quantity.count(check.mark.sequence.value)
    try session.print(
      line: session.language(
        "\(name): \(count) catatan, rantai utuh; kepala: \(check.mark.head)",
        "\(name): \(count) entries, the chain is unbroken; head: \(check.mark.head)"))
    if let place = check.notedAt {
      try session.print(
        line: session.language(
          "kepala yang dicatat ada pada catatan \(place)", "the head that was noted stands at entry \(place)"))
    }
  }

  private var problem: String? {
    let language = session.language
    switch check.found {
    case .unreadable(let line)?:
      return language(
        "baris \(line) bukan catatan audit; sampai catatan \(check.mark.sequence) rantainya utuh",
        "line \(line) is no entry; up to entry \(check.mark.sequence) the chain is unbroken")
    case .finding(.altered(let sequence))?:
      return language(
        "catatan \(sequence) tidak seperti saat ditulis; bandingkan dengan ekspor dan cadangan sebelumnya",
        "entry \(sequence) is not as it was written; compare with earlier exports and backups")
    case .finding(.misplaced(let expected, let found))?:
      return language(
        "catatan \(expected) hilang atau berpindah (ditemukan \(found)); bandingkan dengan ekspor dan cadangan sebelumnya",
        "entry \(expected) is missing or moved (found \(found)); compare with earlier exports and backups")
    case nil: break
    }
    if isEmpty, !mayBeEmpty {
      return language(
        "tidak ada catatan di dalamnya, jadi tidak ada yang diperiksa; periksa namanya, atau ekspor lagi",
        "there is no entry in it, so nothing was checked; check its name, or export again")
    }
    guard check.lacksNoted else { return nil }
    return language(
      "kepala yang dicatat tidak ada: catatan sesudah itu dipotong atau ditulis ulang (sekarang \(check.mark.sequence) "
        + "catatan)",
      "the head that was noted stands nowhere: entries were cut off or written anew (there are "
        + "\(check.mark.sequence) now)")
  }
}
