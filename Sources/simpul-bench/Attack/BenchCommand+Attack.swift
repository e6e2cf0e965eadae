import ArgumentParser

extension BenchCommand {
  struct Attack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A steady load of honest offices, alone and under an attack at fixed rates.",
      discussion: """
        Handshakes with unknown keys, connections that say nothing, bytes that are no ZeroMQ, and an enrolled office
        that sends forged and oversized messages. It ends with an error unless all of the load arrives in both phases,
        and where an office is given more of others' data than it may read. The aggregator and simpulctl must stand
        beside this program. Not among what simpul-bench does without a command.

        EXAMPLES
          simpul-bench attack
          simpul-bench attack --seconds 10 --rate 1000
        """)

    @Option(help: "How long each phase lasts.") var seconds = 30
    @Option(help: "How many events the offices record in a second, together.") var rate = 5_000
    @Option(help: "How many honest offices.") var nodes = 38
    @Option(help: "The fleet's files.") var agents: String?

    func validate() throws {
      guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be from 1 to 3600.") }
      guard (1...1_000).contains(nodes) else { throw ValidationError("--nodes must be from 1 to 1000.") }
      guard (nodes...100_000).contains(rate) else { throw ValidationError("--rate must be from --nodes to 100000.") }
    }

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try await BenchCommand.withDirectory { directory in
        try await AttackBench(
          directory: directory, agents: agents, nodeCount: nodes, seconds: seconds, rate: rate
        ).run()
      }
    }
  }
}
