import API
import Collectors
import Datasets
import Foundation
import HTTPServing
import Hummingbird
import Logging
import Machine
import NodeStorage
import Replication
import ServiceLifecycle
import Services
import Sessions
package import Settings
import Storage
import Systemd
import Transport
import UnixSignals
import Wire

/// Puts the agent together and runs it until a signal.
package enum AgentRuntime {
  /// - Throws: `DaemonProblem` when it cannot start.
  package static func run(_ settings: AgentSettings) async throws {
    LoggingDestination.bootstrap(label: "simpul-agent", level: settings.logLevel.level)
    var logger = Logger(label: "simpul.agent")
    logger[metadataKey: "node"] = "\(settings.node)"
    let notifier = ServiceNotifier()
    notifier.status("Membuka penyimpanan")
    CameraCredentials(
      cameras: settings.collectors.cameras, environment: ProcessInfo.processInfo.environment
    ).report(to: logger)
    let lock = try lock(settings)
    defer { withExtendedLifetime(lock) {} }
    let keys = try keys(settings)
    notifier.extendTimeout(by: .seconds(600))
    let store = try await openStore(settings, notifier)
    let thread = try SocketThread.start(logger: logger)
    let context = try await context(settings, store, keys, thread, logger)
    let services: [any Service]
    do { services = try self.services(context, thread, notifier, logger) } catch let failure as ListenFailure {
      throw DaemonProblem(failure, settings.language)
    }
    let group = ServiceGroup(configuration: .daemon(services, logger: logger))
    do {
      try await group.run()
    } catch {
      throw DaemonProblem(
        exitCode: 1, settings.language("simpul-agent berhenti: \(error)", "simpul-agent stopped: \(error)"))
    }
  }

  private static func lock(_ settings: AgentSettings) throws -> DirectoryLock {
    do { return try DirectoryLock.claim(settings.dataDirectory) } catch let problem as any DataDirectoryProblem {
      throw DaemonProblem(problem, settings.language)
    }
  }

  private static func keys(_ settings: AgentSettings) throws -> Replicator.Access {
    if let missing = settings.notJoined { throw DaemonProblem.configuration(missing(settings.language)) }
    return Replicator.Access(
      endpoints: settings.aggregator.endpoints.map { "tcp://\($0.address)" },
      serverKey: try CurvePublicKey(settings.aggregator.publicKey?.text ?? ""), keys: try loadKeys(settings))
  }

  /// - Throws: `DaemonProblem` where the key file is not there, is damaged, or may be read by others.
  static func loadKeys(_ settings: AgentSettings) throws -> CurveKeyPair {
    do { return try CurveKeyPair.load(path: settings.keyPath) } catch {
      let remedy = BilingualText(
        id: "bila kuncinya hilang, jalankan simpul-agent join dengan undangan baru",
        en: "run simpul-agent join with a new invitation if the key is lost")
      throw DaemonProblem.configuration(error.text(ofKeyFile: settings.keyPath, ifLost: remedy)(settings.language))
    }
  }

  private static func openStore(_ settings: AgentSettings, _ notifier: ServiceNotifier) async throws -> NodeStore {
    let now = MachineClock.reading()
    let boot = BootIdentity(
      id: MachineFacts.bootID(),
      startedAt: now.wall.advanced(byMilliseconds: -Int64(clamping: now.uptimeMilliseconds)))
    let directory = settings.dataDirectory
    do {
      return try await NodeStore.open(
        path: settings.storePath, node: settings.node, random: MachineFacts.random64(), boot: boot,
        now: now,
        limits: NodeStoreLimits(
          quotaBytes: UInt64(settings.buffer.quota.bytes), reserveBytes: UInt64(settings.buffer.reserve.bytes),
          retainAcknowledged: settings.buffer.retainAcknowledged),
        freeBytes: { MachineFacts.freeBytes(at: directory) })
    } catch let error as StoreError {
      throw DaemonProblem(error, settings.language)
    } catch {
      throw DaemonProblem(
        exitCode: 1,
        settings.language(
          "penyimpanan di \(directory) tidak dapat dibuka: \(error)",
          "the store in \(directory) cannot be opened: \(error)"))
    }
  }

  private static func context(
    _ settings: AgentSettings, _ store: NodeStore, _ access: Replicator.Access, _ thread: SocketThread,
    _ logger: Logger
  ) async throws -> AgentContext {
    let catalogue = Catalogue()
    let keyFile = FleetKeyFile(path: settings.dataDirectory + "/fleet.keys")
    for problem in try await catalogue.install(from: store, fleetKeys: try keyFile.load()) {
      logger.error("the document \(problem.name) cannot be read: \(problem.reason)")
    }
    let replicator = Replicator(
      store: store, catalogue: catalogue, access: access, thread: thread,
      settings: sessionSettings(settings), dataDirectory: settings.dataDirectory,
      softwareVersion: SimpulVersion.text, logger: logger)
    // The machine may have been measured before this daemon started, and its link may be down now.
    if let last = try await store.lastClockMeasurement() {
      replicator.clock.measured(offsetMilliseconds: last.offsetMilliseconds, at: last.reading)
    }
    let intake = Intake(store: store, catalogue: catalogue, clock: replicator.clock) { dataset, lane, last in
      await replicator.appended(dataset, lane: lane, last: last)
    }
    return AgentContext(
      settings: settings, store: store, catalogue: catalogue, intake: intake, replicator: replicator,
      startedAt: MachineClock.wall(), terminals: try await terminals(settings, store, intake, logger))
  }

  private static func terminals(
    _ settings: AgentSettings, _ store: NodeStore, _ intake: Intake, _ logger: Logger
  ) async throws -> TerminalDesk? {
    guard let attendance = settings.collectors.attendance, let dataset = DatasetName(SpoolAddress.attlogDataset)
    else { return nil }
    return try await TerminalDesk(
      allowed: attendance.allow, shelf: store.terminals, intake: intake, dataset: dataset, logger: logger)
  }

  private static func sessionSettings(_ settings: AgentSettings) -> NodeSession.Settings {
    var session = NodeSession.Settings()
    session.heartbeat = settings.replication.heartbeat
    session.silenceLimit = settings.replication.silenceLimit
    session.batchBytesMax = settings.replication.batchBytesMax.bytes
    session.reconnectLeast = settings.replication.reconnectMin
    session.reconnectMost = settings.replication.reconnectMax
    return session
  }

  /// In the order of starting; they stop in reverse, so what others stand on comes first.
  private static func services(
    _ context: AgentContext, _ thread: SocketThread, _ notifier: ServiceNotifier, _ logger: Logger
  ) throws -> [any Service] {
    let store = context.store
    let settings = context.settings
    var services: [any Service] = [
      LoopService { await watchdog(context, thread, notifier, logger).run() },
      ClosingService {
        do { try store.close() } catch { logger.error("\(error)") }
      },
      ClosingService { await thread.stop() },
      LoopService { await context.replicator.run() },
      LoopService { await Housekeeping(context: context, notifier: notifier, logger: logger).run() },
      LoopService { await AuditAnchor(context.audit, logger: logger).run() },
    ]
    if let directory = settings.spool.directory {
      services.append(LoopService { await SpoolIntake.service(context, directory: directory, logger: logger).run() })
    }
    if let terminals = context.terminals, let listen = settings.collectors.attendance?.listen {
      services.append(LoopService { await terminals.run() })
      services.append(
        try HTTPListener.service(
          router: TerminalRoutes(desk: terminals).router(), address: .tcp(host: listen.host, port: listen.port),
          logger: logger, setting: "collectors.attendance.listen"))
    }
    if let listen = settings.http.listen {
      services.append(
        try HTTPListener.service(
          router: AgentRoutes(context: context, realm: .network).router(),
          address: .tcp(host: listen.host, port: listen.port), logger: logger))
    }
    services.append(
      try HTTPListener.service(
        router: AgentRoutes(context: context, realm: .admin).router(),
        address: .socket(path: settings.adminSocket), logger: logger,
        // It can do its work: the store is open, the replicator runs, and requests are answered.
        onListening: { _ in notifier.ready(status: "Siap; menghubungi pusat") }))
    return services
  }

  private static func watchdog(
    _ context: AgentContext, _ thread: SocketThread, _ notifier: ServiceNotifier, _ logger: Logger
  ) -> WatchdogFeeder {
    WatchdogFeeder(
      checks: [
        WatchdogCheck(name: "store") {
          do {
            try await context.store.check(now: MachineClock.reading())
            return .advancing
          } catch let error as StoreError where error.code == .full {
            // A restart frees no disk; the office is told by 507 and status instead.
            return .advancing
          } catch {
            return .stalled("\(error)")
          }
        },
        .turning(thread),
      ], notifier: notifier, logger: logger)
  }
}

extension LogLevel {
  fileprivate var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
