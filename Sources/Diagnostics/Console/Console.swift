package import Datasets

/// What a command sees of the terminal and its surroundings; tests bring their own.
package struct Console: Sendable {
  package enum Stream: Sendable {
    case output
    case error
  }

  package var environment: [String: String]
  package var outputIsTerminal: Bool
  package var errorIsTerminal: Bool
  /// The wall clock, for ages.
  package var now: @Sendable () -> Timestamp
  /// Throws a `CommandFailure` when nobody reads any more.
  package var write: @Sendable (Stream, [UInt8]) throws -> Void

  package init(
    environment: [String: String], outputIsTerminal: Bool, errorIsTerminal: Bool,
    now: @escaping @Sendable () -> Timestamp, write: @escaping @Sendable (Stream, [UInt8]) throws -> Void
  ) {
    self.environment = environment
    self.outputIsTerminal = outputIsTerminal
    self.errorIsTerminal = errorIsTerminal
    self.now = now
    self.write = write
  }

  package func write(_ text: String, to stream: Stream = .output) throws {
    try write(stream, Array(text.utf8))
  }

  /// Colours only where a person looks, and has not refused them (no-color.org: set and not empty).
  package var hasColours: Bool {
    outputIsTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }
}
