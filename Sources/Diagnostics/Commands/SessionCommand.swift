package import ArgumentParser

/// A command that works in a session.
package protocol SessionCommand: ParsableCommand {
  /// Every conforming command declares `@OptionGroup var options: GlobalOptions`.
  var options: GlobalOptions { get }

  /// How long each answer may take unless `--timeout` says otherwise; 30 s where a command does not say.
  static var timeoutDefault: Duration { get }

  func run(in session: Session) async throws
}

extension SessionCommand {
  package static var timeoutDefault: Duration { .seconds(30) }
}
