import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// A centre and its offices as processes on the two ends of a line: one office beside the centre, another at the far end.
struct LineFleet: Sendable {
  enum Place { case beside, far }

  private static let port = 7312

  let line: ThinLine
  let layout: DemoLayout
  private let silenceLimit: Duration
  private let processes: DemoProcesses

  /// The fleet's files, a copy of the project's: a test may change them, also while the fleet runs.
  var agents: String { layout.root + "/agents" }

  /// Starts a centre, runs `body`, and ends everything.
  ///
  /// - Parameters:
  ///   - silenceLimit: of both ends.
  ///   - adjust: changes the fleet's files before the centre reads them.
  static func run(
    _ kind: ThinLine.Kind, silenceLimit: Duration = .seconds(12), adjust: (LineFleet) throws -> Void = { _ in },
    _ body: (LineFleet) async throws -> Void
  ) async throws {
    try ThinLine.needs.require()
    let environment = ProcessInfo.processInfo.environment
    let layout = try DemoLayout.make(at: nil, language: .english)
    // The line outlives the daemons.
    try await DemoProcesses.supervising(environment: environment) { outer in
      try await ThinLine.run(kind, in: layout.root, outer) { line in
        try await DemoProcesses.supervising(environment: environment) { processes in
          let fleet = LineFleet(line: line, layout: layout, silenceLimit: silenceLimit, processes: processes)
          try await fleet.run(adjust, body)
        }
      }
    }
    layout.remove()
  }

  private func run(_ adjust: (LineFleet) throws -> Void, _ body: (LineFleet) async throws -> Void) async throws {
    do {
      try FileManager.default.copyItem(atPath: RealFleet.agents, toPath: agents)
      try adjust(self)
      try await startCentre()
      try await body(self)
    } catch {
      for log in logs {
        Issue.record("\(log): \(((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").suffix(4000))")
      }
      throw error
    }
  }

  private var logs: [String] {
    (FileManager.default.enumerator(atPath: layout.root)?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".log") }.map { "\(layout.root)/\($0)" }
  }

  // MARK: Daemons

  var centre: DemoDaemon {
    DemoDaemon(name: "centre", socketPath: layout.centreSocket, language: .english)
  }

  private func startCentre() async throws {
    let text = DemoConfigurations(layout: layout, language: .english)
      .aggregator(agents: agents, port: Self.port, pagePort: 7380)
      .replacing("127.0.0.1:\(Self.port)", with: "\(ThinLine.centreAddress):\(Self.port)")
      .replacing("silence_limit = \"12s\"", with: "silence_limit = \"\(silenceLimit.components.seconds)s\"")
    try layout.write(text, to: layout.centreConfiguration, .english)
    try await processes.start(
      line.program(
        DemoProgram(
          name: "centre", path: try RealFleet.program("simpul-aggregator"),
          arguments: ["run", "--config", layout.centreConfiguration], logPath: layout.centreLog, isLast: true),
        in: line.centreSpace))
    try await eventually("the centre is ready") { await centre.plain("/readyz")?.status == 200 }
  }

  /// Invites an office, lets it join and starts its agent.
  func open(_ name: String, _ place: Place) async throws -> DemoDaemon {
    let node = try #require(NodeName(name))
    let space = place == .far ? line.officeSpace : line.centreSpace
    try layout.makeDirectory(layout.spool(of: node), .english)
    var settings = AgentSettings(node: node)
    settings.dataDirectory = layout.directory(of: node) + "/data"
    settings.adminSocket = layout.socket(of: node)
    settings.language = .english
    settings.buffer.reserve = ByteSize(bytes: 1_000_000)
    settings.replication.heartbeat = silenceLimit / 6
    settings.replication.silenceLimit = silenceLimit
    settings.replication.reconnectMin = .milliseconds(100)
    settings.replication.reconnectMax = .seconds(1)
    try layout.write(settings.effectiveText, to: layout.configuration(of: node), .english)
    let request = try APIRequest.invitation(name, validHours: 1)
    let invitation = try await centre.client.reply(InvitationReply.self, to: request).reply.invitation
    func program(_ title: String, _ arguments: [String], input: String = "") throws -> DemoProgram {
      line.program(
        DemoProgram(
          name: title, path: try RealFleet.program("simpul-agent"),
          arguments: arguments, logPath: layout.log(of: node), input: input), in: space)
    }
    let end = try await processes.run(
      try program("\(name) joins", ["join", "--config", layout.configuration(of: node), "-"], input: invitation + "\n"))
    guard end.isSuccess else { throw TestFailure("\(name) cannot join: \(end.text)") }
    try await processes.start(try program(name, ["run", "--config", layout.configuration(of: node)]))
    let daemon = DemoDaemon(name: name, socketPath: layout.socket(of: node), language: .english)
    try await eventually("\(name) is online") { (try? await daemon.status().state) == "online" }
    return daemon
  }

  // MARK: Data

  /// Records rows at an office; returns once all are on its disk.
  func record(_ rows: [String], of dataset: String, at office: DemoDaemon) async throws {
    for first in stride(from: 0, to: rows.count, by: 2000) {
      let part = rows[first..<min(rows.count, first + 2000)]
      let body = APIRequest.Body(
        contentType: "application/x-ndjson", bytes: Array(part.map { $0 + "\n" }.joined().utf8))
      let request = APIRequest.intake(dataset, body, source: nil)
      let reply = try await office.client.reply(IntakeReply.self, to: request).reply
      guard reply.accepted == part.count, reply.rejectedTotal == 0 else { throw TestFailure("\(dataset): \(reply)") }
    }
  }

  /// Punches of about 80 bytes each that no compression takes away.
  static func punches(_ count: Int, _ dice: inout Dice) -> [String] {
    (0..<count).map { index in
      let time = ZonedInstant(
        timestamp: Timestamp(milliseconds: 1_790_000_000_000 + Int64(index) * 1000), offsetMinutes: 480)
      return #"{"device":"\#(noise(40, &dice))","pin":"\#(noise(32, &dice))","workcode":"\#(noise(32, &dice))","#
        + #""time":"\#(time)","status":0}"#
    }
  }

  /// Looks at a camera of about 150 bytes each.
  static func looks(_ count: Int, _ dice: inout Dice) -> [String] {
    (0..<count).map { index in
      let time = ZonedInstant(
        timestamp: Timestamp(milliseconds: 1_790_000_000_000 + Int64(index) * 1000), offsetMinutes: 480)
      return #"{"camera":"gerbang","time":"\#(time)","verdict":"ok","detail":"\#(noise(200, &dice))"}"#
    }
  }

  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static func noise(_ count: Int, _ dice: inout Dice) -> String {
    String(decoding: (0..<count).map { _ in letters[dice.next(within: 0...63)] }, as: UTF8.self)
  }
}
