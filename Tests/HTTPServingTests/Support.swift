import API
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import NIOCore
import RouterSupport
import Storage
import Testing

func name(_ text: String) throws -> FieldName { try #require(FieldName(text)) }

enum Fixture {
  /// A dataset with a field of every sensitivity.
  static func people() throws -> DatasetDefinition {
    func field(
      _ text: String, _ type: FieldType, _ personal: FieldDefinition.PersonalData = .none,
      required: Bool = false
    ) throws -> FieldDefinition {
      FieldDefinition(
        name: try name(text), title: BilingualText(id: text, en: text), type: type, isRequired: required,
        personal: personal)
    }
    let sexes = CodeTable(
      name: "sex",
      codes: [
        .init(code: "L", title: BilingualText(id: "Laki-laki", en: "Male")),
        .init(code: "P", title: BilingualText(id: "Perempuan", en: "Female")),
      ])
    return DatasetDefinition(
      name: try #require(DatasetName("people")), kind: .record, version: 1,
      title: BilingualText(id: "Orang", en: "People"), lane: .record,
      fields: [
        try field("nik", .nik, .identifier), try field("no_kk", .kk, .identifier),
        try field("nip", .nip, .identifier), try field("paspor", .text(lengthMax: 20), .identifier),
        try field("nama", .text(lengthMax: 100), .general, required: true),
        try field("lahir", .date, .general),
        try field("sex", .code(sexes)), try field("anak", .integer(minimum: 0, maximum: 30)),
        try field("hidup", .boolean),
      ])
  }

  static let table = AuditTable("audit")
  static let clock = Timestamp(milliseconds: 1_795_000_000_000)

  /// Where this process's logs lie; removed when it ends, for some of them serve every test.
  private static let directory: String = {
    let path = NSTemporaryDirectory() + "simpul-audit-\(getpid())/"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    atexit {
      try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "simpul-audit-\(getpid())")
    }
    return path
  }()

  /// A log on a file of its own.
  static func log() throws -> (log: AuditLog, path: String) {
    let path = directory + "\(UUID().uuidString).sqlite"
    return (AuditLog(try StoreFile(path: path, applicationID: 7, migrations: [table.schema]), table), path)
  }

  /// One for the tests that do not look at it.
  private static let shared = Result { try log().log }

  static func trail(_ log: AuditLog? = nil) throws -> AuditTrail {
    let log = try log ?? shared.get()
    return AuditTrail(log) { clock }
  }

  /// Sends one request to `routes`.
  static func ask(
    _ routes: [Route], _ method: HTTPRequest.Method = .get, _ uri: String, realm: HTTPRealm = .admin,
    language: Language = .indonesian, headers: HTTPFields = [:], body: String? = nil, log: AuditLog? = nil
  ) async throws -> RouterAnswer {
    let router = Router(routes, realm: realm, audit: try trail(log), language: language)
    return try await Application(router: router).asking { client in
      try await client.execute(
        uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
      ) { $0 }
    }
  }

  /// A route that answers with what `text` makes of the call.
  static func echo(
    _ path: String = "/echo", _ method: HTTPRequest.Method = .get,
    _ text: @escaping @Sendable (HTTPCall) async throws -> String
  ) -> Route {
    Route(method, path, "Echoes.", answer: .text("text/plain")) { .text(try await text($0)) }
  }
}

extension RouterAnswer {
  var text: String { String(buffer: body) }

  func json() throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView))
  }

  func problem() throws -> ErrorReply {
    try APICoding.decoder.decode(ErrorReply.self, from: Data(body.readableBytesView))
  }
}

extension JSONValue {
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }
}
