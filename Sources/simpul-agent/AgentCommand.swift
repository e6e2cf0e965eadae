import API
import Agent
import ArgumentParser
import Failpoints
import Foundation
import Services
import Settings

/// The agent of one office.
@main
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simpul-agent",
    abstract: "Mencatat data kantor dan mengirimkannya ke pusat. (Records an office's data and replicates it.)",
    discussion: """
      EXAMPLES
        simpul-agent check --config /etc/simpul/agent.toml
        simpul-agent join --config /etc/simpul/agent.toml 'simpul-invitation:1:…'
        simpul-agent run --config /etc/simpul/agent.toml
      """,
    version: "simpul-agent \(SimpulVersion.text)",
    subcommands: [Run.self, Check.self, Join.self])
}

extension AgentCommand {
  struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The settings file.")
    var config = "/etc/simpul/agent.toml"

    func load() throws -> AgentSettings {
      let environment = ProcessInfo.processInfo.environment
      let settings: AgentSettings
      do { settings = try AgentSettings.load(path: config, environment: environment) } catch {
        throw Failure(exitCode: 78, "\(error)")
      }
      do { try FailpointSwitch.arm(environment) } catch { throw DaemonProblem(error, settings.language) }
      return settings
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Menjalankan agen. (Runs the agent until a signal.)",
      discussion: "EXAMPLE\n  simpul-agent run --config /etc/simpul/agent.toml")

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
      try await Failure.reporting { try await AgentRuntime.run(try options.load()) }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Memeriksa berkas pengaturan. (Validates the settings and prints them, secrets hidden.)",
      discussion: """
        The directories are tried, and where there are a key and a store, they are looked at as `run` would do; the agent
        may run meanwhile.

        EXAMPLE
          simpul-agent check --config /etc/simpul/agent.toml
        """)

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
      try await Failure.reporting {
        let settings = try options.load()
        let notes = try AgentCheck.run(settings)
        print(settings.effectiveText)
        // Beside the settings, not among them: what is printed may be kept as a file.
        for line in [settings.praise(of: options.config)] + notes {
          FileHandle.standardError.write(Data("\(line)\n".utf8))
        }
      }
    }
  }

  struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bergabung dengan undangan dari pusat. (Trades an invitation for this node's own key.)",
      discussion: """
        The invitation is what `simpulctl nodes invite NAME` printed at the centre. Key and endpoints are written;
        comments and everything else in the settings file stay. Endpoints that are there already win.

        EXAMPLE
          simpul-agent join --config /etc/simpul/agent.toml 'simpul-invitation:1:…'
        """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "The invitation, or - to read it from standard input.")
    var invitation: String

    func run() async throws {
      try await Failure.reporting {
        let settings = try options.load()
        let text = invitation == "-" ? readLine() ?? "" : invitation
        let endpoint = try await Joining(
          settings: settings, configurationPath: options.config, invitation: text
        ).run()
        print("\(settings.node) telah bergabung melalui \(endpoint). (joined)")
        print("Agen yang sedang berjalan: systemctl restart simpul-agent. (a running agent takes it at its next start)")
      }
    }
  }
}

/// A failure as contract.md wants it: one line on standard error and the exit code.
struct Failure: Error {
  let exitCode: Int32
  let text: String

  init(exitCode: Int32, _ text: String) {
    self.exitCode = exitCode
    self.text = text
  }

  static func reporting(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let failure as Failure {
      try failure.exit()
    } catch let problem as DaemonProblem {
      try Failure(exitCode: problem.exitCode, problem.description).exit()
    } catch {
      try Failure(exitCode: 1, "\(error)").exit()
    }
  }

  private func exit() throws -> Never {
    FileHandle.standardError.write(Data("simpul-agent: \(text)\n".utf8))
    throw ExitCode(exitCode)
  }
}
