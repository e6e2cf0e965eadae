import Agent
import Aggregator
import CentreStorage
import Datasets
import Foundation
import Logging
import Machine
import NodeStorage
import Replication
import Sessions
import Settings
import Synchronization
import TestSupport
import Transport
import Wire

/// A centre and nodes in this process: real stores on files, real ZeroMQ with CURVE on loopback, no daemons around.
final class Fleet: Sendable {
  let directory: URL
  let thread: SocketThread
  let store: CentreStore
  let link: CentreLink
  let hub: SessionHub
  let keys: CurveKeyPair
  let endpoint: String
  private let running: Task<Void, Never>

  static let logger: Logger = {
    var logger = Logger(label: "test") { SwiftLogNoOpLogHandler($0) }
    if ProcessInfo.processInfo.environment["SIMPUL_TEST_LOG"] != nil {
      logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
      logger.logLevel = .debug
    }
    return logger
  }()

  static let agents = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("agents").path

  static func load() throws -> FleetDirectory {
    try FleetDirectory.load(directory: agents, datasetsDirectory: agents + "/datasets")
  }

  /// - Parameter directory: reopens what an earlier fleet left there.
  init(directory: URL? = nil, port: String = "*") async throws {
    let directory = directory ?? Leftovers.directory()
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    self.directory = directory
    keys = try CurveKeyPair.loadOrCreate(path: directory.path + "/aggregator.key")
    store = try CentreStore.open(
      path: directory.path + "/aggregator.sqlite", fleetKeySecret: MachineFacts.randomBytes(32),
      random: MachineFacts.random64(), now: MachineClock.wall())
    let fleet = try Self.load()
    try await store.install(
      definitions: fleet.datasets.map(\.definition),
      texts: fleet.datasets.map { Document(name: $0.definition.name.text, text: $0.text) },
      profiles: fleet.profiles,
      profileTexts: Dictionary(
        fleet.profiles.map { ($0.node, ProfileDocument($0).text) }, uniquingKeysWith: { first, _ in first }),
      now: MachineClock.wall())
    thread = try SocketThread.start(logger: Self.logger)
    link = CentreLink(thread: thread)
    hub = SessionHub(
      store: store, link: link, settings: CentreSession.Settings(), feedEnd: try await store.feedEnd(),
      metrics: CentreMetrics(), logger: Self.logger)
    try await hub.refreshAuthorised()
    try await link.bind(listen: "tcp://127.0.0.1:\(port)", keys: keys)
    endpoint = await link.boundEndpoint ?? ""
    let hub = hub
    running = Task { await hub.run() }
  }

  /// Enrols a fresh key for `name`, as an invitation does.
  func enrol(_ name: String, key: CurvePublicKey) async throws {
    let node = try node(name)
    let invitationKeys = try CurveKeyPair.generate()
    let invitation = try await store.invite(
      node, publicKey: invitationKeys.publicKey.text,
      expires: MachineClock.wall().advanced(byMilliseconds: 60_000), now: MachineClock.wall())
    _ = try await store.enrol(invitation, publicKey: key.text, now: MachineClock.wall())
    try await hub.refreshAuthorised()
  }

  func node(_ name: String) throws -> NodeName {
    guard let node = NodeName(name) else { throw TestFailure("no such name: \(name)") }
    return node
  }

  func stop() async {
    running.cancel()
    await running.value
    await thread.stop()
    try? store.close()
  }
}

/// Directories that several fleets use one after the other, removed when the tests end.
enum Leftovers {
  private static let paths = Mutex<[String]>([])
  private static let registration: Void = {
    atexit { Leftovers.paths.withLock { for path in $0 { try? FileManager.default.removeItem(atPath: path) } } }
  }()

  static func directory() -> URL {
    _ = registration
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("simpul-\(UUID())")
    paths.withLock { $0.append(url.path) }
    return url
  }
}

/// One office's node in this process; its link can be cut and mended.
final class Office: Sendable {
  private struct Link: Sendable {
    let replicator: Replicator
    let thread: SocketThread
    let task: Task<Void, Never>
  }

