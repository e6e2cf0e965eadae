import ArgumentParser
import Datasets

/// simpulctl from its arguments to its exit code, in whatever process.
package enum ControlProgram {
  /// - Parameter arguments: without the program's name.
  /// - Returns: the exit code.
  package static func run(_ arguments: [String], console: Console) async -> Int32 {
    let language = GlobalOptions.language(in: arguments, environment: console.environment)
    do {
      let command = try UsageLanguage.$current.withValue(language) { try Simpulctl.parseAsRoot(arguments) }
      if let command = command as? any SessionCommand {
        try await run(command, console: console)
      } else if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
      return 0
    } catch {
      return report(error, language, console: console)
    }
  }

  private static func run(_ command: any SessionCommand, console: Console) async throws {
    let options = command.options
    let timeout = options.timeout.map { .seconds($0) } ?? type(of: command).timeoutDefault
    try await command.run(in: Session(console: console, options: options, timeout: timeout))
  }

  private static func report(_ error: any Error, _ language: Language, console: Console) -> Int32 {
    if let failure = error as? CommandFailure {
      printError(failure.line, console)
      return failure.code.rawValue
    }
    if let code = error as? ExitCode { return code.rawValue }
    let code = Simpulctl.exitCode(for: error)
    if code.isSuccess {
      // Help and version are what was asked for.
      try? console.write(Simpulctl.fullMessage(for: error) + "\n")
      return 0
    }
    let isUsage = code == .validationFailure
    let remedy = isUsage ? language(" (lihat simpulctl --help)", " (simpulctl --help)") : ""
    let message = ParserMessage.text(Simpulctl.message(for: error), in: language)
    printError(PrintableText.oneLine(message) + remedy, console)
    return isUsage ? CommandFailure.Code.usage.rawValue : CommandFailure.Code.problem.rawValue
  }

  /// A message that cannot be written cannot be reported either.
  private static func printError(_ line: String, _ console: Console) {
    guard !line.isEmpty else { return }
    try? console.write("simpulctl: \(line)\n", to: .error)
  }
}
