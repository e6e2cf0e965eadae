import Datasets
import Foundation
import Machine
import NodeStorage
import Services
import Settings
import Storage
import Testing
import Transport
import Wire

@testable import Agent

@Suite final class AgentCheckTests {
  private var settings = AgentSettings(node: Fixture.node("kec-lalabata"))

  init() throws {
    settings.dataDirectory = FileManager.default.temporaryDirectory.path + "/check-\(UUID().uuidString)"
    try MachineFacts.makePrivateDirectory(settings.dataDirectory)
  }

  deinit { try? FileManager.default.removeItem(atPath: settings.dataDirectory) }

  private func endpoints() throws -> [Settings.Endpoint] {
    let endpoint = Settings.Endpoint("tcp://scc.example:7312")
    return [try #require(endpoint)]
  }

  private func join() throws {
    let keys = try CurveKeyPair.generate()
    try keys.create(path: settings.keyPath)
    settings.aggregator.endpoints = try endpoints()
    settings.aggregator.publicKey = Z85Key(try CurveKeyPair.generate().publicKey.text)
  }

  private func open(_ node: NodeName) async throws -> NodeStore {
    try await NodeStore.open(
      path: settings.storePath, node: node, random: 7,
      boot: BootIdentity(id: "boot", startedAt: Timestamp(milliseconds: 0)), now: MachineClock.reading())
  }

  @Test func `what an office that has not joined lacks is named, and no mistake`() throws {
    #expect(try AgentCheck.run(settings, service: nil).map { $0.contains("aggregator.endpoints belum ada") } == [true])
    settings.aggregator.endpoints = try endpoints()
    #expect(try AgentCheck.run(settings, service: nil).map { $0.contains("aggregator.public_key belum ada") } == [true])
    settings.language = .english
    #expect(
      try AgentCheck.run(settings, service: nil).map { $0.contains("aggregator.public_key is missing") } == [true])
  }

  @Test func `a key that is gone, open to others or damaged is refused in both languages`() throws {
    try join()
    #expect(try AgentCheck.run(settings, service: nil) == [])
    let path = settings.keyPath
    func expect(_ indonesian: String, _ english: String) {
      for (language, words) in [(Language.indonesian, indonesian), (.english, english)] {
        settings.language = language
        let said = #expect(throws: DaemonProblem.self) { try AgentCheck.run(settings, service: nil) }
        #expect(said?.exitCode == 78 && said?.description.contains(words) == true, "\(said?.description ?? "")")
      }
    }
    chmod(path, 0o644)
    expect(
      "pengguna lain dapat membaca berkas kunci \(path): jalankan chmod 600", "others may read the key file \(path)")
    chmod(path, 0o600)
    try "x".write(toFile: path, atomically: false, encoding: .utf8)
    expect("\(path) rusak atau bukan berkas kunci; bila kuncinya hilang", "\(path) is not a key file")
    try FileManager.default.removeItem(atPath: path)
    expect(
      "berkas kunci \(path) tidak dapat dibuka, dibaca, atau ditulis (No such file", "cannot open the key file \(path)")
  }

  @Test func `directories that the start would refuse are refused, and a spool that is not there is told`() throws {
    try join()
    let root = settings.dataDirectory
    let good = settings
    func refusal(_ change: (inout AgentSettings) -> Void) -> String {
      settings = good
      change(&settings)
      let said = #expect(throws: DaemonProblem.self) { try AgentCheck.run(settings, service: nil) }
      return said?.description ?? ""
    }
    let file = root + "/file"
    try "".write(toFile: file, atomically: false, encoding: .utf8)
    #expect(refusal { $0.adminSocket = root + "/none/a.sock" }.contains("admin_socket: \(root)/none/a.sock: tidak ada"))
    #expect(refusal { $0.adminSocket = file }.contains("bukan soket"))
    #expect(refusal { $0.dataDirectory = file }.contains("data_dir: \(file) adalah berkas"))
    // The kernel's own: nothing can be made there, whoever asks.
    #expect(refusal { $0.dataDirectory = "/proc/simpul/data" }.contains("data_dir: direktori /proc/simpul"))
    settings = good
    settings.spool.directory = root + "/spool"
    #expect(try AgentCheck.run(settings, service: nil).map { $0.hasPrefix("spool.directory: \(root)/spool") } == [true])
    try FileManager.default.createDirectory(atPath: root + "/spool", withIntermediateDirectories: false)
    #expect(try AgentCheck.run(settings, service: nil) == [])
  }

  @Test func `a data directory that can be made is not made by looking`() throws {
    let parent = settings.dataDirectory
    settings.dataDirectory = parent + "/a/b"
    _ = try AgentCheck.run(settings, service: nil)
    #expect(!FileManager.default.fileExists(atPath: parent + "/a"))
  }

  @Test func `a data directory that the unit's user will not get is told, and what the unit itself gives it is not`()
    throws
  {
    try join()
    let service = ServiceUser(name: "simpul", uid: geteuid() + 54_321, group: getegid() + 54_321)
    let notes = try AgentCheck.run(settings, service: service)
    #expect(
      notes.map { $0.hasPrefix("data_dir: direktori \(settings.dataDirectory) bukan milik pengguna simpul") } == [true])
    let given = try PlaceCheck.run(
      dataDirectory: "/var/lib/simpul-agent", adminSocket: settings.dataDirectory + "/a.sock", .indonesian,
      service: service)
    #expect(given.isEmpty, "\(given)")
  }

  @Test func `another office's store is refused, and a text of a newer centre is told`() async throws {
    try join()
    let store = try await open(settings.node)
    try await store.storeDocuments(try Fixture.documents(for: settings.node))
    #expect(try AgentCheck.run(settings, service: nil) == [])
    try await store.storeDocuments([Document(name: "attendance", text: "kind = \"holographic\"")])
    let notes = try AgentCheck.run(settings, service: nil)
    #expect(notes.count == 1 && notes.first?.hasPrefix("attendance: teks dari pusat tidak dapat dibaca") == true)
    try store.close()
    settings.node = Fixture.node("kec-citta")
    let said = #expect(throws: DaemonProblem.self) { try AgentCheck.run(settings, service: nil) }
    #expect(said?.exitCode == 78)
    #expect(said?.description.contains("penyimpanan kantor kec-lalabata, bukan kec-citta") == true)
    let start = await #expect(throws: StoreError.self) { _ = try await open(settings.node) }
    #expect(start?.text.indonesian == said?.description)
  }
}
