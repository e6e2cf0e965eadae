import API
import CentreStorage
import Datasets
import Foundation
import HTTPServing
import Hummingbird
import Logging
import Machine
import Replication
import ServiceLifecycle
import Services
package import Settings
import Storage
import Systemd
import Transport
import UnixSignals
import Wire

/// Puts the aggregator together and runs it until a signal.
package enum AggregatorRuntime {
  /// - Throws: `DaemonProblem` when it cannot start.
  package static func run(_ settings: AggregatorSettings) async throws {
    LoggingDestination.bootstrap(label: "simpul-aggregator", level: settings.logLevel.level)
    let logger = Logger(label: "simpul.aggregator")
    let notifier = ServiceNotifier()
    notifier.status("Membuka penyimpanan")
    let lock = try lock(settings)
    defer { withExtendedLifetime(lock) {} }
    notifier.extendTimeout(by: .seconds(600))
    let store = try openStore(settings)
    let fleet = try await FleetWatcher(
      directory: settings.fleet.directory, datasetsDirectory: settings.datasets.directory, store: store,
      language: settings.language, logger: logger)
    let keys = try keys(settings)
    let thread = try SocketThread.start(logger: logger)
    let link = CentreLink(thread: thread)
    let metrics = CentreMetrics()
    let hub = SessionHub(
      store: store, link: link, settings: sessionSettings(settings), feedEnd: try await store.feedEnd(),
      metrics: metrics, logger: logger)
    try await hub.refreshAuthorised()
    try await bindReplication(link, settings, keys)
    let context = CentreContext(
      settings: settings, store: store, hub: hub, metrics: metrics, fleet: { fleet.current },
      fleetProblem: { fleet.problem }, linkCounters: { await link.counters }, startedAt: MachineClock.wall(),
      serverPublicKey: keys.publicKey,
      boundEndpoint: { await link.boundEndpoint })
    context.backups.removeLeftover()
    let services: [any Service]
    do { services = try self.services(context, fleet, thread, notifier, logger) } catch let failure as ListenFailure {
      throw DaemonProblem(failure, settings.language)
    }
    let group = ServiceGroup(configuration: .daemon(services, logger: logger))
    do {
      try await group.run()
    } catch {
      throw DaemonProblem(
        exitCode: 1, settings.language("simpul-aggregator berhenti: \(error)", "simpul-aggregator stopped: \(error)"))
    }
  }

  /// Makes `data_dir` and locks it: no second process works in it.
  ///
  /// - Throws: `DaemonProblem`, 78 for a directory that is open to others.
  static func lock(_ settings: AggregatorSettings) throws -> DirectoryLock {
    do { return try DirectoryLock.claim(settings.dataDirectory) } catch let problem as any DataDirectoryProblem {
      throw DaemonProblem(problem, settings.language)
    }
  }

  /// The first run makes store and keys (contract.md).
  private static func openStore(_ settings: AggregatorSettings) throws -> CentreStore {
    do {
      return try CentreStore.open(
        path: settings.storePath, fleetKeySecret: MachineFacts.randomBytes(32),
        random: MachineFacts.random64(), now: MachineClock.wall())
    } catch let error as StoreError {
      throw DaemonProblem(error, settings.language)
    } catch {
      throw DaemonProblem(
        exitCode: 1,
        settings.language(
          "penyimpanan di \(settings.dataDirectory) tidak dapat dibuka: \(error)",
          "the store in \(settings.dataDirectory) cannot be opened: \(error)"))
    }
  }

  private static func keys(_ settings: AggregatorSettings) throws -> CurveKeyPair {
    do {
      return try CurveKeyPair.loadOrCreate(path: settings.keyPath)
    } catch {
      let remedy = BilingualText(
        id: "kembalikan dari cadangan (simpul-aggregator restore): kantor mengenal pusat dari kunci ini",
        en: "restore it from a backup (simpul-aggregator restore): offices know the centre by this key")
      throw DaemonProblem.configuration(
        error.text(ofKeyFile: settings.keyPath, ifLost: remedy)(settings.language))
    }
  }

  private static func bindReplication(_ link: CentreLink, _ settings: AggregatorSettings, _ keys: CurveKeyPair)
    async throws
  {
    let address = settings.replication.listen.address
    do {
      try Listening.checkTCP(host: address.host, port: address.port, setting: "replication.listen")
    } catch {
      throw DaemonProblem(error, settings.language)
    }
    do {
      try await link.bind(listen: "tcp://\(address)", keys: keys)
    } catch {
      let failure = ListenFailure(setting: "replication.listen", place: "\(address)", reason: .other("\(error)"))
      // Another failure than of the text itself may pass: systemd tries again.
      let isText = error.code == .endpoint && error.cause == nil
      throw DaemonProblem(exitCode: isText ? 78 : 1, failure.text(settings.language))
    }
  }

  private static func sessionSettings(_ settings: AggregatorSettings) -> CentreSession.Settings {
    var session = CentreSession.Settings()
    session.silenceLimit = settings.replication.silenceLimit
    session.creditBytes = UInt64(settings.replication.peerCredit.bytes)
    return session
  }

  /// In the order of starting; they stop in reverse, so what others stand on comes first.
  private static func services(
    _ context: CentreContext, _ fleet: FleetWatcher, _ thread: SocketThread, _ notifier: ServiceNotifier,
    _ logger: Logger
  ) throws -> [any Service] {
    let settings = context.settings
    var services: [any Service] = [
      LoopService { await watchdog(context, thread, notifier, logger).run() },
      ClosingService {
        do { try context.store.close() } catch { logger.error("\(error)") }
      },
      ClosingService { await thread.stop() },
      LoopService { await context.hub.run() },
      LoopService { await fleet.run { await context.hub.documentsChanged() } },
      LoopService { await DuplicateSearch(context: context, logger: logger).run() },
      LoopService { await CentreHousekeeping(context: context, notifier: notifier, logger: logger).run() },
      LoopService { await AuditAnchor(context.audit, logger: logger).run() },
    ]
    if let listen = settings.http.listen {
      services.append(
        try HTTPListener.service(
          router: CentreRoutes(context: context, realm: .network).router(),
          address: .tcp(host: listen.host, port: listen.port), logger: logger))
    }
    services.append(
      try HTTPListener.service(
        router: CentreRoutes(context: context, realm: .admin).router(),
        address: .socket(path: settings.adminSocket), logger: logger,
        // It can do its work: the store is open, nodes may connect, and requests are answered.
        onListening: { _ in notifier.ready(status: "Siap menerima kantor") }))
    return services
  }

  private static func watchdog(
    _ context: CentreContext, _ thread: SocketThread, _ notifier: ServiceNotifier, _ logger: Logger
  ) -> WatchdogFeeder {
    WatchdogFeeder(
      checks: [
        WatchdogCheck(name: "store") {
          do {
            try await context.store.check(now: MachineClock.wall())
            return .advancing
          } catch let error as StoreError where error.code == .full {
            // A restart frees no disk; readiness and status say it instead.
            return .advancing
          } catch {
            return .stalled("\(error)")
          }
        },
        .turning(thread),
        WatchdogCheck(name: "sessions") { await context.hub.finding() },
      ], notifier: notifier, logger: logger)
  }
}

extension LogLevel {
  fileprivate var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
