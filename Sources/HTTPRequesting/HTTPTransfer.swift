import Dispatch
package import HTTPTypes

/// A request that was sent, and its answer piece by piece. What is not asked for stays in the socket.
///
/// Dropping it ends the connection.
package final class HTTPTransfer: Sendable {
  /// Without its body.
  package let head: HTTPResponse
  private let curl: CurlTransfer
  private let queue: DispatchQueue

  private init(_ curl: CurlTransfer, _ queue: DispatchQueue, head: HTTPResponse) {
    self.curl = curl
    self.queue = queue
    self.head = head
  }

  /// Sends the request and waits for the answer's head.
  package static func begin(_ request: OutgoingRequest) async throws(HTTPFailure) -> HTTPTransfer {
    let queue = DispatchQueue(label: "simpul.http")
    let curl = try CurlTransfer()
    let head = try await Self.working(curl, queue) { curl throws(HTTPFailure) in
      try curl.begin(request)
      return try curl.head()
    }
    return HTTPTransfer(curl, queue, head: head)
  }

  /// The next piece of the body, of any size above 0; nil at its end.
  package func next() async throws(HTTPFailure) -> [UInt8]? {
    try await Self.working(curl, queue) { curl throws(HTTPFailure) in try curl.next() }
  }

  /// Lets the queue wait for the network instead of a thread of the pool; a cancelled task waits no longer.
  private static func working<Value: Sendable>(
    _ curl: CurlTransfer, _ queue: DispatchQueue,
    _ body: @escaping @Sendable (CurlTransfer) throws(HTTPFailure) -> Value
  ) async throws(HTTPFailure) -> Value {
    try await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async { continuation.resume(returning: Result { () throws(HTTPFailure) in try body(curl) }) }
      }
    } onCancel: {
      curl.cancel()
    }.get()
  }
}
