import Datasets
import Logging
import Transport

/// The offices of a load with their sockets: a hundred to a socket thread, as one context of ZeroMQ holds 1,023 sockets
/// and a link takes three (its own, and both ends of what reports on it).
struct LoadFleet {
  private static let officesPerThread = 100

  let agents: [LoadAgent]
  private let threads: [SocketThread]

  /// - Parameter offices: those of the centre that take part.
  init(_ centre: LoadCentre, _ offices: [LoadCentre.Office], ledger: LoadLedger) throws {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    var threads: [SocketThread] = []
    var agents: [LoadAgent] = []
    for office in offices {
      if agents.count == threads.count * Self.officesPerThread {
        threads.append(try SocketThread.start(name: "load-\(threads.count)", logger: logger))
      }
      agents.append(
        LoadAgent(
          office.name, access: centre.access(of: office), definition: centre.definition,
          thread: threads[threads.count - 1],
          ledger: ledger))
    }
    self.agents = agents
    self.threads = threads
  }

  /// Has every office call the centre at once.
  func start() -> [Task<Void, Never>] { agents.map { agent in Task { await agent.run() } } }

  /// Lets every office say goodbye, and closes all sockets.
  func stop(_ running: [Task<Void, Never>]) async {
    for task in running { task.cancel() }
    for task in running { await task.value }
    for thread in threads { await thread.stop() }
  }

  /// Does something at every office, side by side; the number counts from 0.
  func each(_ body: @escaping @Sendable (LoadAgent, Int) async -> Void) async {
    await withDiscardingTaskGroup { group in
      for (number, agent) in agents.enumerated() { group.addTask { await body(agent, number) } }
    }
  }

  /// Every event that was acknowledged must be at the centre, and no other.
  ///
  /// - Parameters:
  ///   - counts: events of each office in the centre's table.
  ///   - figures: what the offices saw.
  func compare(with counts: [String: UInt64], _ figures: LoadLedger.Figures) async throws {
    var missing: UInt64 = 0
    var extra: UInt64 = 0
    for agent in agents {
      let (acknowledged, stored) = (await agent.acknowledged, counts[agent.name.text] ?? 0)
      missing += acknowledged - min(acknowledged, stored)
      extra += stored - min(acknowledged, stored)
    }
    let problems = figures.problems.map { "\($0.key) (\($0.value) times)" }.sorted()
    guard missing == 0, extra == 0, problems.isEmpty, figures.acknowledged == figures.recorded else {
      throw BenchFailure(
        description: "of \(figures.recorded) events \(figures.acknowledged) were acknowledged; \(missing) of these are "
          + "missing at the centre, \(extra) are there beside them; \(problems.joined(separator: "; "))")
    }
    print("\(figures.acknowledged) events were acknowledged, and the centre holds just these, office by office")
  }
}
