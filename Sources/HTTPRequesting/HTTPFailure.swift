/// Why there is no whole answer.
package enum HTTPFailure: Error {
  /// No connection: the system's errno.
  case unreachable(errno: Int32)
  case unknownHost
  /// One of the request's times is over.
  case timedOut
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
