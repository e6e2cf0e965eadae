import Foundation

/// Why a command ended without doing its work, as one line for a person and a code for a script.
package struct CommandFailure: Error, Sendable, Equatable {
  /// sysexits.h, and 1 for a problem that was found.
  package enum Code: Int32, Sendable {
    case problem = 1
    case usage = 64
    case data = 65
    case unreachable = 69
    case notPermitted = 77
    case configuration = 78
  }

  package let code: Code
  /// What and where, then what to do; without a line end.
  package let message: String
  /// What the system or a library said, where the message does not.
  package let cause: String?

  package init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// One line, safe to print whatever a daemon or a file put into it.
  package var line: String {
    let text = cause.map { "\(message) [\($0)]" } ?? message
    return PrintableText.oneLine(text)
  }

  /// Printing failed; a reader that has gone (`| head`) needs no message.
  static func output(_ number: Int32) -> CommandFailure {
    CommandFailure(
      .problem, number == EPIPE ? "" : "the output cannot be written: \(String(cString: strerror(number)))")
  }
}
