import API
import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// The programs themselves as processes on loopback, each office's link through a relay of its own.
///
/// Everything goes through what a user has: configuration files, invitations, the admin socket, the spool.
struct RealFleet: Sendable {
  static let agents = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("agents").path

  let layout: DemoLayout
  let processes: DemoProcesses
  let port: Int
  let pagePort: Int
  /// The fleet's files: those that are shipped, or a copy that a test may change.
  let fleetFiles: String

  /// Starts a centre, runs `body`, and ends everything that runs.
  ///
  /// - Parameter hasOwnFiles: whether the fleet's files are a copy of its own.
  static func run(hasOwnFiles: Bool = false, _ body: (RealFleet) async throws -> Void) async throws {
    // The machine's settings for browsers say nothing about a daemon of ours: no request may go to this proxy.
    let proxy = ["http_proxy": "http://127.0.0.1:1", "no_proxy": ""]
    let environment = ProcessInfo.processInfo.environment.merging(proxy) { $1 }
    try await DemoProcesses.supervising(environment: environment) { processes in
      let ports = try FreePorts.find(2)
      let layout = try DemoLayout.make(at: nil, language: .english)
      let fleet = RealFleet(
        layout: layout, processes: processes, port: ports[0], pagePort: ports[1],
        fleetFiles: hasOwnFiles ? layout.root + "/agents" : Self.agents)
      do {
        if hasOwnFiles { try FileManager.default.copyItem(atPath: Self.agents, toPath: fleet.fleetFiles) }
        try await fleet.startCentre()
        try await body(fleet)
      } catch {
        // The logs say why, and the stores what there is.
        for log in fleet.logs { Issue.record("\(log.path): \(fleet.tail(log))") }
        throw error
      }
      await processes.close()
      fleet.layout.remove()
    }
  }

  // MARK: The centre

  var centre: DemoDaemon {
    DemoDaemon(name: "simpul-aggregator", socketPath: layout.centreSocket, language: .english)
  }

  static let centreName = "centre"

  /// - Parameter wrapper: a program that runs it, with its arguments.
  func startCentre(by wrapper: [String] = []) async throws {
    let text = DemoConfigurations(layout: layout, language: .english)
      .aggregator(agents: fleetFiles, port: port, pagePort: pagePort)
    try layout.write(text, to: layout.centreConfiguration, .english)
    try await processes.start(try centreProgram.run(by: wrapper))
    try await centreIsReady()
  }

  func centreIsReady() async throws {
    try await eventually("the centre is ready") { await centre.plain("/readyz")?.status == 200 }
  }

  // MARK: Offices

  /// An office as a process behind its own line to the centre.
  struct Office: Sendable {
    let name: NodeName
    let relay: TCPRelay
    let daemon: DemoDaemon
    let spool: String
    fileprivate let program: DemoProgram
  }

  /// Invites an office, lets it join and starts its agent.
  func open(_ name: String, _ adjust: (inout AgentSettings) -> Void = { _ in }) async throws -> Office {
    let node = try #require(NodeName(name))
    let relay = try await TCPRelay.start(toHost: "127.0.0.1", port: port)
    try layout.makeDirectory(layout.spool(of: node), .english)
    var settings = AgentSettings(node: node)
    settings.dataDirectory = layout.directory(of: node) + "/data"
    settings.adminSocket = layout.socket(of: node)
    settings.language = .english
    settings.spool.directory = layout.spool(of: node)
    settings.buffer.reserve = ByteSize(bytes: 1_000_000)
    settings.replication.heartbeat = .seconds(1)
    settings.replication.silenceLimit = .seconds(4)
    settings.replication.reconnectMin = .milliseconds(100)
    settings.replication.reconnectMax = .seconds(1)
    settings.aggregator.endpoints = [Settings.Endpoint(HostPort(host: "127.0.0.1", port: relay.port))]
    adjust(&settings)
    try layout.write(settings.effectiveText, to: layout.configuration(of: node), .english)
    let office = Office(
      name: node, relay: relay,
      daemon: DemoDaemon(name: name, socketPath: layout.socket(of: node), language: .english),
      spool: layout.spool(of: node),
      program: DemoProgram(
        name: name, path: try Self.program("simpul-agent"),
        arguments: ["run", "--config", layout.configuration(of: node)], logPath: layout.log(of: node)))
    let end = try await processes.run(try await joining(node))
    guard end.isSuccess else { throw TestFailure("\(name) cannot join: \(end.text)") }
    try await start(office)
    try await eventually("\(name) is online") { try await office.daemon.status().state == "online" }
    return office
  }

