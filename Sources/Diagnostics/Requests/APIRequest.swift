import API
import Foundation

/// One request of a daemon's API, as plain data.
package struct APIRequest: Sendable, Equatable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  package struct QueryItem: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct Body: Sendable, Equatable {
    package var contentType: String
    package var bytes: [UInt8]

    package init(contentType: String, bytes: [UInt8]) {
      self.contentType = contentType
      self.bytes = bytes
    }

    /// - Throws: what encoding throws, for a number that JSON cannot hold.
    package static func json(_ value: some Encodable) throws -> Body {
      Body(contentType: "application/json", bytes: Array(try APICoding.encoder.encode(value)))
    }
  }

  package var method: Method
  /// Below `/api/v1`; a segment may hold any character.
  package var path: [String]
  package var query: [QueryItem]
  package var body: Body?
  /// The version that the caller looked at, without quotation marks.
  package var version: String?
  /// Makes rows that identify nobody the same ones when the request is sent again.
  package var idempotencyKey: String?
  /// Whether the command's reason stays away: it is that of an order, not why somebody looks.
  package var isWithoutReason = false

  package init(
    _ method: Method, _ path: [String], query: [QueryItem] = [], body: Body? = nil, version: String? = nil
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.body = body
    self.version = version
  }

  /// The same, so that the answer is masked and no look is noted.
  package var withoutReason: APIRequest {
    var request = self
    request.isWithoutReason = true
    return request
  }

  /// Path and query, percent-encoded: everything but RFC 3986's unreserved characters, so that a conflict id is one segment.
  package var target: String {
    let path = path.map { "/" + Self.encoded($0) }.joined()
    let query = query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
    return "/api/v1\(path)\(query.isEmpty ? "" : "?\(query)")"
  }

  private static func encoded(_ text: String) -> String {
    // A segment of only dots would be taken for a step in the path (RFC 3986, 5.2.4).
    if text == "." || text == ".." { return text.replacing(".", with: "%2E") }
    var output: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        output.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}
