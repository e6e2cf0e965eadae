import API
import ArgumentParser

/// The root of the command line; the one list of its commands.
struct Simpulctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simpulctl",
    abstract: "Look into and run a Simpul agent or aggregator.",
    discussion: """
      Examples:
        simpulctl status
        simpulctl doctor
        simpulctl nodes list
        simpulctl trace population ID
        simpulctl --url https://scc.example --token-file token conflicts list
        simpulctl records import population penduduk.csv --source dukcapil

      Exit codes: 0 fine, 1 a problem was found, 64 usage, 65 bad input data, 69
      daemon not reachable, 77 not permitted, 78 bad configuration.
      """,
    version: "simpulctl \(SimpulVersion.text)",
    subcommands: [
      StatusCommand.self, DoctorCommand.self, TopCommand.self, NodesCommand.self, TokensCommand.self,
      StreamsCommand.self, TerminalsCommand.self, TraceCommand.self,
      RecordsCommand.self,
      ConflictsCommand.self, DuplicatesCommand.self, QuarantineCommand.self, LedgerCommand.self, DigestCommand.self,
      AuditCommand.self, FleetKeyCommand.self, BackupCommand.self,
      DemoCommand.self,
    ])

  @OptionGroup var options: GlobalOptions
}
