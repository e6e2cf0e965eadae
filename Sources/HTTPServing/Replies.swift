package import API
import Foundation
package import HTTPTypes
package import Hummingbird
import NIOCore

extension Response {
  /// A JSON document in the API's one form.
  package static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = "application/json; charset=utf-8"
    headers[.cacheControl] = "no-store"
    let data = try APICoding.encoder.encode(value)
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  /// One record, with its version as entity tag.
  package static func record(_ reply: RecordReply, status: HTTPResponse.Status = .ok) throws -> Response {
    var headers = HTTPFields()
    if let version = reply.version { headers[.eTag] = "\"\(version)\"" }
    return try .json(reply, status: status, headers: headers)
  }

  package static func text(
    _ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok,
    headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentType] = type
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