  /// Invites an office that runs no agent now, and lets it join again with a new key.
  func joinAgain(_ office: Office) async throws {
    let end = try await processes.run(try await joining(office.name))
    guard end.isSuccess else { throw TestFailure("\(office.name) cannot join: \(end.text)") }
  }

  private func joining(_ node: NodeName) async throws -> DemoProgram {
    let request = try APIRequest.invitation(node.text, validHours: 1)
    let invitation = try await centre.client.reply(InvitationReply.self, to: request).reply.invitation
    return DemoProgram(
      name: "\(node) joins", path: try Self.program("simpul-agent"),
      arguments: ["join", "--config", layout.configuration(of: node), "-"], logPath: layout.log(of: node),
      input: invitation + "\n")
  }

  /// Starts the agent and waits until it answers its office.
  ///
  /// - Parameter wrapper: a program that runs it, with its arguments.
  func start(_ office: Office, by wrapper: [String] = []) async throws {
    try await processes.start(office.program.run(by: wrapper))
    try await eventually("\(office.name) answers") { (try? await office.daemon.status()) != nil }
  }

  /// A second machine with a copy of an office's disk, and all of its settings; not started.
  func copy(_ office: Office, disk: String) async throws -> Office {
    let node = office.name
    let root = layout.root + "/second-\(node)"
    let socket = root + "/a.sock"
    let relay = try await TCPRelay.start(toHost: "127.0.0.1", port: port)
    try layout.makeDirectory(root + "/spool", .english)
    let text = try String(contentsOfFile: layout.configuration(of: node), encoding: .utf8)
      .replacing(layout.directory(of: node) + "/data", with: disk).replacing(layout.socket(of: node), with: socket)
      .replacing(layout.spool(of: node), with: root + "/spool").replacing(
        ":\(office.relay.port)", with: ":\(relay.port)")
    let configuration = root + "/agent.toml"
    try layout.write(text, to: configuration, .english)
    return Office(
      name: node, relay: relay,
      daemon: DemoDaemon(name: "second \(node)", socketPath: socket, language: .english),
      spool: root + "/spool",
      program: DemoProgram(
        name: "second \(node)", path: try Self.program("simpul-agent"), arguments: ["run", "--config", configuration],
        logPath: root + "/agent.log"))
  }

  // MARK: Faults

  /// SIGKILL: nothing is flushed, nobody is told.
  func kill(_ name: String) async throws {
    let processID = try #require(await processes.processIDs[name], "\(name) does not run")
    Foundation.kill(processID, SIGKILL)
    await processes.stop(name)
  }

  func stop(_ office: Office) async { await processes.stop(office.program.name) }

  /// Runs one of the programs to its end.
  func run(_ program: String, _ arguments: [String]) async throws -> (end: DemoProgram.End, output: String) {
    let log = layout.root + "/\(UUID()).txt"
    let end = try await processes.run(
      DemoProgram(name: "\(program) \(UUID())", path: try Self.program(program), arguments: arguments, logPath: log))
    return (end, try String(contentsOfFile: log, encoding: .utf8))
  }

  /// The same against the centre, with simpulctl.
  func control(_ arguments: [String]) async throws -> (end: DemoProgram.End, output: String) {
    try await run("simpulctl", ["--socket", layout.centreSocket, "--language", "en"] + arguments)
  }

  /// The same against an office.
  func control(_ office: Office, _ arguments: [String]) async throws -> (end: DemoProgram.End, output: String) {
    try await run("simpulctl", ["--socket", layout.socket(of: office.name), "--language", "en"] + arguments)
  }

  /// Stops an office's process for the time of `body`, as a snapshot of its machine does.
  func freeze(_ office: Office, _ body: () throws -> Void) async throws {
    let processID = try #require(await processes.processIDs[office.program.name], "\(office.name) does not run")
    Foundation.kill(processID, SIGSTOP)
    defer { Foundation.kill(processID, SIGCONT) }
    try body()
  }

  /// Takes an office's disk away; returns where it lies.
  func removeDisk(of office: Office) throws -> String {
    let gone = layout.root + "/gone-\(UUID())"
    try FileManager.default.moveItem(atPath: layout.directory(of: office.name) + "/data", toPath: gone)
    return gone
  }

