import API
import ArgumentParser
import Datasets

struct FleetKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet-key",
    abstract: "The key that makes record ids: its versions, and a new one after a theft.",
    discussion: """
      Examples:
        simpulctl fleet-key show
        simpulctl fleet-key rotate --reason "laptop kec-citta dicuri"
        simpulctl fleet-key rotate --reason "laptop kec-citta dicuri" --yes
      """,
    subcommands: [FleetKeyShowCommand.self, FleetKeyRotateCommand.self])
}

struct FleetKeyShowCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "The versions, when each was made, and the offices that hold them; never the key.",
    discussion: """
      Examples:
        simpulctl fleet-key show
      """)

  @OptionGroup var options: GlobalOptions

  func run(in session: Session) async throws {
    let (reply, body) = try await session.client().reply(FleetKeyReply.self, to: .fleetKey)
    if session.isJSON { return try session.print(json: body) }
    let language = session.language
    let columns: [TextTable.Column] = [.init(language("Versi", "Version"), .right), .init(language("Dibuat", "Made"))]
    let rows = reply.versions.map { version -> [TextTable.Cell] in
      [
        .init("\(version.version)", version.version == reply.version ? .heading : .plain),
        .init(session.age.full(version.createdAt)),
      ]
    }
    try session.print(TextTable(columns, rows: rows))
    let nodes = reply.nodes.isEmpty ? "-" : reply.nodes.joined(separator: ", ")
    try session.print(line: language("Dipegang oleh: \(nodes)", "Held by: \(nodes)"))
  }
}

struct FleetKeyRotateCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Give the fleet key a new version; without --yes it only says what would happen.",
    discussion: """
      Needs --reason. For a stolen office machine, after nodes revoke: records that are
      made from now on get ids that the stolen key cannot make. Records keep the ids
      they have. Offices that write records get the new version at once, or when they
      connect.

      Examples:
        simpulctl fleet-key rotate --reason "laptop kec-citta dicuri"
        simpulctl fleet-key rotate --reason "laptop kec-citta dicuri" --yes
      """)

  @OptionGroup var options: GlobalOptions

  @Flag(help: "Do it.")
  var yes = false

  func validate() throws {
    try options.requireReason("fleet-key rotate")
  }

  func run(in session: Session) async throws {
    let client = try session.client()
    let language = session.language
    let (present, body) = try await client.reply(FleetKeyReply.self, to: .fleetKey)
    let nodes = present.nodes.isEmpty ? "-" : present.nodes.joined(separator: ", ")
    guard yes else {
      if session.isJSON { return try session.print(json: body) }
      try session.print(
        line: language(
          "Kunci armada akan menjadi versi \(present.version + 1), dan diberikan kepada: \(nodes)",
          "The fleet key would get version \(present.version + 1), given to: \(nodes)"))
      return try session.note(
        language(
          "Belum ada yang diubah. Cabut dahulu kantor yang perangkatnya hilang (nodes revoke), lalu ulangi dengan --yes.",
          "Nothing was changed. Revoke the office whose machine is gone first (nodes revoke), then repeat with --yes."))
    }
    let order = FleetKeyRotation(present: present.version, reason: options.reason)
    let (reply, done) = try await client.reply(FleetKeyReply.self, to: try .fleetKeyRotation(order))
    if session.isJSON { return try session.print(json: done) }
    try session.print(
      line: language(
        "Kunci armada versi \(reply.version) berlaku; diberikan kepada: \(nodes)",
        "The fleet key has version \(reply.version) now; given to: \(nodes)"))
  }
}
