import ArgumentParser

extension BenchCommand {
  struct Month: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A month of three offices in minutes: does anything grow that should not?",
      discussion: """
        One aggregator and three agents as processes, which must stand beside this one. Each day they record what
        offices do, the centre makes a backup, agents lose their power, lines are cut, and the centre is restarted on
        Sundays. Agents trim when they start and every five minutes, whatever a day lasts. It ends with an error unless
        the centre holds just what was recorded, and where open files grow. Not among what simpul-bench does without a
        command.

        EXAMPLES
          simpul-bench month
          simpul-bench month --undisturbed
          simpul-bench month --days 15 --day-seconds 8 --retain-days 3 --residents 200
        """)

    @Option(help: "How many days, a multiple of 3.") var days = 30
    @Option(help: "How long a day lasts at least.") var daySeconds = 20
    @Option(help: "For how many days offices keep what is acknowledged.") var retainDays = 7
    @Option(help: "How many residents the register has at first.") var residents = 2_000
    @Flag(help: "No power cuts and no restarts: what a process keeps shows over the whole month.")
    var undisturbed = false
    @Option(help: "The fleet's files.") var agents: String?

    func validate() throws {
      guard (15...90).contains(days), days.isMultiple(of: 3) else {
        throw ValidationError("--days must be a multiple of 3 from 15 to 90.")
      }
      guard (5...3600).contains(daySeconds) else { throw ValidationError("--day-seconds must be from 5 to 3600.") }
      guard (1...30).contains(retainDays) else { throw ValidationError("--retain-days must be from 1 to 30.") }
      guard (100...20_000).contains(residents) else {
        throw ValidationError("--residents must be from 100 to 20000.")
      }
    }

    func run() async throws {
      let agents = try BenchCommand.agentsDirectory(agents)
      try await BenchCommand.withDirectory { directory in
        try await MonthBench(
          directory: directory, agents: agents, dayCount: days, daySeconds: daySeconds, retainDays: retainDays,
          residentCount: residents, isUndisturbed: undisturbed
        ).run()
      }
    }
  }
}
