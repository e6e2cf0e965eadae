import ArgumentParser
import Foundation

/// Measures what docs/measurements.md reports; prints ratios to baselines of the same run.
@main
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simpul-bench",
    abstract:
      "Measures intake, drain, wire bytes, import, merging, idling and load; every ratio is to a baseline of the same run.",
    discussion: """
      EXAMPLES
        simpul-bench
        simpul-bench drain --events 300000
        simpul-bench import --residents 250000
        simpul-bench persons --residents 250000
        simpul-bench merge --count 10000
        simpul-bench idle --seconds 60
        simpul-bench load --nodes 1000
        simpul-bench attack --rate 5000
        simpul-bench month --days 30
      """,
    subcommands: [
      Drain.self, Import.self, Persons.self, Merge.self, Idle.self, Load.self, Attack.self, Month.self, All.self,
    ],
    defaultSubcommand: All.self)

  /// A directory of its own, removed at the end.
  static func withDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("simpul-bench-\(UUID())").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
  }

  static func agentsDirectory(_ option: String?) throws -> String {
    if let option { return URL(fileURLWithPath: option).path }
    let here = FileManager.default.currentDirectoryPath + "/agents"
    guard FileManager.default.fileExists(atPath: here) else {
      throw ValidationError("no agents/ here; run from the project's root or give --agents")
    }
    return here
  }
}

extension BenchCommand {
  struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Attendance events: intake by NDJSON, then the backlog's drain with CURVE and FULL sync at both ends.")

    @Option(help: "How many events.") var events = 300_000
    @Option(help: "The fleet's files.") var agents: String?

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try await BenchCommand.withDirectory { directory in
        try await DrainBench(directory: directory, agents: agents, eventCount: events).run()
      }
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A SIAK file of synthetic residents into one node; prints rate and peak memory.")

    @Option(help: "How many residents.") var residents = 250_000
    @Option(help: "The fleet's files.") var agents: String?

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try await BenchCommand.withDirectory { directory in
        try await ImportBench(directory: directory, agents: agents, residentCount: residents).run()
      }
    }
  }

  struct Persons: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The search for people who are registered twice, while the register grows tenfold.")

    @Option(help: "How many residents.") var residents = 250_000
    @Option(help: "The fleet's files.") var agents: String?

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try await BenchCommand.withDirectory { directory in
        try await PersonsBench(directory: directory, agents: agents, residentCount: residents).run()
      }
    }
  }

  struct Merge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ever more values of one field that nobody decides between, and ever more fields in conflict.")

    @Option(help: "How many values, and how many fields.") var count = 10_000
    @Option(help: "The fleet's files.") var agents: String?

    func validate() throws {
      guard count >= 3_000, count.isMultiple(of: 10) else {
        throw ValidationError("--count must be a multiple of 10 and 3000 or more.")
      }
    }

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try MergeBench(agents: agents, count: count).run()
      try await BenchCommand.withDirectory { directory in
        try await ConflictBench(directory: directory, agents: agents, count: count).run()
      }
    }
  }

  struct Idle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Memory and processor of an agent with nothing to do; needs the programs beside this one.")

    @Option(help: "How long to watch it.") var seconds = 30
    @Option(help: "The fleet's files.") var agents: String?

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try await BenchCommand.withDirectory { directory in
        try await IdleBench(directory: directory, agents: agents, seconds: seconds).run()
      }
    }
  }

  struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Many offices against one aggregator: connect storm, idling, outage, trickle and drain.",
      discussion: """
        The offices are the agent's session machines over real links, all in this process; the aggregator and simpulctl must
        stand beside it. It ends with an error unless the centre holds just the events that it acknowledged.

        EXAMPLES
          simpul-bench load
          simpul-bench load --nodes 100 --seconds 10 --events 50
        """)

    @Option(help: "How many offices.") var nodes = 1000
    @Option(help: "How long each office records an event every 3 seconds.") var seconds = 30
    @Option(help: "How many events each office has waiting before the drain.") var events = 200
    @Option(help: "The fleet's files.") var agents: String?

    func validate() throws {
      guard (1...10_000).contains(nodes) else { throw ValidationError("--nodes must be from 1 to 10000.") }
      guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be from 1 to 3600.") }
      guard (1...100_000).contains(events) else { throw ValidationError("--events must be from 1 to 100000.") }
    }

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try await BenchCommand.withDirectory { directory in
        try await LoadBench(
          directory: directory, agents: agents, nodeCount: nodes, seconds: seconds, eventCount: events
        ).run()
      }
    }
  }

  struct All: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Everything, with the sizes of docs/measurements.md.")

    func run() async throws {
      // The import first: its peak memory must not count the drain's.
      try await Import.parse([]).run()
      try await Drain.parse([]).run()
      try await Persons.parse([]).run()
      try await Merge.parse([]).run()
      try await Idle.parse([]).run()
      try await Load.parse([]).run()
    }
  }
}

/// A line of results: what, figure, unit.
func report(_ what: String, _ figure: Double, _ unit: String) {
  let digits = figure >= 100 ? 0 : 2
  print(what.padding(toLength: 52, withPad: " ", startingAt: 0), String(format: "%12.\(digits)f", figure), unit)
}

extension Duration {
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
