import API
import ArgumentParser
import Datasets

struct TerminalsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminals",
    abstract: "The office's attendance terminals: which have called, and whose punches count.",
    discussion: """
      For an office's agent. What a terminal hands in that is not adopted is kept
      aside and does not count; adopting takes it in. docs/collectors.md says how a
      terminal is set up.

      Examples:
        simpulctl terminals list
        simpulctl terminals adopt CKJF200360188
        simpulctl terminals release CKJF200360188 --reason "rusak, diganti"
        simpulctl terminals discard CKJF200360188 --reason "bukan milik kantor"
      """,
    subcommands: [
      TerminalsListCommand.self, TerminalsAdoptCommand.self, TerminalsReleaseCommand.self, TerminalsDiscardCommand.self,
    ])
}

struct TerminalsListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "All terminals: by whom adopted, when heard, what they handed in, what waits.",
    discussion: """
      Counts are since the agent started. "Waiting" are lines of a terminal that is
      not adopted; "in it" is what the terminal says that it holds.

      Examples:
        simpulctl terminals list
        simpulctl terminals list --json
      """)

  @OptionGroup var options: GlobalOptions

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(TerminalsReply.self, to: .terminals)
    if session.isJSON { return try session.print(json: body) }
    guard !reply.terminals.isEmpty else {
      return try session.note(
        session.language(
          "Belum ada mesin absensi yang memanggil. Cara menyetelnya: docs/collectors.md.",
          "No attendance terminal has called yet. How to set one up: docs/collectors.md."))
    }
    try session.print(TerminalsView(now: session.console.now(), language: session.language).table(reply.terminals))
  }
}

struct TerminalsAdoptCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Take a terminal for one of the office's: its punches count from now on, and those that wait.",
    discussion: """
      Also tries lines again that could not be read. It may be given before the
      terminal has called.

      Examples:
        simpulctl terminals adopt CKJF200360188 --reason "mesin pintu depan"
      """)

  /// What waits may be many thousands of lines.
  static var timeoutDefault: Duration { .seconds(300) }

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The serial number, as the terminal shows it in its system information.")
  var serial: String

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(TerminalOrderReply.self, to: .adoption(serial))
    if session.isJSON { return try session.print(json: body) }
    let (accepted, duplicates) = (session.quantity.count(reply.accepted), session.quantity.count(reply.duplicates))
    try session.print(
      line: session.language(
        "Mesin \(reply.terminal.serial) diakui; yang menunggu: \(accepted) absensi diterima (\(duplicates) sudah ada).",
        "Terminal \(reply.terminal.serial) is adopted; of what waited \(accepted) punches were taken (\(duplicates) known)."
      ))
    guard reply.unreadable > 0 else { return }
    let unreadable = session.quantity.count(reply.unreadable)
    try session.note(
      session.language(
        "\(unreadable) baris tidak terbaca dan tetap disimpan.", "\(unreadable) lines cannot be read and are kept."))
  }
}

struct TerminalsReleaseCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Let a terminal go that a command adopted: what it hands in counts no more.",
    discussion: """
      What it handed in before stays. A terminal that the settings name is taken out
      of collectors.attendance.allow.

      Examples:
        simpulctl terminals release CKJF200360188 --reason "rusak, diganti"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The serial number.")
  var serial: String

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(TerminalOrderReply.self, to: .release(serial))
    if session.isJSON { return try session.print(json: body) }
    try session.print(
      line: session.language(
        "Mesin \(reply.terminal.serial) dilepas; yang dikirimnya mulai sekarang tidak dihitung.",
        "Terminal \(reply.terminal.serial) is released; what it hands in from now on does not count."))
  }
}

struct TerminalsDiscardCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard",
    abstract: "Give up the lines of a terminal that wait or cannot be read, for good.",
    discussion: """
      Punches that were taken stay. Needs --reason, which the audit log keeps.

      Examples:
        simpulctl terminals discard CKJF200360188 --reason "bukan milik kantor"
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The serial number.")
  var serial: String

  func validate() throws { try options.requireReason("terminals discard") }

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(TerminalOrderReply.self, to: .shelfDiscard(serial))
    if session.isJSON { return try session.print(json: body) }
    let count = session.quantity.count(reply.discarded)
    try session.print(
      line: session.language(
        "\(count) baris dari mesin \(reply.terminal.serial) dibuang.",
        "\(count) lines of terminal \(reply.terminal.serial) were discarded."))
  }
}