  private final class LinkBox: Sendable {
    let link = Mutex<Link?>(nil)
  }

  let name: String
  let directory: String
  let store: NodeStore
  let catalogue: Catalogue
  let intake: Intake
  private let keys: CurveKeyPair
  private let box = LinkBox()

  /// - Parameter random: of the incarnation; the same again over an older copy of the directory is the copy of a
  ///   running machine.
  init(
    _ name: String, of fleet: Fleet, limits: NodeStoreLimits = NodeStoreLimits(),
    directory: String? = nil, random: UInt64 = MachineFacts.random64()
  ) async throws {
    self.name = name
    self.directory = directory ?? fleet.directory.path + "/" + name
    let directory = self.directory
    try MachineFacts.makePrivateDirectory(directory)
    let isNew = !FileManager.default.fileExists(atPath: directory + "/node.key")
    keys = try CurveKeyPair.loadOrCreate(path: directory + "/node.key")
    if isNew { try await fleet.enrol(name, key: keys.publicKey) }
    store = try await NodeStore.open(
      path: directory + "/agent.sqlite", node: try fleet.node(name), random: random,
      boot: BootIdentity(id: MachineFacts.bootID(), startedAt: MachineClock.wall()), now: MachineClock.reading(),
      limits: limits)
    catalogue = Catalogue()
    _ = try await catalogue.install(
      from: store, fleetKeys: try FleetKeyFile(path: directory + "/fleet.keys").load())
    let box = box
    intake = Intake(store: store, catalogue: catalogue, clock: CentreClock()) { dataset, lane, last in
      let replicator = box.link.withLock { $0?.replicator }
      await replicator?.appended(dataset, lane: lane, last: last)
    }
    try await resumeLink(of: fleet)
  }

  /// Cuts the link without a goodbye that anybody waits for.
  func pauseLink() async {
    let link = box.link.withLock { link in
      defer { link = nil }
      return link
    }
    guard let link else { return }
    link.task.cancel()
    await link.task.value
    await link.thread.stop()
  }

  func resumeLink(of fleet: Fleet) async throws {
    let thread = try SocketThread.start(logger: Fleet.logger)
    var settings = NodeSession.Settings()
    settings.reconnectLeast = .milliseconds(100)
    settings.reconnectMost = .milliseconds(500)
    let replicator = Replicator(
      store: store, catalogue: catalogue,
      access: Replicator.Access(endpoints: [fleet.endpoint], serverKey: fleet.keys.publicKey, keys: keys),
      thread: thread, settings: settings, dataDirectory: directory, softwareVersion: "test",
      logger: Fleet.logger)
    let task = Task { await replicator.run() }
    box.link.withLock { $0 = Link(replicator: replicator, thread: thread, task: task) }
  }

  /// Tells the replicator what a save appended, as the routes do.
  func appended(_ dataset: DatasetName, _ dot: Dot) async {
    let replicator = box.link.withLock { $0?.replicator }
    await replicator?.appended(dataset, lane: .record, last: dot.sequence)
  }

  /// Whether a session stands.
  var isConnected: Bool {
    get async {
      guard let replicator = box.link.withLock({ $0?.replicator }) else { return false }
      return await replicator.phase == .established
    }
  }

  func stop() async {
    await pauseLink()
    try? store.close()
  }

  /// Takes rows as a producer gives them.
  @discardableResult
  func take(_ dataset: String, source: String = "default", _ rows: [[String: String]]) async throws -> Intake.Receipt {
    guard let dataset = DatasetName(dataset) else { throw TestFailure("no dataset") }
    var delivery = Intake.Delivery.file(dataset, source: source)
    let rows = rows.enumerated().map { index, row in
      IntakeRow(line: index + 1, fields: row.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
    }
    var receipt = Intake.Receipt()
    try await intake.take(rows, of: &delivery, into: &receipt)
    return receipt
  }
}
