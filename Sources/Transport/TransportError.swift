internal import CZeroMQ
internal import Glibc

/// Why Transport could not do what was asked of it; failures of a peer are events, not errors.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of thing went wrong.
  package enum Code: String, Sendable {
    case invalidKey
    /// The key file cannot be opened, read or written.
    case keyFile
    /// Others may read the key file.
    case keyFileExposed
    /// The key file holds something else than a key pair.
    case keyFileMalformed
    case keyFileExists, endpoint, option, socket, stopped, messageTooLarge
  }

  package let code: Code
  /// One line a person can act on; holds no secret.
  package let message: String
  /// The system's own words, where there are any.
  package let cause: String?

  package init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  package var description: String { cause.map { "\(message): \($0)" } ?? message }

  /// Takes the reason from libzmq; call it at once after the call that failed.
  static func zeroMQ(_ code: Code, _ message: String) -> TransportError {
    let number = zmq_errno()
    return TransportError(code, message, cause: String(cString: zmq_strerror(number)))
  }

  /// Takes the reason from `errno`; call it at once after the call that failed.
  static func system(_ code: Code, _ message: String) -> TransportError {
    let number = errno
    return TransportError(code, message, cause: String(cString: strerror(number)))
  }
}
