import CentreStorage
import Datasets
import Foundation
import Logging
import Machine
import Services
import Settings
import Testing

@testable import Aggregator

/// What `simpul-aggregator check` says of the fleet's files, and that `run` says the same.
@Suite final class FleetFitTests {
  private let root = FileManager.default.temporaryDirectory.appendingPathComponent("fit-\(UUID())").path
  private var settings = AggregatorSettings()

  init() throws {
    settings.dataDirectory = root
    settings.fleet.directory = root + "/agents"
    settings.datasets.directory = root + "/agents/datasets"
    let agents = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("agents")
    try MachineFacts.makePrivateDirectory(root)
    try FileManager.default.copyItem(atPath: agents.path, toPath: settings.fleet.directory)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  private var population: String { settings.datasets.directory + "/population.toml" }

  private func change(_ old: String, to new: String) throws {
    let text = try String(contentsOfFile: population, encoding: .utf8)
    try #require(text.contains(old))
    try text.replacing(old, with: new).write(toFile: population, atomically: true, encoding: .utf8)
  }

  private func open() throws -> CentreStore {
    try CentreStore.open(
      path: settings.storePath, fleetKeySecret: MachineFacts.randomBytes(32), random: MachineFacts.random64(),
      now: MachineClock.wall())
  }

  /// As the daemon does at its start.
  private func install(into store: CentreStore) async throws {
    _ = try await FleetWatcher(
      directory: settings.fleet.directory, datasetsDirectory: settings.datasets.directory, store: store,
      language: settings.language, logger: Logger(label: "fit") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test(arguments: [
    (
      Language.indonesian, "version = 2\n", "version = 1\n",
      "version: 1, padahal yang sudah dipasang 2; tulis version = 3"
    ),
    (.english, "version = 2\n", "version = 1\n", "version: 1 is lower than the installed 2; write version = 3"),
    (
      .indonesian, "max = 200\n", "max = 20\n",
      "fields.alamat: memuat lebih sedikit karakter; data yang tersimpan mungkin memakai yang lama: kembalikan, atau buat kolom "
        + "atau dataset baru di sampingnya"
    ),
  ])
  func `a definition that does not fit the store is refused with its file, by check as by the start`(
    language: Language, old: String, new: String, words: String
  ) async throws {
    settings.language = language
    #expect(try FleetFit.check(settings) == [])
    let store = try open()
    defer { try? store.close() }
    try await install(into: store)
    #expect(try FleetFit.check(settings) == [])
    try change(old, to: new)
    // The daemon has the store open.
    let said = #expect(throws: DaemonProblem.self) { try FleetFit.check(settings) }
    #expect(said?.exitCode == 78)
    #expect(said?.description.contains("\(population): \(words)") == true, "\(said?.description ?? "")")
    let start = await #expect(throws: DaemonProblem.self) { try await install(into: store) }
    #expect(start?.description == said?.description)
  }

  @Test func `directories that the start would refuse are refused by check`() throws {
    #expect(try AggregatorCheck.run(settings, service: nil) == [])
    let other = ServiceUser(name: "simpul", uid: geteuid() + 54_321, group: getegid() + 54_321)
    #expect(
      try AggregatorCheck.run(settings, service: other).map { $0.hasPrefix("data_dir: direktori \(root) ") } == [true])
    settings.adminSocket = root + "/none/a.sock"
    let socket = #expect(throws: DaemonProblem.self) { try AggregatorCheck.run(settings) }
    #expect(socket?.exitCode == 78 && socket?.description.contains("tidak ada direktori \(root)/none") == true)
    settings.adminSocket = root + "/a.sock"
    settings.dataDirectory = "/proc/simpul"
    let data = #expect(throws: DaemonProblem.self) { try AggregatorCheck.run(settings) }
    #expect(data?.description.hasPrefix("data_dir: ") == true)
  }

  @Test func `a backup that is not there is told as that, not as one that is broken`() throws {
    for (language, words) in [(Language.indonesian, "tidak ada; periksa namanya"), (.english, "there is no ")] {
      settings.language = language
      let restoring = Restoring(settings: settings, backupPath: root + "/nope.sqlite")
      let said = #expect(throws: DaemonProblem.self) { try restoring.run(isDryRun: true) }
      #expect(said?.exitCode == 65 && said?.description.contains(words) == true, "\(said?.description ?? "")")
    }
  }

  @Test func `a change without a higher version is told, and in force`() async throws {
    let store = try open()
    defer { try? store.close() }
    try await install(into: store)
    try change("headers = [\"Alamat\"", to: "headers = [\"Alamat Rumah Tinggal\", \"Alamat\"")
    let notes = try FleetFit.check(settings)
    #expect(notes.count == 1)
    #expect(notes.first?.contains("\(population): version: masih 2") == true, "\(notes)")
    #expect(notes.first?.contains("tulis version = 3") == true)
    try await install(into: store)
    #expect(try FleetFit.check(settings) == [])
  }

  @Test func `a profile that is gone under an enrolled office is said by check too`() async throws {
    let store = try open()
    defer { try? store.close() }
    try await install(into: store)
    let node = try #require(NodeName("setda"))
    let invitation = try await store.invite(
      node, publicKey: String(repeating: "1", count: 40), expires: MachineClock.wall().advanced(byMilliseconds: 60_000),
      now: MachineClock.wall())
    _ = try await store.enrol(invitation, publicKey: String(repeating: "0", count: 40), now: MachineClock.wall())
    try FileManager.default.removeItem(atPath: settings.fleet.directory + "/skpd/setda.toml")
    let said = #expect(throws: DaemonProblem.self) { try FleetFit.check(settings) }
    #expect(said?.description.contains("profil setda tidak ada lagi") == true)
  }

  @Test func `a store of another program is refused in both languages`() throws {
    try Data("no database at all, but long enough to be looked at".utf8).write(
      to: URL(fileURLWithPath: settings.storePath))
    for (language, words) in [
      (Language.indonesian, "bukan penyimpanan program ini"), (.english, "not a store of this"),
    ] {
      settings.language = language
      let said = #expect(throws: DaemonProblem.self) { try FleetFit.check(settings) }
      #expect(said?.exitCode == 78 && said?.description.contains(words) == true, "\(said?.description ?? "")")
    }
  }
}
