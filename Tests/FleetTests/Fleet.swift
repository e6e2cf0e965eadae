import Agent
import Aggregator
import CentreStorage
import Datasets
import Foundation
import Logging
import Machine
import NodeStorage
import Replication
import Settings
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
    let directory = directory ?? FileManager.default.temporaryDirectory.appendingPathComponent("simpul-\(UUID())")
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

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// One office's node in this process.
final class Office: Sendable {
  let name: String
  let directory: String
  let thread: SocketThread
  let store: NodeStore
  let catalogue: Catalogue
  let replicator: Replicator
  let intake: Intake
  private let running: Task<Void, Never>

  init(
    _ name: String, of fleet: Fleet, endpoint: String? = nil, limits: NodeStoreLimits = NodeStoreLimits()
  ) async throws {
    self.name = name
    directory = fleet.directory.path + "/" + name
    try MachineFacts.makePrivateDirectory(directory)
    let isNew = !FileManager.default.fileExists(atPath: directory + "/node.key")
    let keys = try CurveKeyPair.loadOrCreate(path: directory + "/node.key")
    if isNew { try await fleet.enrol(name, key: keys.publicKey) }
    store = try await NodeStore.open(
      path: directory + "/agent.sqlite", node: try fleet.node(name), random: MachineFacts.random64(),
      boot: BootIdentity(id: MachineFacts.bootID(), startedAt: MachineClock.wall()), now: MachineClock.reading(),
      limits: limits)
    catalogue = Catalogue()
    let keyFile = try PrivateFile.read(directory + "/fleet.keys").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let fleetKeys = keyFile.split(separator: "\n").compactMap { line -> FleetKey? in
      let parts = line.split(separator: " ")
      guard parts.count == 2, let version = UInt8(parts[0]), let secret = Hexadecimal.bytes(of: String(parts[1]))
      else { return nil }
      return FleetKey(version: version, secret: secret)
    }
    _ = try await catalogue.install(from: store, fleetKeys: fleetKeys)
    thread = try SocketThread.start(logger: Fleet.logger)
    var settings = NodeSession.Settings()
    settings.reconnectLeast = .milliseconds(100)
    settings.reconnectMost = .milliseconds(500)
    let replicator = Replicator(
      store: store, catalogue: catalogue,
      access: Replicator.Access(
        endpoints: [endpoint ?? fleet.endpoint], serverKey: fleet.keys.publicKey, keys: keys),
      thread: thread, settings: settings, dataDirectory: directory, softwareVersion: "test",
      logger: Fleet.logger)
    self.replicator = replicator
    intake = Intake(store: store, catalogue: catalogue) { dataset, lane, last in
      await replicator.appended(dataset, lane: lane, last: last)
    }
    running = Task { await replicator.run() }
  }

  func stop() async {
    running.cancel()
    await running.value
    await thread.stop()
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
    return try await intake.take(rows, of: &delivery)
  }
}

/// Waits for a condition with a deadline.
func eventually(
  _ what: String, within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while ContinuousClock.now < deadline {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw TestFailure("not within \(limit): \(what)")
}
