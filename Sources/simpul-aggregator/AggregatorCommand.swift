import API
import Aggregator
import ArgumentParser
import Failpoints
import Foundation
import Services
import Settings

/// The aggregator at the command centre.
@main
struct AggregatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simpul-aggregator",
    abstract: "Menerima data semua kantor di pusat komando. (Takes in the data of all offices.)",
    discussion: """
      The first run makes the store and the centre's keys.

      EXAMPLES
        simpul-aggregator check --config /etc/simpul/aggregator.toml
        simpul-aggregator run --config /etc/simpul/aggregator.toml
        simpul-aggregator restore --config /etc/simpul/aggregator.toml /mnt/cadangan/simpul.sqlite --dry-run
      """,
    version: "simpul-aggregator \(SimpulVersion.text)",
    subcommands: [Run.self, Check.self, Restore.self])
}

extension AggregatorCommand {
  struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The settings file.")
    var config = "/etc/simpul/aggregator.toml"

    func load() throws -> AggregatorSettings {
      let environment = ProcessInfo.processInfo.environment
      let settings: AggregatorSettings
      do { settings = try AggregatorSettings.load(path: config, environment: environment) } catch {
        throw DaemonProblem(exitCode: 78, "\(error)")
      }
      do { try FailpointSwitch.arm(environment) } catch { throw DaemonProblem(error, settings.language) }
      return settings
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Menjalankan pusat. (Runs the aggregator until a signal.)",
      discussion: "EXAMPLE\n  simpul-aggregator run --config /etc/simpul/aggregator.toml")

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
      try await AggregatorCommand.reporting { try await AggregatorRuntime.run(try options.load()) }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Memeriksa berkas pengaturan dan armada. (Validates the settings and the fleet's files.)",
      discussion: """
        The directories are tried, and where there is a store, the fleet's files are held against it as `run` would do; the
        aggregator may run meanwhile.

        EXAMPLE
          simpul-aggregator check --config /etc/simpul/aggregator.toml
        """)

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
      try await AggregatorCommand.reporting {
        let settings = try options.load()
        let notes = try AggregatorCheck.run(settings)
        print(settings.effectiveText)
        // Beside the settings, not among them: what is printed may be kept as a file.
        for line in [settings.praise(of: options.config)] + notes {
          FileHandle.standardError.write(Data("\(line)\n".utf8))
        }
      }
    }
  }

  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Mengembalikan pusat dari cadangan. (Puts a backup in the place of the centre's store and key.)",
      discussion: """
        The aggregator must be stopped, but for --dry-run, which needs as much free disk as the backup. The backup is checked page by page first; what is there now is set aside, not
        deleted. Offices then send again what the backup does not have, as far as they keep it.

        EXAMPLES
          simpul-aggregator restore --config /etc/simpul/aggregator.toml /mnt/cadangan/simpul.sqlite --dry-run
          simpul-aggregator restore --config /etc/simpul/aggregator.toml /mnt/cadangan/simpul.sqlite
        """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "The file that simpulctl backup wrote.")
    var backup: String
    @Flag(help: "Check the backup and say what it holds; change nothing.")
    var dryRun = false

    func run() async throws {
      try await AggregatorCommand.reporting {
        for line in try Restoring(settings: try options.load(), backupPath: backup).run(isDryRun: dryRun) {
          print(line)
        }
      }
    }
  }

  /// A failure as contract.md wants it: one line on standard error and the exit code.
  private static func reporting(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let problem as DaemonProblem {
      try fail(problem.exitCode, problem.description)
    } catch {
      try fail(1, "\(error)")
    }
  }

  private static func fail(_ code: Int32, _ text: String) throws -> Never {
    FileHandle.standardError.write(Data("simpul-aggregator: \(text)\n".utf8))
    throw ExitCode(code)
  }
}
