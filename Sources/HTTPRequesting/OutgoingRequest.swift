package import HTTPTypes

/// One request over HTTP/1.1, to a TCP port or a Unix socket.
package struct OutgoingRequest: Sendable {
  package enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Asked for the next piece, which may have any size, until it gives nil; what it throws ends the request.
    ///
    /// Called by one thread at a time, not the caller's.
    case pieces(@Sendable () throws -> [UInt8]?)
  }

  package var method: HTTPRequest.Method
  /// Absolute, `http` or `https`.
  package var url: String
  /// Where the request goes instead of to the URL's host, which is a mere name then.
  package var socketPath: String?
  package var headers: HTTPFields
  package var body: Body
  /// From the first try to connect.
  package var connectTimeMax: Duration
  /// How long nothing may come or go.
  package var silenceMax: Duration
  /// From the beginning to the end of the answer.
  package var timeMax: Duration

  package init(
    _ method: HTTPRequest.Method = .get, url: String, socketPath: String? = nil, headers: HTTPFields = [:],
    body: Body = .none, timeMax: Duration
  ) {
    self.method = method
    self.url = url
    self.socketPath = socketPath
    self.headers = headers
    self.body = body
    self.timeMax = timeMax
    silenceMax = timeMax
    connectTimeMax = min(timeMax, .seconds(10))
  }

  /// The whole answer. Redirections are answers like others.
  ///
  /// - Parameter bytesMax: of the answer's body.
  package func answer(bytesMax: Int) async throws(HTTPFailure) -> (head: HTTPResponse, body: [UInt8]) {
    let transfer = try await HTTPTransfer.begin(self)
    var body: [UInt8] = []
    while let piece = try await transfer.next() {
      guard body.count + piece.count <= bytesMax else { throw .tooLarge }
      body += piece
    }
    return (transfer.head, body)
  }
}

extension HTTPFields {
  /// The first value of a field that the standards do not name.
  package func value(_ name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }

  /// - Parameter value: nil leaves the field out.
  package mutating func set(_ name: String, _ value: String?) {
    if let name = HTTPField.Name(name) { self[name] = value }
  }
}
