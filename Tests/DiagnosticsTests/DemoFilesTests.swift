import API
import Datasets
import Foundation
import Settings
import Testing

@testable import Diagnostics

@Suite struct DemoFilesTests {
  private let layout = DemoLayout(root: "/tmp/simpul-demo-abc123")
  private let agents = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("agents").path

  @Test func `an aggregator's settings are read back as meant`() throws {
    let text = DemoConfigurations(layout: layout, language: .indonesian)
      .aggregator(agents: "/usr/share/simpul/agents", port: 7312, pagePort: 7380)
    let settings = try AggregatorSettings.parse(text)
    #expect(settings.adminSocket == layout.centreSocket)
    #expect(settings.dataDirectory == "/tmp/simpul-demo-abc123/scc/data")
    #expect(settings.replication.listen.description == "tcp://127.0.0.1:7312")
    #expect(settings.replication.destinations.map(\.description) == ["tcp://127.0.0.1:7312"])
    #expect(settings.http.listen?.description == "127.0.0.1:7380")
    #expect(settings.datasets.directory == "/usr/share/simpul/agents/datasets")
  }

  @Test func `an agent's settings are read back as meant, before and after joining`() throws {
    let node = try #require(NodeName("kec-citta"))
    let configurations = DemoConfigurations(layout: layout, language: .english)
    let text = configurations.agent(node)
    let settings = try AgentSettings.parse(text)
    #expect(settings.node == node)
    #expect(settings.adminSocket == layout.socket(of: node))
    #expect(settings.spool.directory == layout.spool(of: node))
    #expect(settings.language == .english)
    #expect(settings.http.listen == nil)
    #expect(settings.aggregator.endpoints.isEmpty)
    let key = try #require(Z85Key("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"))
    let centre = Settings.Endpoint(HostPort(host: "127.0.0.1", port: 7312))
    let joined = try AgentConfigurationFile.settingAggregator(endpoints: [centre], publicKey: key, in: text)
    #expect(try AgentSettings.parse(joined).aggregator.endpoints == [centre])
    // The way over the relay is there before and stays.
    let own = try AgentConfigurationFile.settingAggregator(
      endpoints: [centre], publicKey: key, in: configurations.agent(node, by: 4711))
    #expect(try AgentSettings.parse(own).aggregator.endpoints.map(\.description) == ["tcp://127.0.0.1:4711"])
  }

  @Test func `every office's socket fits into an address`() throws {
    let longest = try #require(NodeName("satpolpp-damkar-dan-lain"))
    let root = String(repeating: "x", count: DemoLayout.socketPathBytesMax - DemoLayout.socketSuffixBytesMax)
    #expect(DemoLayout(root: root).socket(of: longest).utf8.count <= DemoLayout.socketPathBytesMax)
    #expect(throws: CommandFailure.self) { try DemoLayout.make(at: "/" + root, language: .indonesian) }
  }

  @Test func `a directory with something in it is not used`() throws {
    let scratch = try Scratch()
    try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.path + "/x"))
    let failure = #expect(throws: CommandFailure.self) {
      try DemoLayout.make(at: scratch.path, language: .english)
    }
    #expect(failure?.code == .usage)
    #expect(failure?.message.contains("is not empty") == true)
  }

  @Test func `a temporary directory is this user's alone and can be removed`() throws {
    let layout = try DemoLayout.make(at: nil, language: .indonesian)
    let facts = try FileManager.default.attributesOfItem(atPath: layout.root)
    #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o700)
    layout.remove()
    #expect(!FileManager.default.fileExists(atPath: layout.root))
  }

  @Test func `the fleet's own files name everybody who plays a part`() throws {
    let fleet = try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
    let cast = try DemoCast(fleet, language: .indonesian)
    #expect(cast.offices.count == 38)
    #expect(cast.kecamatan.count == 8)
    #expect(cast.villages.count == 70)
    #expect(cast.agreedFields == ["kode_wilayah", "nama", "nik", "status_hidup", "tanggal_lahir"])
    #expect(Set(cast.villages.map(\.district)).count == 8)
  }

  @Test func `a fleet that lacks an office is told so`() throws {
    let scratch = try Scratch()
    try copyFleet(without: "skpd/dispora.toml", to: scratch)
    let fleet = try FleetDirectory.load(
      directory: scratch.path, datasetsDirectory: scratch.path + "/datasets")
    let failure = #expect(throws: CommandFailure.self) { try DemoCast(fleet, language: .english) }
    #expect(failure?.code == .configuration)
    #expect(failure?.message.contains("dispora.toml") == true)
  }

  @Test func `programs get neither settings nor a service manager of others`() {
    let environment = DemoRun.environment([
      "PATH": "/bin", "SIMPUL_CONFIG__DATA_DIR": "/x", "SIMPUL_SOCKET": "/y", "NOTIFY_SOCKET": "/z",
    ])
    #expect(environment == ["PATH": "/bin"])
  }

  @Test func `edits need enough residents, and name their policies' outcomes`() {
    let residents = (0..<5).map { index in
      RecordReply(id: "r\(index)", version: "v", fields: ["nama": .string("SITTI AMINAH")])
    }
    #expect(DemoEdit.plan(Array(residents.dropLast())).isEmpty)
    let edits = DemoEdit.plan(residents)
    #expect(Set(edits.map(\.record)).count == 5)
    #expect(edits.filter { $0.conflictState == "open" }.map(\.conflictField) == ["nama", "lifecycle"])
    #expect(edits.allSatisfy { $0.atRegister != $0.atKecamatan })
  }

  private func copyFleet(without left: String, to scratch: Scratch) throws {
    let source = URL(fileURLWithPath: agents).resolvingSymlinksInPath()
    for name in try FileManager.default.subpathsOfDirectory(atPath: source.path) where name.hasSuffix(".toml") {
      let target = URL(fileURLWithPath: "\(scratch.path)/\(name)")
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      if name != left { try Data(contentsOf: source.appendingPathComponent(name)).write(to: target) }
    }
  }
}
