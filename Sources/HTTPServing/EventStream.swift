import API
import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore

/// One server-sent event (WHATWG HTML, section 9.2).
package struct ServerEvent: Sendable, Equatable {
  package let name: String
  /// One line: JSON of the API's form has no line ends.
  package let data: String

  package init(_ name: String, data: String) {
    self.name = name
    self.data = data
  }

  package init(_ name: String, _ value: some Encodable) throws {
    self.init(name, data: String(decoding: try APICoding.encoder.encode(value), as: UTF8.self))
  }

  package var text: String {
    let lines = data.split(whereSeparator: \.isNewline).map { "data: \($0)\n" }.joined()
    return "event: \(name)\n\(lines.isEmpty ? "data: \n" : lines)\n"
  }
}

/// Writes server-sent events to one client.
package struct EventWriter {
  fileprivate var writer: any ResponseBodyWriter

  package mutating func send(_ events: [ServerEvent]) async throws {
    if events.isEmpty { return }
    try await writer.write(ByteBuffer(string: events.map(\.text).joined()))
  }

  /// Keeps proxies from closing a silent connection, and finds out when the client has gone.
  package mutating func heartbeat() async throws {
    try await writer.write(ByteBuffer(string: ": \n\n"))
  }
}

extension Response {
  /// A stream of server-sent events that ends when `body` returns; clients come back after `retrySeconds`.
  package static func events(
    retrySeconds: Int = 5, _ body: @escaping @Sendable (inout EventWriter) async throws -> Void
  ) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(string: "retry: \(retrySeconds * 1000)\n\n"))
        var events = EventWriter(writer: writer)
        try await body(&events)
        try await writer.finish(nil)
      })
  }
}
