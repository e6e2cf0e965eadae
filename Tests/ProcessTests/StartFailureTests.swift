import Datasets
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// A daemon that cannot start says one thing: which setting, why, and what to do.
@Suite(.serialized) struct StartFailureTests {
  private func start(
    _ program: String, _ settings: String, in layout: DemoLayout, environment: [String: String] = [:]
  ) async throws -> (code: Int32?, said: String) {
    let (path, log) = (layout.root + "/\(program).toml", layout.root + "/\(program).log")
    try? FileManager.default.removeItem(atPath: log)
    try layout.write(settings, to: path, .english)
    let environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let end = try await DemoProcesses.supervising(environment: environment) { processes in
      try await processes.run(
        DemoProgram(
          name: program, path: try RealFleet.program(program), arguments: ["run", "--config", path], logPath: log))
    }
    return (end.exitCode, try String(contentsOfFile: log, encoding: .utf8))
  }

  /// The one line that both languages' readers need, without what only its authors can read.
  private func expect(_ start: (code: Int32?, said: String), _ code: Int32, _ words: String) {
    #expect(start.code == code)
    #expect(start.said.contains(words), "\(start.said)")
    for raw in ["errno", "Error Domain", "out of memory", "CancellationError", "descriptor:"] {
      #expect(!start.said.contains(raw), "\(start.said)")
    }
  }

  private func settings(_ layout: DemoLayout) throws -> AggregatorSettings {
    var settings = AggregatorSettings()
    settings.dataDirectory = layout.root + "/data"
    settings.adminSocket = layout.centreSocket
    settings.replication.listen = Settings.Endpoint(HostPort(host: "127.0.0.1", port: 0))
    settings.replication.advertise = [Settings.Endpoint(HostPort(host: "127.0.0.1", port: 7312))]
    settings.fleet.directory = RealFleet.agents
    settings.datasets.directory = RealFleet.agents + "/datasets"
    return settings
  }

  @Test func `an address that is taken, and a socket that cannot be made`() async throws {
    let layout = try DemoLayout.make(at: nil, language: .english)
    defer { layout.remove() }
    let taken = try LoopbackListener()
    let address = HostPort(host: "127.0.0.1", port: taken.port)
    var centre = try settings(layout)
    centre.http.listen = address
    expect(
      try await start("simpul-aggregator", centre.effectiveText, in: layout), 1,
      "http.listen: \(address): alamat ini sudah dipakai proses lain")
    centre = try settings(layout)
    centre.replication.listen = Settings.Endpoint(address)
    centre.replication.advertise = [centre.replication.listen]
    centre.language = .english
    expect(
      try await start("simpul-aggregator", centre.effectiveText, in: layout), 1,
      "replication.listen: \(address): another process uses this address")
    centre.replication.listen = try settings(layout).replication.listen
    centre.adminSocket = layout.root + "/none/a.sock"
    expect(
      try await start("simpul-aggregator", centre.effectiveText, in: layout), 78,
      "admin_socket: \(layout.root)/none/a.sock: there is no directory \(layout.root)/none")
    withExtendedLifetime(taken.port) {}
  }

  @Test(arguments: ["simpul-aggregator", "simpul-agent"])
  func `a data directory that is a file`(program: String) async throws {
    let layout = try DemoLayout.make(at: nil, language: .english)
    defer { layout.remove() }
    let path = layout.root + "/file"
    try layout.write("", to: path, .english)
    var centre = try settings(layout)
    centre.dataDirectory = path
    var office = AgentSettings(node: try #require(NodeName("setda")))
    office.dataDirectory = path + "/data"
    let text = program == "simpul-agent" ? office.effectiveText : centre.effectiveText
    expect(try await start(program, text, in: layout), 78, "data_dir: \(path) adalah berkas, bukan direktori")
  }

  @Test(arguments: ["simpul-aggregator", "simpul-agent"])
  func `a failpoint that there is not`(program: String) async throws {
    let layout = try DemoLayout.make(at: nil, language: .english)
    defer { layout.remove() }
    var office = AgentSettings(node: try #require(NodeName("setda")))
    office.dataDirectory = layout.root + "/data"
    office.language = .english
    let text = program == "simpul-agent" ? office.effectiveText : try settings(layout).effectiveText
    let refusals = [
      ("nowhere", "there are: schema_before_commit, store_opened", "yang ada: schema_before_commit, store_opened"),
      ("ack_stored:0", "a whole number from 1", "bilangan bulat mulai 1"),
    ]
    for (order, english, indonesian) in refusals {
      let start = try await start(program, text, in: layout, environment: ["SIMPUL_FAILPOINT": order])
      expect(start, 78, "SIMPUL_FAILPOINT=\(order)")
      expect(start, 78, program == "simpul-agent" ? english : indonesian)
    }
    #expect(!FileManager.default.fileExists(atPath: office.dataDirectory))
  }
}
