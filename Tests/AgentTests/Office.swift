import Compression
import Datasets
import Foundation
import HTTPServing
import Hummingbird
import Logging
import Machine
import NodeStorage
import Replication
import RouterSupport
import ServiceLifecycle
import Sessions
import Settings
import Synchronization
import Transport
import Wire

@testable import Agent

/// An office with a real store, the fleet's own definitions and a profile, and no link to the centre.
final class Office: Sendable {
  let context: AgentContext
  let counters = IntakeCounters()
  /// What the store is told of its disk.
  let disk = Disk()
  private let directory: String

  var store: NodeStore { context.store }
  var node: NodeName { context.settings.node }

  /// How much is free, by a script: so many questions are answered with plenty, then so many with nothing.
  final class Disk: Sendable {
    private let script = Mutex<(plenty: Int, nothing: Int)>((.max, 0))

    /// The disk is full once it has been asked `count` times, and stays so.
    func fillUp(afterQuestions count: Int) { script.withLock { $0 = (count, .max) } }

    /// The disk is full for the next `count` questions.
    func beFull(forQuestions count: Int) { script.withLock { $0 = (0, count) } }

    func emptyOut() { script.withLock { $0 = (.max, 0) } }

    func freeBytes() -> UInt64 {
      script.withLock { script in
        if script.plenty > 0 {
          if script.plenty < .max { script.plenty -= 1 }
          return 1 << 40
        }
        if script.nothing > 0 {
          if script.nothing < .max { script.nothing -= 1 }
          return 0
        }
        return 1 << 40
      }
    }
  }

  /// - Parameters:
  ///   - isKnown: whether the centre has sent definitions, profile and fleet key.
  ///   - isMeasured: whether the centre's clock was measured then.
  ///   - terminals: serial numbers that its settings name; nil where it serves no terminals.
  init(
    _ name: String = "kec-lalabata", language: Language = .indonesian, listen: String? = nil,
    isKnown: Bool = true, isMeasured: Bool = true, terminals: [String]? = nil
  ) async throws {
    directory = NSTemporaryDirectory() + "simpul-agent-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    var settings = AgentSettings(node: Fixture.node(name))
    settings.dataDirectory = directory
    settings.language = language
    settings.http.listen = listen.flatMap { HostPort($0) }
    let disk = disk
    let store = try await NodeStore.open(
      path: directory + "/agent.sqlite", node: settings.node, random: 7,
      boot: BootIdentity(id: "boot", startedAt: Timestamp(milliseconds: 0)), now: MachineClock.reading(),
      freeBytes: { disk.freeBytes() })
    let catalogue = Catalogue()
    if isKnown {
      try await store.storeDocuments(try Fixture.documents(for: settings.node))
      let problems = try await catalogue.install(from: store, fleetKeys: [Fixture.fleetKey])
      precondition(problems.isEmpty, "\(problems)")
      // As after a first session: times are sure.
      if isMeasured {
        try await store.recordClockSample(
          offsetMilliseconds: 0, roundTripMilliseconds: 1, at: MachineClock.reading())
      }
    }
    let keys = try CurveKeyPair.generate()
    let replicator = Replicator(
      store: store, catalogue: catalogue,
      access: Replicator.Access(endpoints: ["tcp://127.0.0.1:9"], serverKey: keys.publicKey, keys: keys),
      thread: try Fixture.thread.get(), settings: NodeSession.Settings(), dataDirectory: directory,
      softwareVersion: "test", logger: Logger(label: "test"))
    let intake = Intake(store: store, catalogue: catalogue, clock: replicator.clock) { dataset, lane, last in
      await replicator.appended(dataset, lane: lane, last: last)
    }
    var desk: TerminalDesk?
    if let terminals {
      desk = try await TerminalDesk(
        allowed: terminals.compactMap { TerminalSerial($0) }, shelf: store.terminals, intake: intake,
        dataset: Fixture.attendance, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
        counters: counters)
    }
    context = AgentContext(
      settings: settings, store: store, catalogue: catalogue, intake: intake, replicator: replicator,
      startedAt: Timestamp(milliseconds: 0), terminals: desk)
  }

  deinit {
    // A test that failed is told by what it expected, not by its leftovers.
    try? store.close()
    try? FileManager.default.removeItem(atPath: directory)
  }

  func application(
    _ realm: HTTPRealm = .admin
  ) -> Application<RouterResponder<BasicRequestContext>> {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return Application(
      router: AgentRoutes(context: context, realm: realm, counters: counters).router(), logger: logger)
  }

  /// What its attendance terminals call.
  func terminalApplication() throws -> Application<RouterResponder<BasicRequestContext>> {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    guard let desk = context.terminals else { preconditionFailure("the office serves no terminals") }
    return Application(router: TerminalRoutes(desk: desk).router(), logger: logger)
  }

  /// Serves its routes on a port of this machine while `body` runs.
  func listen(_ body: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
    let (listening, continuation) = AsyncStream.makeStream(of: Int.self)
    let service = try HTTPListener.service(
      router: AgentRoutes(context: context, realm: .admin, counters: counters).router(),
      address: .tcp(host: "127.0.0.1", port: 0),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      onListening: { continuation.yield($0) })
    // Ended as a daemon ends it: cancelling drops connections that were just accepted, on which NIO insists.
    let server = ServiceGroup(
      services: [service], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { group in
      // A service that cannot listen ends the wait, and its error ends the test.
      group.addTask {
        defer { continuation.finish() }
        try await server.run()
      }
      guard let port = await listening.first(where: { _ in true }) else { return try await group.waitForAll() }
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(port)) } catch { outcome = .failure(error) }
      await server.triggerGracefulShutdown()
      try outcome.get()
    }
  }

  /// One step of the feed: the states of these records at the centre.
  func receive(_ states: [(id: RecordID, state: RecordState)], at position: UInt64) async throws {
    var registry = FieldRegistry()
    let items = states.map { FeedRecords.Item.state($0.id, $0.state.bytes(registry: &registry)) }
    let bytes = FeedRecords(registry: registry, items: items).bytes
    let compressed = CompressedBytes(rawCount: bytes.count, bytes: try Zstandard.compress(bytes))
    let cursor = FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: position)
    _ = try await store.apply(
      Feed(session: 1, cursor: cursor, part: .records(Fixture.population, compressed)), now: Fixture.clock)
  }

  /// What the copy holds of a record, as the centre would have it after another office's edit.
  func state(_ id: RecordID, after edit: Change, by dot: Dot, at milliseconds: Int64) async throws
    -> RecordState
  {
    var state = try await store.state(Fixture.population, id) ?? .empty
    state.apply(edit, dot: dot, time: Timestamp(milliseconds: milliseconds), isSuspect: false)
    return state
  }
}
