import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RouterSupport
import Testing

/// An answer, with its JSON at hand.
struct Answer {
  let status: HTTPResponse.Status
  let headers: HTTPFields
  let text: String
  let json: [String: Any]

  init(_ response: RouterAnswer) {
    status = response.status
    headers = response.headers
    text = String(buffer: response.body)
    json = (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:]
  }

  subscript(_ name: String) -> Any? { json[name] }

  func string(_ name: String) -> String? { json[name] as? String }
  func integer(_ name: String) -> Int? { (json[name] as? NSNumber)?.intValue }
  func object(_ name: String) -> [String: Any] { json[name] as? [String: Any] ?? [:] }
  func list(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }

  /// Whether a member is there and null.
  func isNull(_ name: String) -> Bool { json[name] is NSNull }
}

extension RouterClient {
  func get(_ uri: String, reason: String? = nil, language: String? = nil) async throws -> Answer {
    try await send(.get, uri, reason: reason, language: language)
  }

  func post(
    _ uri: String, _ body: String, type: String? = "application/json", language: String? = nil,
    key: String? = nil
  ) async throws -> Answer {
    try await send(.post, uri, body, type: type, language: language, key: key)
  }

  func send(
    _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil, type: String? = nil,
    version: String? = nil, reason: String? = nil, language: String? = nil, key: String? = nil
  ) async throws -> Answer {
    var headers = HTTPFields()
    headers[.contentType] = type
    headers[.ifMatch] = version
    headers[.acceptLanguage] = language
    if let name = HTTPField.Name("Simpul-Reason") { headers[name] = reason }
    if let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
    return try await execute(
      uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) },
      testCallback: Answer.init)
  }

  /// Records one person and gives the id back.
  func createPerson(_ serial: Int = 1, name: String = "BUDI", _ more: String = "") async throws -> String {
    let answer = try await post(
      "/api/v1/datasets/population/records",
      #"{"nik": "\#(Fixture.nik(serial))", "tanggal_lahir": "1990-03-02", "nama": "\#(name)", "#
        + #""kode_wilayah": "\#(Fixture.village)"\#(more)}"#)
    try #require(answer.status == .ok, "\(answer.text)")
    return try #require(answer.list("records").first?["id"] as? String)
  }
}