  /// What is set aside at a daemon.
  func held(at daemon: DemoDaemon) async throws -> [QuarantineReply.Entry] {
    try await daemon.client.reply(QuarantineReply.self, to: .quarantine(Page(limit: 100), dataset: nil, node: nil))
      .reply.quarantine
  }

  /// What a daemon's ledger counts, as `dataset reason count`.
  func ledger(at daemon: DemoDaemon) async throws -> [String] {
    try await daemon.client.reply(LedgerReply.self, to: .ledger(Page(limit: 100), dataset: nil, node: nil))
      .reply.ledger.map { "\($0.dataset) \($0.reason) \($0.count)" }
  }

  /// What an office's disk holds now, while its agent does not run.
  func copyDisk(of office: Office) throws -> String {
    let copy = layout.root + "/copy-\(UUID())"
    try FileManager.default.copyItem(atPath: layout.directory(of: office.name) + "/data", toPath: copy)
    return copy
  }

  /// Puts another disk in the place of an office's; returns where its own is now.
  @discardableResult
  func exchangeDisk(of office: Office, for copy: String) throws -> String {
    let own = layout.root + "/own-\(UUID())"
    try FileManager.default.moveItem(atPath: layout.directory(of: office.name) + "/data", toPath: own)
    try FileManager.default.copyItem(atPath: copy, toPath: layout.directory(of: office.name) + "/data")
    return own
  }

  // MARK: Looking

  /// Waits until these offices owe nothing and hold the same as the centre says that they should.
  func agree(_ offices: [Office], on datasets: [String], within limit: Duration = .seconds(90)) async throws {
    for office in offices {
      for dataset in datasets {
        var seen = ""
        do {
          try await eventually("equal digests", within: limit) {
            guard let here = try? await office.daemon.digest(dataset),
              let status = try? await office.daemon.status(),
              let there = try? await centre.digest(dataset, node: office.name)
            else { return false }
            seen = "\(here) here, \(there) at the centre"
            return here.digest == there.digest && here.count == there.count && here.pending == 0
              && here.position == there.position
              // What was on its way when its producer stopped may have come in meanwhile.
              && status.backlog?.changes == 0
          }
        } catch let failure as TestFailure {
          throw TestFailure("\(failure): \(dataset) at \(office.name): \(seen)")
        }
      }
    }
  }

  /// All records of a dataset at a daemon.
  func all(_ dataset: String, at daemon: DemoDaemon) async throws -> [RecordReply] {
    var records: [RecordReply] = []
    var cursor: String?
    repeat {
      let request = APIRequest.records(dataset, Page(limit: 1000, cursor: cursor), RecordFilter())
      let page = try await daemon.client.reply(RecordsReply.self, to: request).reply
      records += page.records
      cursor = page.next
    } while cursor != nil
    return records
  }

  /// What the sqlite3 shell says of a store's tables, the centre's unless one is named; a line per row.
  func query(_ sql: String, in store: String? = nil) async throws -> [String] {
    let answer = layout.root + "/\(UUID()).txt"
    let end = try await processes.run(
      DemoProgram(
        name: "sqlite3", path: "/usr/bin/env",
        arguments: ["sqlite3", "-readonly", store ?? layout.centreDirectory + "/data/aggregator.sqlite", sql],
        logPath: answer))
    let text = try String(contentsOfFile: answer, encoding: .utf8)
    guard end.isSuccess else { throw TestFailure("sqlite3 \(end.text): \(text.prefix(400))") }
    return text.split(separator: "\n").map(String.init)
  }

  var logs: [URL] {
    let root = URL(fileURLWithPath: layout.root)
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "log" }
  }

  func tail(_ log: URL) -> String {
    let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(6).joined(separator: "\n")
  }

  /// Built beside the tests.
  static func program(_ name: String) throws -> String {
    let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = URL(fileURLWithPath: running).deletingLastPathComponent()
    let bundles = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    for directory in [own, beside] + bundles {
      let path = directory.appendingPathComponent(name).path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    throw TestFailure("no program \(name) beside the tests in \([own, beside] + bundles)")
  }
}

extension DemoProgram {
  /// The same as the last argument of another program; itself without one.
  func run(by wrapper: [String]) -> DemoProgram {
    guard let path = wrapper.first else { return self }
    var program = self
    program.arguments = Array(wrapper.dropFirst()) + [self.path] + arguments
    program.path = path
    return program
  }
}
