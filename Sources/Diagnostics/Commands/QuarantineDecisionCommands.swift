import API
import ArgumentParser
import Datasets

struct QuarantineRequeueCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "requeue",
    abstract: "Try again to apply a change, once its cause is mended.",
    discussion: """
      Needs --reason. The change is applied as its editor made it; exit code 1 says
      that it is still held, and why.
      At an office (`recovered/…`) it sends a state that a restored centre does not know
      back to it, as a change of that office. What cannot be sent is named and kept.
      With --all everything that is held is tried, or what has one --code; what revoked
      offices had recorded only with --code revoked_backlog.

      Examples:
        simpulctl quarantine requeue 17 --reason "rule corrected"
        simpulctl quarantine requeue --all --code recovered --reason "disk replaced"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from quarantine list.")
  var id: String?

  @Flag(help: "Try everything that is held.")
  var all = false

  @Option(help: "Only what is held for this code (with --all).")
  var code: String?

  @Option(help: "Only this dataset (with --all).")
  var dataset: String?

  func validate() throws {
    try options.requireReason("quarantine requeue")
    guard (id == nil) == all else {
      throw ValidationError(id: "Beri id satu perubahan, atau --all.", en: "Give the id of a change, or --all.")
    }
    if !all, code != nil || dataset != nil {
      throw ValidationError(
        id: "--code dan --dataset hanya bersama --all.", en: "--code and --dataset go with --all.")
    }
    if let code, !BulkRequeue.codes.contains(code) {
      let known = BulkRequeue.codes.sorted().joined(separator: ", ")
      throw ValidationError(
        id: "Tidak ada yang ditahan karena '\(code)'. Kodenya: \(known).",
        en: "Nothing is held for '\(code)'. The codes: \(known).")
    }
  }

  func run(in session: Session) async throws {
    guard let id else {
      return try await BulkRequeue(reason: options.reason ?? "", code: code, dataset: dataset).run(in: session)
    }
    let request = try APIRequest.requeue(id, reason: options.reason ?? "")
    let (reply, body) = try await session.client().reply(QuarantineReply.Decision.self, to: request)
    if session.isJSON { try session.print(json: body) }
    if reply.outcome == "held" {
      let why = reply.reason ?? reply.code ?? "-"
      throw CommandFailure(
        .problem, session.language("\(id) masih ditahan: \(why)", "\(id) is still held: \(why)"))
    }
    if session.isJSON { return }
    try session.print(
      line: reply.outcome == "replaced"
        ? session.language(
          "\(id) dimasukkan; isinya sudah digantikan perubahan yang lebih baru.",
          "\(id) is taken in; later changes have replaced it.")
        : session.language("\(id) dimasukkan.", "\(id) is applied."))
    // Said of a state of which only a part could be sent back.
    if let reason = reply.reason { try session.note(reason) }
  }
}

struct QuarantineMendCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "mend",
    abstract: "Put a change right and let it take effect, as the centre's.",
    discussion: """
      Needs --reason. FIELD=VALUE replaces what the change would have written, other
      fields stay as they are. With --seen VERSION it also replaces what that version
      of the record showed; without, newer edits stay beside it as a conflict.

      Examples:
        simpulctl quarantine mend 17 kode_wilayah=73.12.04.1001 --reason "moved"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from quarantine list.")
  var id: String

  @Argument(help: ArgumentHelp("What to write.", valueName: "field=value"))
  var assignments: [String]

  @Option(help: "The version of the record that you looked at.")
  var seen: String?

  func validate() throws {
    try options.requireReason("quarantine mend")
    _ = try FieldAssignment.fields(assignments)
    if let seen { try VersionText.validate(seen) }
  }

  func run(in session: Session) async throws {
    let request = MendRequest(
      fields: try FieldAssignment.fields(assignments), version: seen, reason: options.reason)
    let body = try await session.client().body(of: try .mend(id, request))
    if session.isJSON { return try session.print(json: body) }
    try session.print(line: session.language("\(id) diperbaiki dan dimasukkan.", "\(id) is put right and applied."))
  }
}

struct QuarantineTakeCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "take",
    abstract: "Take a file's value that is held because the office changed the field.",
    discussion: """
      Needs --reason. The value becomes an edit of this office; the file's next value
      replaces it. To keep the office's value instead, discard it: the file's is then
      not asked about again until the file says something else.

      Examples:
        simpulctl quarantine take value/3 --reason "the register is right"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from quarantine list.")
  var id: String

  @Option(help: "The version of the record that you looked at.")
  var seen: String?

  @Flag(help: "Let a field that only goes forward go back.")
  var correction = false

  func validate() throws {
    guard id.hasPrefix("value/") else {
      throw ValidationError(
        id:
          "'\(id)' bukan nilai yang ditahan (value/N). Perubahan di karantina diselesaikan dengan quarantine requeue, "
          + "mend, atau discard.",
        en: "'\(id)' is no held value (value/N). A change in quarantine is put right by quarantine requeue, mend or "
          + "discard.")
    }
    try options.requireReason("quarantine take")
    if let seen { try VersionText.validate(seen) }
  }

  func run(in session: Session) async throws {
    let request = try APIRequest.take(
      id, version: seen, isCorrection: correction, reason: options.reason ?? "")
    let body = try await session.client().body(of: request)
    if session.isJSON { return try session.print(json: body) }
    try session.print(line: session.language("\(id): nilai berkas dipakai.", "\(id): the file's value is taken."))
  }
}

struct QuarantineDiscardCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard",
    abstract: "Give a change up: it stays on record, and the ledger counts it.",
    discussion: """
      Needs --reason. A discarded change is not taken in any more.

      Examples:
        simpulctl quarantine discard 17 --reason "test data"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The id, from quarantine list.")
  var id: String

  func validate() throws {
    try options.requireReason("quarantine discard")
  }

  func run(in session: Session) async throws {
    let request = try APIRequest.discard(id, reason: options.reason ?? "")
    let body = try await session.client().body(of: request)
    if session.isJSON { return try session.print(json: body) }
    if id.hasPrefix("value/") {
      return try session.print(
        line: session.language("\(id): nilai kantor tetap.", "\(id): the office's value stays."))
    }
    try session.print(
      line: session.language(
        "\(id) dibuang; tercatat di ledger.", "\(id) is discarded; the ledger counts it."))
  }
}
