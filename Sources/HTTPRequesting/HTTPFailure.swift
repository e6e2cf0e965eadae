/// Why there is no whole answer.
package enum HTTPFailure: Error {
  /// No connection: the system's errno.
  case unreachable(errno: Int32)
  case unknownHost
  /// There is no connection after the time that connecting may take.
  case connectTimedOut
  /// Another of the request's times is over.
  case timedOut
  /// The server's certificate is none that this machine trusts for that name: in libcurl's words.
  case untrusted(String)
  /// The connection ended before the answer did.
  case closedEarly
  /// The answer has more bytes than the caller takes.
  case tooLarge
  case cancelled
  /// What the request's body threw.
  case body(any Error)
  /// In libcurl's words.
  case other(String)
}
