import API
import Datasets
import Diagnostics
import Foundation
import Settings

/// One aggregator and three agents as processes, each agent behind a line of its own that can be cut.
struct MonthFleet {
  struct Daemon {
    let name: String
    let program: String
    let configuration: String
    let storePath: String
    let client: APIClient
    fileprivate(set) var process: Process
    /// The day of the month on which the process was started; 0 before the first.
    fileprivate(set) var startedOn = 0
  }

  struct Office {
    var daemon: Daemon
    let spool: String
    let line: TCPRelay
  }

  /// Answers come at once, or after a backlog was worked off.
  private static let answerLimit = Duration.seconds(60)

  let programs: BenchPrograms
  let directory: String
  private(set) var centre: Daemon
  private(set) var offices: [Office] = []

  /// Starts the centre on new stores, lets the offices join and starts their agents.
  ///
  /// - Parameter retention: of acknowledged entries at the offices.
  static func start(
    _ names: [String], directory: String, agents: String, retention: Duration, programs: BenchPrograms
  ) async throws -> MonthFleet {
    let port = try programs.freePort()
    let settings = try programs.centreSettings(directory: directory, agents: agents, port: port)
    let configuration = directory + "/aggregator.toml"
    try settings.effectiveText.write(toFile: configuration, atomically: true, encoding: .utf8)
    let socket = settings.adminSocket
    var fleet = MonthFleet(
      programs: programs, directory: directory,
      centre: Daemon(
        name: "scc", program: "simpul-aggregator", configuration: configuration, storePath: settings.storePath,
        client: client(socket), process: try programs.start("simpul-aggregator", configuration: configuration)))
    do {
      try await programs.wait("the centre") { try programs.status(socket) != nil }
      for name in names { try await fleet.open(name, port: port, centreSocket: socket, retention: retention) }
    } catch {
      await fleet.end()
      throw error
    }
    return fleet
  }

  private mutating func open(_ name: String, port: Int, centreSocket: String, retention: Duration) async throws {
    guard let node = NodeName(name) else { throw BenchFailure(description: "\(name) is no office") }
    let line = try await TCPRelay.start(toHost: "127.0.0.1", port: port)
    var settings = AgentSettings(node: node)
    settings.dataDirectory = directory + "/" + name
    settings.adminSocket = directory + "/\(name).sock"
    settings.spool.directory = directory + "/spool-" + name
    settings.spool.settle = .seconds(1)
    settings.buffer.retainAcknowledged = retention
    // A day lasts seconds: so does what a cut line takes to be noticed and to be tried again.
    settings.replication.heartbeat = .seconds(1)
    settings.replication.silenceLimit = .seconds(4)
    settings.replication.reconnectMin = .milliseconds(100)
    settings.replication.reconnectMax = .seconds(1)
    settings.aggregator.endpoints = [Settings.Endpoint(HostPort(host: "127.0.0.1", port: line.port))]
    let configuration = directory + "/\(name).toml"
    try programs.join(settings, configuration: configuration, centreSocket: centreSocket)
    offices.append(
      Office(
        daemon: Daemon(
          name: name, program: "simpul-agent", configuration: configuration, storePath: settings.storePath,
          client: Self.client(settings.adminSocket),
          process: try programs.start("simpul-agent", configuration: configuration)),
        spool: settings.spool.directory ?? "", line: line))
    try await programs.wait(name) { try programs.status(settings.adminSocket) == "online" }
  }

  private static func client(_ socket: String) -> APIClient {
    APIClient(.socket(path: socket), language: .english, reason: nil, timeout: answerLimit)
  }

  var daemons: [Daemon] { [centre] + offices.map(\.daemon) }

  // MARK: Faults

  /// An agent loses its power and comes back.
  mutating func killAgent(_ index: Int, on day: Int) throws {
    try restart(&offices[index].daemon, isKilled: true, on: day)
  }

  mutating func restartCentre(on day: Int) throws { try restart(&centre, isKilled: false, on: day) }

  private func restart(_ daemon: inout Daemon, isKilled: Bool, on day: Int) throws {
    programs.end(daemon.process, isKilled: isKilled)
    daemon.process = try programs.start(daemon.program, configuration: daemon.configuration)
    daemon.startedOn = day
  }

  /// Ends the agents, then the centre, and waits for them.
  func end() async {
    for office in offices {
      programs.end(office.daemon.process)
      await office.line.close()
    }
    programs.end(centre.process)
  }

  // MARK: What people do

  /// Puts a file into an office's spool as a whole, as exporting programs do that rename.
  ///
  /// - Returns: where it lies until the agent has taken it.
  func export(_ file: MonthWork.File) throws -> String {
    guard let office = offices.first(where: { $0.daemon.name == file.office }) else { return "" }
    let place = URL(fileURLWithPath: office.spool + "/" + file.path)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    let draft = directory + "/draft"
    try file.text.write(toFile: draft, atomically: true, encoding: .utf8)
    try FileManager.default.moveItem(atPath: draft, toPath: place.path)
    return place.path
  }

  /// The centre's backup of the day, in the place of the day's before.
  func backUp() throws {
    _ = try programs.output(
      "simpulctl",
      [
        "--socket", BenchPrograms.centreSocket(directory), "backup", directory + "/backup.sqlite", "--replace",
        "--json",
      ])
  }

  /// Whether every office is online, and all that was recorded there is acknowledged.
  func isCaughtUp() async -> Bool {
    for office in offices {
      guard let status = try? await office.daemon.client.reply(StatusReply.self, to: .status).reply,
        status.state == "online", status.backlog?.changes == 0
      else { return false }
    }
    return true
  }
}
