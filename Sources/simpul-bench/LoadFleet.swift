import Logging
import Transport

/// The offices of a load with their sockets: a hundred to a socket thread, as one context of ZeroMQ holds 1,023 sockets
/// and a link takes three (its own, and both ends of what reports on it).
struct LoadFleet {
  private static let officesPerThread = 100

  let agents: [LoadAgent]
  private let threads: [SocketThread]

  init(_ centre: LoadCentre, ledger: LoadLedger) throws {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    var threads: [SocketThread] = []
    var agents: [LoadAgent] = []
    for office in centre.offices {
      if agents.count == threads.count * Self.officesPerThread {
        threads.append(try SocketThread.start(name: "load-\(threads.count)", logger: logger))
      }
      let access = LoadAgent.Access(endpoint: centre.endpoint, serverKey: centre.serverKey, keys: office.keys)
      agents.append(
        LoadAgent(
          office.name, access: access, definition: centre.definition, thread: threads[threads.count - 1],
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
}
