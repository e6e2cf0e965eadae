import API
import Datasets
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Replication
import RouterSupport
import Storage
import Synchronization
import Testing

@testable import HTTPServing

/// A value that closures share.
final class Locked<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  init(_ value: Value) { self.value = Mutex(value) }

  func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { value.withLock { body(&$0) } }
}

/// A daemon's doors on a real store, with a clock that tests move.
final class Door: Sendable {
  let access: AccessControl
  private let clock = Locked(Timestamp(milliseconds: 1_790_000_000_000))
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("door-\(UUID().uuidString)").path
  private let file: StoreFile
  /// Where this door's orders are noted.
  let trail: AuditLog
  private let routes: [Route]

  /// - Parameter routes: beside those of access.
  init(home: String = "scc", routes: [Route] = Door.routes) throws {
    self.routes = routes
    trail = try Fixture.log().log
    file = try StoreFile(path: path, applicationID: 7, migrations: [AccessTables.centre.schema])
    let home = try #require(NodeName(home))
    let clock = clock
    access = AccessControl(
      home: home, store: try AccessStore(file, tables: .centre), address: "http://127.0.0.1:7380",
      now: { clock.withLock { $0 } }, random: { count in (0..<count).map { _ in UInt8.random(in: 0...255) } },
      isOffice: { ["bpbd", "kec-citta"].contains($0.text) })
  }

  deinit {
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
  }

  func passHours(_ hours: Int64) { clock.withLock { $0 = $0.advanced(byMilliseconds: hours * 3_600_000) } }

  /// Sends a request over TCP, or to the admin socket.
  func ask(
    _ method: HTTPRequest.Method = .get, _ uri: String, _ headers: HTTPFields = [:], body: String? = nil,
    realm: HTTPRealm = .network, logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
  ) async throws -> RouterAnswer {
    let router = Router(
      routes + access.routes, realm: realm, access: access, audit: try Fixture.trail(trail), language: .english)
    let fields = headers
    return try await Application(router: router, logger: logger).asking { client in
      try await client.execute(
        uri: uri, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) }
      ) { $0 }
    }
  }

  /// Tells who called.
  static let routes: [Route] = {
    @Sendable func caller(_ call: HTTPCall) -> Response {
      .text("\(call.caller.name) \(call.caller.role) \(call.caller.office?.text ?? "-") \(call.isStillWelcome())")
    }
    func route(_ method: HTTPRequest.Method, _ path: String, _ admits: Route.Admission?, aware: Bool = false) -> Route {
      Route(method, path, "", answer: .text("text/plain"), admits: admits, isOfficeAware: aware, handle: caller)
    }
    return [
      route(.get, "/open", .everybody), route(.get, "/look", nil), route(.post, "/change", nil),
      route(.post, "/admin", .atLeast(.admin)), route(.get, "/own", nil, aware: true),
    ]
  }()

  func token(_ name: String, _ role: String, office: String? = nil) async throws -> HTTPFields {
    let limit = office.map { #", "office": "\#($0)""# } ?? ""
    let answer = try await ask(
      .post, "/api/v1/tokens", body: #"{"name": "\#(name)", "role": "\#(role)"\#(limit), "valid_hours": 24}"#,
      realm: .admin)
    let reply = try APICoding.decoder.decode(NewTokenReply.self, from: Data(answer.body.readableBytesView))
    return [.authorization: "Bearer \(reply.token)"]
  }

  func code(_ name: String) async throws -> String {
    let answer = try await ask(.post, "/api/v1/tokens/\(name)/sign-in", realm: .admin)
    let reply = try APICoding.decoder.decode(SignInLinkReply.self, from: Data(answer.body.readableBytesView))
    #expect(reply.url == "http://127.0.0.1:7380" + reply.path)
    return String(reply.path.dropFirst("/sign-in?code=".count))
  }

  /// The cookie of a browser that signs in.
  func cookie(_ name: String) async throws -> HTTPFields {
    let answer = try await ask(.post, "/sign-in", body: "code=\(try await code(name))")
    #expect(answer.status == .seeOther && answer.headers[.location] == "/sign-in")
    let cookie = try #require(answer.headers[.setCookie]?.split(separator: ";").first)
    return [.cookie: "other=1; \(cookie)"]
  }

  func refused(_ reason: String) -> UInt64? { access.refusals.counts.first { $0.reason == reason }?.count }
}

extension HTTPFields {
  static func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
    var all = left
    for field in right { all.append(field) }
    return all
  }
}
