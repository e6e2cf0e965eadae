import Datasets
import Foundation
import Machine
import Settings

/// A joined agent with nothing to do: what it holds and what it uses.
struct IdleBench {
  let directory: String
  let agents: String
  /// How long it is watched.
  let seconds: Int

  private let programs = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent().path
  private var centreSocket: String { directory + "/scc.sock" }
  private var agentSocket: String { directory + "/agent.sock" }

  func run() async throws {
    print("idle: one agent, joined and connected, watched for \(seconds) s")
    let port = try freePort()
    try centreSettings(port).write(toFile: directory + "/aggregator.toml", atomically: true, encoding: .utf8)
    let centre = try start("simpul-aggregator", "aggregator.toml")
    defer { end(centre) }
    try await wait("the centre") { try status(centreSocket) != nil }
    try join(port)
    let agent = try start("simpul-agent", "agent.toml")
    defer { end(agent) }
    try await wait("the agent") { try status(agentSocket) == "online" }
    // What starting up takes is not idling.
    try await Task.sleep(for: .seconds(5))
    let before = try processorSeconds(agent.processIdentifier)
    let start = ContinuousClock.now
    try await Task.sleep(for: .seconds(seconds))
    let used = try processorSeconds(agent.processIdentifier) - before
    let share = used / (ContinuousClock.now - start).seconds * 100
    let memory = try proportionalKiB(agent.processIdentifier)
    report("proportional set size of the agent", Double(memory) / 1024, "MiB (goal < 30)")
    report("share of one core", share, "% (goal < 0.5)")
  }

  private func centreSettings(_ port: Int) throws -> String {
    var settings = AggregatorSettings()
    settings.dataDirectory = directory + "/scc"
    settings.adminSocket = centreSocket
    settings.replication.listen = Settings.Endpoint(HostPort(host: "127.0.0.1", port: port))
    settings.replication.advertise = [settings.replication.listen]
    settings.http.listen = HostPort(host: "127.0.0.1", port: try freePort())
    settings.datasets.directory = agents + "/datasets"
    settings.fleet.directory = agents
    return settings.effectiveText
  }

  private func join(_ port: Int) throws {
    guard let node = NodeName("setda") else { return }
    var settings = AgentSettings(node: node)
    settings.dataDirectory = directory + "/setda"
    settings.adminSocket = agentSocket
    settings.spool.directory = directory + "/spool"
    try FileManager.default.createDirectory(
      atPath: directory + "/spool", withIntermediateDirectories: true)
    try settings.effectiveText.write(toFile: directory + "/agent.toml", atomically: true, encoding: .utf8)
    let reply = try output("simpulctl", ["--socket", centreSocket, "--json", "nodes", "invite", node.text])
    let invitation = (try JSONSerialization.jsonObject(with: reply) as? [String: Any])?["invitation"] as? String
    guard let invitation else {
      throw BenchFailure(description: "no invitation: \(String(decoding: reply, as: UTF8.self))")
    }
    _ = try output("simpul-agent", ["join", "--config", directory + "/agent.toml", invitation])
  }

  private func status(_ socket: String) throws -> String? {
    guard let reply = try? output("simpulctl", ["--socket", socket, "--json", "status"]) else { return nil }
    return (try JSONSerialization.jsonObject(with: reply) as? [String: Any])?["state"] as? String
  }

  // MARK: Programs

  private func start(_ program: String, _ configuration: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: programs + "/" + program)
    process.arguments = ["run", "--config", directory + "/" + configuration]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func end(_ process: Process) {
    process.terminate()
    process.waitUntilExit()
  }

  private func output(_ program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: programs + "/" + program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchFailure(description: "\(program) \(arguments.first ?? "") ended with \(process.terminationStatus)")
    }
    return bytes
  }

  private func wait(_ what: String, until isReady: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if try isReady() { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw BenchFailure(description: "\(what) was not ready within 60 s")
  }

  private func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
        bind(descriptor, rebound, size) == 0 ? getsockname(descriptor, rebound, &size) : -1
      }
    }
    guard status == 0 else { throw BenchFailure(description: "no free port on 127.0.0.1") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  // MARK: What the kernel says

  /// User and system time (proc(5), stat, fields 14 and 15).
  private func processorSeconds(_ processID: Int32) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
    // The name before may hold anything, but not the last parenthesis.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw BenchFailure(description: "/proc/\(processID)/stat cannot be read")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Pss of smaps_rollup (proc(5)): pages that others share are counted in part.
  private func proportionalKiB(_ processID: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(processID)/smaps_rollup", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
  }
}
