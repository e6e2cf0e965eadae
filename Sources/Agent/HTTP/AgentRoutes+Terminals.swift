import API
import Collectors
import Datasets
import HTTPServing
import Hummingbird
import NodeStorage
import Replication
import Terminals

/// The office's attendance terminals.
extension AgentRoutes {
  var terminals: [Route] {
    let terminal = "/api/v1/terminals/{serial}"
    let order = Route.Answer.json(.named("TerminalOrderReply"))
    return [
      Route(
        .get, "/api/v1/terminals", "The attendance terminals that have called, or that are the office's.",
        answer: .json(.named("TerminalsReply")), refusals: [409], handle: listTerminals),
      Route(
        .put, terminal, "Takes a terminal for one of the office's, and tries what lies on the shelf of it (again).",
        headers: [.reason], answer: order, refusals: [409, 422, 503, 507], admits: .atLeast(.admin),
        handle: adoptTerminal),
      Route(
        .delete, terminal, "Lets a terminal go that was adopted; what it handed in stays.", headers: [.reason],
        answer: order, refusals: [409, 422], admits: .atLeast(.admin), handle: releaseTerminal),
      Route(
        .delete, terminal + "/shelf", "Gives up the lines that lie on the shelf of a terminal.", headers: [.reason],
        answer: order, refusals: [409, 422], admits: .atLeast(.admin), handle: discardLines),
    ]
  }

  static let terminalSchemas: [(name: String, schema: Schema)] = [
    (
      "TerminalReply",
      .object([
        .init("serial", .string), .init("adoption", .words(["settings", "command", "none"])),
        Schema.optional("heard_at", .instant), Schema.optional("punches_at", .instant), .init("accepted", .integer),
        .init("duplicates", .integer),
        .init(
          "shelf",
          .array(
            .object([
              .init("reason", .words(TerminalShelf.Reason.allCases.map(\.rawValue))), .init("count", .integer),
              .init("first_at", .instant), .init("last_at", .instant),
            ]))), Schema.optional("firmware", .string), Schema.optional("address", .string),
        Schema.optional("users", .integer), Schema.optional("punches", .integer),
      ])
    ),
    ("TerminalsReply", .object([.init("terminals", .array(.named("TerminalReply")))])),
    (
      "TerminalOrderReply",
      .object([
        .init("terminal", .named("TerminalReply")), .init("accepted", .integer), .init("duplicates", .integer),
        .init("unreadable", .integer), .init("discarded", .integer),
      ])
    ),
  ]

  // MARK: Handlers

  private func listTerminals(_ call: HTTPCall) async throws -> Response {
    try .json(TerminalsReply(terminals: try await desk(call).terminals().map { TerminalReply($0) }))
  }

  private func adoptTerminal(_ call: HTTPCall) async throws -> Response {
    let (desk, serial) = (try desk(call), try serial(call))
    try await call.audited(.terminalAdopt, serial.text) { try await desk.adopt(serial) }
    let tally: TerminalUpload.Tally
    // It is adopted, whatever becomes of what waits: that is tried again.
    do { tally = try await desk.takeIn(serial) } catch let refusal as IntakeRefusal {
      throw HTTPProblem(refusal, language: call.language)
    }
    return try await reply(desk, serial) { reply in
      reply.accepted = tally.accepted
      reply.duplicates = tally.duplicates
      reply.unreadable = tally.unreadable
      reply.discarded = tally.discarded
    }
  }

  private func releaseTerminal(_ call: HTTPCall) async throws -> Response {
    let (desk, serial) = (try desk(call), try serial(call))
    try await call.audited(.terminalRelease, serial.text) {
      guard try await desk.release(serial) else { throw Self.notAdopted(call.language) }
      guard !desk.isAdopted(serial) else { throw Self.isInSettings(call.language) }
    }
    return try await reply(desk, serial) { _ in }
  }

  private func discardLines(_ call: HTTPCall) async throws -> Response {
    let (desk, serial) = (try desk(call), try serial(call))
    let count = try await call.audited(.discard, "terminals/\(serial)") {
      var count = 0
      for reason in TerminalShelf.Reason.allCases { count += try await desk.shelf.discard(serial, reason) }
      return count
    }
    return try await reply(desk, serial) { $0.discarded = count }
  }

  private func reply(
    _ desk: TerminalDesk, _ serial: TerminalSerial, _ change: (inout TerminalOrderReply) -> Void
  ) async throws -> Response {
    let known = try await desk.terminals().first { $0.serial == serial }
    var reply = TerminalOrderReply(
      terminal: TerminalReply(known ?? TerminalDesk.Terminal(serial: serial, adoption: .none)))
    change(&reply)
    return try .json(reply)
  }

  private func desk(_ call: HTTPCall) throws -> TerminalDesk {
    guard let desk = context.terminals else {
      throw HTTPProblem(
        .conflict, "no_terminals",
        BilingualText(
          id: "Agen ini tidak melayani mesin absensi. Tulis [collectors.attendance] dan listen = \"0.0.0.0:8081\" di "
            + "agent.toml, lalu mulai ulang simpul-agent.",
          en: "This agent serves no attendance terminals. Write [collectors.attendance] and listen = \"0.0.0.0:8081\" "
            + "into agent.toml and restart simpul-agent."),
        language: call.language)
    }
    return desk
  }

  private func serial(_ call: HTTPCall) throws -> TerminalSerial {
    guard let serial = TerminalSerial(call.parameter("serial")) else {
      throw HTTPProblem(
        .unprocessableContent, "out_of_range",
        BilingualText(
          id: "Nomor seri mesin absensi: 1 sampai 64 huruf, angka, titik, tanda hubung, atau garis bawah.",
          en: "A terminal's serial number has 1 to 64 letters, digits, dots, hyphens or underscores."),
        language: call.language, field: "serial")
    }
    return serial
  }

  private static func notAdopted(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .conflict, "not_adopted",
      BilingualText(
        id: "Mesin ini tidak diakui lewat perintah. Yang disebut di collectors.attendance.allow dihapus di agent.toml.",
        en: "No command adopted this terminal. One that collectors.attendance.allow names is taken out of agent.toml."),
      language: language)
  }

  private static func isInSettings(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .conflict, "in_settings",
      BilingualText(
        id:
          "Mesin ini juga disebut di collectors.attendance.allow; hapus di agent.toml, lalu mulai ulang simpul-agent.",
        en: "collectors.attendance.allow names this terminal too; take it out of agent.toml and restart simpul-agent."),
      language: language)
  }
}

extension TerminalReply {
  init(_ terminal: TerminalDesk.Terminal) {
    let facts = terminal.facts
    self.init(
      serial: terminal.serial.text, adoption: terminal.adoption.rawValue, accepted: facts?.accepted ?? 0,
      duplicates: facts?.duplicates ?? 0,
      shelf: terminal.shelf.map {
        Shelf(
          reason: $0.reason.rawValue, count: $0.count, firstAt: InstantText.of($0.firstAt),
          lastAt: InstantText.of($0.lastAt))
      })
    heardAt = facts.map { InstantText.of($0.heardAt) }
    punchesAt = facts?.punchesAt.map { InstantText.of($0) }
    firmware = facts?.figures?.firmware
    address = facts?.figures?.address
    users = facts?.figures?.userCount
    punches = facts?.figures?.punchCount
  }
}
