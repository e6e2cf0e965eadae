import ArgumentParser
import Glibc
import Simulation

/// Tells the stories of seeds, and says which of them end badly.
@main
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simpul-simulate",
    abstract: "Runs a centre and its offices on simulated disks, clocks and lines; every seed is one story.",
    discussion: """
      EXAMPLES
        simpul-simulate --seed 1 --count 2000
        simpul-simulate --seed 4711 --story
        simpul-simulate --seed 1 --count 200 --mistakes

      Exit code 1: a seed ended badly, or a mistake was not noticed. What is printed tells it again.
      """)

  @Option(help: "The first seed.") var seed: UInt64 = 1
  @Option(help: "How many seeds, one after the other.") var count: UInt64 = 1
  @Option(help: "Ends after the seed that is being told then, however many are left.") var seconds: UInt64?
  @Option(help: "Printed with a failure, so that it can be told again.") var commit = "unknown"
  @Flag(help: "Prints what happens in the story.") var story = false
  @Option(help: "Writes every disk of the story's end into this directory, for sqlite3.") var disks: String?
  @Flag(help: "Looks for the smallest story of a seed that still ends badly.") var shrink = false
  @Flag(help: "Makes each mistake on purpose until a seed notices it.") var mistakes = false
  @Option(help: "Makes this mistake on purpose.") var mistake: Mistake?

  /// Every so-manieth seed is told twice.
  private static let twiceEvery: UInt64 = 20
  private static let progressEvery: UInt64 = 100

  func validate() throws {
    guard disks == nil || count == 1 else { throw ValidationError("--disks goes with one seed: leave --count out.") }
  }

  func run() async throws {
    if mistakes { return try await lookForMistakes() }
    let clock = ContinuousClock()
    let begin = clock.now
    var failed = 0
    func report(_ told: UInt64) {
      let seconds = Double((clock.now - begin) / .milliseconds(1)) / 1000
      print("\(told) seeds in \(seconds) s, \(Int(Double(told) / seconds * 10)) in 10 s, \(failed) failed")
      // Also where the output is a file: somebody waits for it.
      fflush(nil)
    }
    var told: UInt64 = 0
    while told < count, seconds.map({ clock.now - begin < .seconds($0) }) ?? true {
      if try await !tells(Scenario(seed: seed &+ told, mistake: mistake)) { failed += 1 }
      told += 1
      if told.isMultiple(of: Self.progressEvery), told < count { report(told) }
    }
    report(told)
    if failed > 0 { throw ExitCode.failure }
  }

  /// - Returns: whether the story ended well.
  private func tells(_ scenario: Scenario) async throws -> Bool {
    let verdict = try await Simulation(scenario, keepsLines: story, keepsDisksAt: disks).run()
    for line in verdict.trace.lines { print(line) }
    var failures = verdict.failures
    if scenario.seed.isMultiple(of: Self.twiceEvery) {
      let again = try await Simulation(scenario).run()
      if again.trace.hash != verdict.trace.hash { failures.append("told twice, it is two stories") }
    }
    if failures.isEmpty { return true }
    print("seed \(scenario.seed) at commit \(commit): \(scenario.words)")
    for failure in failures { print("  \(failure)") }
    if shrink, !verdict.isGood {
      let smallest = try await Simulation.shrunk(scenario)
      print("  smallest: \(smallest.words)")
      let verdict = try await Simulation(smallest, keepsLines: true).run()
      for line in verdict.trace.lines { print("    \(line)") }
      for failure in verdict.failures { print("  \(failure)") }
    }
    return false
  }

  private func lookForMistakes() async throws {
    var missed = 0
    for mistake in Mistake.allCases {
      var noticed: (UInt64, String)?
      for number in 0..<count where noticed == nil {
        let verdict = try await Simulation(Scenario(seed: seed &+ number, mistake: mistake)).run()
        guard let failure = verdict.failures.first else { continue }
        // A story that ends badly without the mistake notices nothing.
        if try await Simulation(Scenario(seed: seed &+ number)).run().isGood { noticed = (seed &+ number, failure) }
      }
      if let (seeds, failure) = noticed {
        print("\(mistake.rawValue): noticed by seed \(seeds): \(failure)")
      } else {
        missed += 1
        print("\(mistake.rawValue): NOT noticed by \(count) seeds")
      }
    }
    if missed > 0 { throw ExitCode.failure }
  }
}

extension Mistake: ExpressibleByArgument {}
