import Datasets
import Foundation
import Settings

/// The programs beside this one: started, asked and ended by the measurements, and what the kernel says of them.
struct BenchPrograms {
  private let place = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent().path

  /// Starts a daemon on a settings file, without its log.
  func start(_ program: String, configuration: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: place + "/" + program)
    process.arguments = ["run", "--config", configuration]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Ends a daemon by SIGTERM, or by SIGKILL as an outage does, and waits for its end.
  func end(_ process: Process, isKilled: Bool = false) {
    guard process.isRunning else { return }
    if isKilled { kill(process.processIdentifier, SIGKILL) } else { process.terminate() }
    process.waitUntilExit()
  }

  /// Runs a program to its end.
  ///
  /// - Returns: its standard output.
  func output(_ program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: place + "/" + program)
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

  static func centreSocket(_ directory: String) -> String { directory + "/scc.sock" }

  /// An aggregator's settings with all that it keeps in `directory`, on loopback.
  ///
  /// - Parameter agents: the fleet's files.
  func centreSettings(directory: String, agents: String, port: Int) throws -> AggregatorSettings {
    var settings = AggregatorSettings()
    settings.dataDirectory = directory + "/scc"
    settings.adminSocket = Self.centreSocket(directory)
    settings.replication.listen = Settings.Endpoint(HostPort(host: "127.0.0.1", port: port))
    settings.replication.advertise = [settings.replication.listen]
    settings.http.listen = HostPort(host: "127.0.0.1", port: try freePort())
    settings.datasets.directory = agents + "/datasets"
    settings.fleet.directory = agents
    return settings
  }

  /// Writes an agent's settings and makes its spool, invites its office and lets it join.
  func join(_ settings: AgentSettings, configuration: String, centreSocket: String) throws {
    if let spool = settings.spool.directory {
      try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
    }
    try settings.effectiveText.write(toFile: configuration, atomically: true, encoding: .utf8)
    let reply = try output(
      "simpulctl", ["--socket", centreSocket, "--json", "nodes", "invite", settings.node.text])
    let invitation = (try JSONSerialization.jsonObject(with: reply) as? [String: Any])?["invitation"] as? String
    guard let invitation else {
      throw BenchFailure(description: "no invitation: \(String(decoding: reply, as: UTF8.self))")
    }
    _ = try output("simpul-agent", ["join", "--config", configuration, invitation])
  }

  /// The state that a daemon gives at its admin socket; nil while it does not answer.
  func status(_ socket: String) throws -> String? {
    guard let reply = try? output("simpulctl", ["--socket", socket, "--json", "status"]) else { return nil }
    return (try JSONSerialization.jsonObject(with: reply) as? [String: Any])?["state"] as? String
  }

  /// - Parameter what: the subject of the failure's sentence.
  func wait(
    _ what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(100),
    until isReady: () throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if try isReady() { return }
      try await Task.sleep(for: pause)
    }
    throw BenchFailure(description: "\(what) was not ready within \(limit)")
  }

  /// A port on loopback that nobody listens at now.
  func freePort() throws -> Int {
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

  /// A link of an office holds a connection and three mailboxes; the aggregator, which inherits the limit, a connection
  /// each.
  ///
  /// - Throws: where this user may not have as many.
  func raiseDescriptorLimit(for officeCount: Int) throws {
    var limit = rlimit()
    guard getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(.init(RLIMIT_NOFILE.rawValue), &limit)
    let needed = rlim_t(officeCount * 5 + 200)
    guard limit.rlim_max >= needed else {
      throw BenchFailure(
        description:
          "\(officeCount) offices need \(needed) file descriptors, and this user may have \(limit.rlim_max); "
          + "raise the hard limit (ulimit -Hn), or give fewer --nodes")
    }
  }

  // MARK: What the kernel says

  /// User and system time (proc(5), stat, fields 14 and 15).
  func processorSeconds(_ process: Process) throws -> Double {
    let path = "/proc/\(process.processIdentifier)/stat"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    // The name before may hold anything, but not the last parenthesis.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw BenchFailure(description: "\(path) cannot be read")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Pss of smaps_rollup (proc(5)): pages that others share are counted in part.
  func proportionalKiB(_ process: Process) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/smaps_rollup", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
  }

  /// How many file descriptors a process has open (proc(5), fd).
  func descriptorCount(_ process: Process) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count
  }
}
