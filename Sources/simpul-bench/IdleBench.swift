import Datasets
import Foundation
import Settings

/// A joined agent with nothing to do: what it holds and what it uses.
struct IdleBench {
  let directory: String
  let agents: String
  /// How long it is watched.
  let seconds: Int

  private let programs = BenchPrograms()
  private var centreSocket: String { BenchPrograms.centreSocket(directory) }
  private var agentSocket: String { directory + "/agent.sock" }

  func run() async throws {
    print("idle: one agent, joined and connected, watched for \(seconds) s")
    let port = try programs.freePort()
    try programs.centreSettings(directory: directory, agents: agents, port: port).effectiveText
      .write(toFile: directory + "/aggregator.toml", atomically: true, encoding: .utf8)
    let centre = try programs.start("simpul-aggregator", configuration: directory + "/aggregator.toml")
    defer { programs.end(centre) }
    try await programs.wait("the centre") { try programs.status(centreSocket) != nil }
    try join(port)
    let agent = try programs.start("simpul-agent", configuration: directory + "/agent.toml")
    defer { programs.end(agent) }
    try await programs.wait("the agent") { try programs.status(agentSocket) == "online" }
    // What starting up takes is not idling.
    try await Task.sleep(for: .seconds(5))
    let before = try programs.processorSeconds(agent)
    let start = ContinuousClock.now
    try await Task.sleep(for: .seconds(seconds))
    let used = try programs.processorSeconds(agent) - before
    let share = used / (ContinuousClock.now - start).seconds * 100
    let memory = try programs.proportionalKiB(agent)
    report("proportional set size of the agent", Double(memory) / 1024, "MiB (goal < 30)")
    report("share of one core", share, "% (goal < 0.5)")
  }

  private func join(_ port: Int) throws {
    guard let node = NodeName("setda") else { return }
    var settings = AgentSettings(node: node)
    settings.dataDirectory = directory + "/setda"
    settings.adminSocket = agentSocket
    settings.spool.directory = directory + "/spool"
    try programs.join(settings, configuration: directory + "/agent.toml", centreSocket: centreSocket)
  }
}
