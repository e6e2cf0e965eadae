import Glibc
package import Logging

/// Where a daemon's log goes.
package enum LoggingDestination: Equatable, Sendable {
  /// To the journal, with fields.
  case journal
  /// To standard error, as lines.
  case standardError(colours: Bool)

  /// Sends all logging of this process to where its standard error leads. Call it once, before the first logger
  /// is made: swift-log stops the process at a second call.
  ///
  /// `label` is the program's name in the journal (`journalctl -t simpul-agent`).
  package static func bootstrap(
    label identifier: String, level: Logger.Level, redaction: Redaction = .standard,
    metadataProvider: Logger.MetadataProvider? = nil
  ) {
    let destination = detect()
    LoggingSystem.bootstrap(
      { label, provider in
        destination.handler(
          label: label, identifier: identifier, level: level, redaction: redaction, metadataProvider: provider
        )
      }, metadataProvider: metadataProvider)
  }

  /// The destination that standard error (or another `descriptor`) leads to.
  ///
  /// The journal is taken only when `JOURNAL_STREAM` names this very file (systemd.exec(5)): the variable alone
  /// is inherited by programs whose output was redirected elsewhere.
  package static func detect(
    descriptor: Int32 = STDERR_FILENO, variable: (String) -> String? = environmentVariable
  ) -> LoggingDestination {
    if let stream = variable("JOURNAL_STREAM"), names(stream, descriptor) { return .journal }
    let isPlain = variable("NO_COLOR").map { !$0.isEmpty } ?? false
    let terminal = variable("TERM")
    let isTerminal = isatty(descriptor) == 1 && terminal != nil && terminal != "dumb"
    return .standardError(colours: isTerminal && !isPlain)
  }

  /// A handler that writes to this destination.
  package func handler(
    label: String, identifier: String, level: Logger.Level, redaction: Redaction = .standard,
    metadataProvider: Logger.MetadataProvider? = nil
  ) -> any LogHandler {
    switch self {
    case .journal:
      JournalHandler(
        label: label, identifier: identifier, level: level, redaction: redaction,
        metadataProvider: metadataProvider)
    case .standardError(let colours):
      LineHandler(
        label: label, level: level, colours: colours, redaction: redaction, metadataProvider: metadataProvider
      )
    }
  }

  /// The value of an environment variable of this process.
  package static func environmentVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  private static func names(_ journalStream: String, _ descriptor: Int32) -> Bool {
    let parts = journalStream.split(separator: ":", omittingEmptySubsequences: false)
    var status = stat()
    guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]),
      fstat(descriptor, &status) == 0
    else { return false }
    return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
  }
}
