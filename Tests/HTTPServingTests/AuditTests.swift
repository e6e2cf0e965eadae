import API
import Datasets
import Foundation
import GRDB
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import Replication
import RouterSupport
import Storage
import Testing
import Wire

@Suite struct AuditTrailTests {
  private static let nik = Value.text("7312044101900001")

  private func reason(_ text: String = "cek data") throws -> HTTPFields {
    [try #require(HTTPField.Name("Simpul-Reason")): text]
  }

  private func id(_ number: UInt64) -> RecordID { RecordID(high: 7, low: number) }

  /// A list of `count` people, each shown twice.
  private func list(_ count: UInt64, _ definition: DatasetDefinition) throws -> Route {
    let nik = try name("nik")
    return Fixture.echo { call in
      let rendering = call.rendering(definition)
      return (0..<count).flatMap { number in
        [0, 1].map { _ in "\(rendering.value(Self.nik, of: nik, in: id(number)))" }
      }.joined()
    }
  }

  private func acts(_ log: AuditLog) async throws -> [AuditAct] {
    try await log.entries(after: .none, through: .max, limit: 100).map(\.entry.act)
  }

  @Test func `a look is noted once for a request, with who, why and whose, and none without a reason`() async throws {
    let (log, _) = try Fixture.log()
    let people = try list(60, try Fixture.people())
    let masked = try await Fixture.ask([people], .get, "/echo", log: log)
    #expect(!masked.text.contains("7312044101900001"))
    #expect(try await acts(log).isEmpty)
    let shown = try await Fixture.ask([people], .get, "/echo", headers: reason("KTP 7312044101900001"), log: log)
    #expect(shown.text.contains("7312044101900001"))
    let act = try #require(try await acts(log).first)
    #expect(try await acts(log).count == 1)
    #expect(act.caller == "socket" && act.role == "admin" && act.action == "reveal" && act.subject == "people")
    #expect(act.count == 60)
    #expect(act.records == (0..<50).map(id))
    #expect(act.reason == "KTP ****************")
  }

  @Test func `a viewer sees nothing whatever the reason, and what holds no identifier is no look`() async throws {
    let (log, _) = try Fixture.log()
    let definition = try Fixture.people()
    let people = try list(2, definition)
    let nama = try name("nama")
    let names = Fixture.echo { "\($0.rendering(definition).value(.text("ANDI"), of: nama, in: id(1)))" }
    let door = try Door(routes: [people])
    for (role, isShown) in [("viewer", false), ("operator", true)] {
      let token = try await door.token(role, role)
      let answer = try await door.ask(.get, "/echo", token + (try reason()))
      #expect(answer.status == .ok && answer.text.contains("7312044101900001") == isShown, "\(role)")
    }
    #expect(try await acts(door.trail).filter { $0.action == "reveal" }.map(\.caller) == ["operator"])
    _ = try await Fixture.ask([names], .get, "/echo", headers: reason(), log: log)
    #expect(try await acts(log).isEmpty)
  }

  @Test func `a refusal that shows the present record is a look too`() async throws {
    let (log, _) = try Fixture.log()
    let definition = try Fixture.people()
    let nik = try name("nik")
    let route = Fixture.echo { call in
      let rendering = call.rendering(definition)
      let record = RecordReply(
        id: "\(id(1))", version: nil, fields: rendering.members([(nik, Self.nik)], of: id(1)))
      throw HTTPProblem(
        .preconditionFailed, "stale", BilingualText(id: "a", en: "b"), language: .english, present: record)
    }
    let response = try await Fixture.ask([route], .get, "/echo", headers: reason(), log: log)
    #expect(response.status == .preconditionFailed)
    #expect(try await acts(log).map(\.records) == [[id(1)]])
  }

  @Test func `nothing is shown and nothing done while the log cannot be written`() async throws {
    let (log, path) = try Fixture.log()
    let other = try StoreFile(path: path, applicationID: 7, migrations: [Fixture.table.schema])
    try await other.write { try $0.execute(sql: "DROP TABLE audit") }
    let people = try list(1, try Fixture.people())
    let refused = try await Fixture.ask([people], .get, "/echo", headers: reason(), log: log)
    #expect(refused.status == .serviceUnavailable)
    #expect(try refused.problem().error == "audit_unavailable")
    #expect(!refused.text.contains("7312044101900001"))
    #expect(try await Fixture.ask([people], .get, "/echo", log: log).status == .ok)
    let done = Done()
    let order = Fixture.echo("/echo", .post) { call in
      try await call.audited(.revoke, "kec-citta") { await done.set() }
      return "done"
    }
    #expect(try await Fixture.ask([order], .post, "/echo", headers: reason(), log: log).status == .serviceUnavailable)
    #expect(await !done.isSet)
  }

  @Test func `an order is noted before it is done, and what became of it where it was not`() async throws {
    let (log, _) = try Fixture.log()
    let order = Fixture.echo("/echo", .post) { call in
      try await call.audited(.revoke, "kec-citta", reason: "laptop hilang") {
        #expect(try await acts(log).map(\.action) == ["revoke"])
        if call.query("fail") != nil { throw HTTPProblem.unknownNode(call.language) }
      }
      return "done"
    }
    #expect(try await Fixture.ask([order], .post, "/echo", log: log).text == "done")
    #expect(try await acts(log).map(\.reason) == ["laptop hilang"])
    let (second, _) = try Fixture.log()
    let failing = Fixture.echo("/echo", .post) { call in
      try await call.audited(.revoke, "kec-citta") { throw HTTPProblem.unknownNode(call.language) }
      return "done"
    }
    #expect(try await Fixture.ask([failing], .post, "/echo", log: second).status == .notFound)
    #expect(try await acts(second).map(\.outcome) == [nil, "not done"])
  }

  @Test func `the log is listed newest first by pages, has a head and an export, for admins alone`() async throws {
    let (log, _) = try Fixture.log()
    for number in 1...5 {
      let action: AuditAction = number == 2 ? .merge : .reveal
      try await log.append(
        [AuditAct(caller: "budi", role: .operator, action, "s\(number)", count: 1, records: [id(1)], reason: nil)],
        at: Fixture.clock.advanced(byMilliseconds: Int64(number)))
    }
    let routes = try Fixture.trail(log).routes
    func page(_ query: String) async throws -> AuditReply {
      let response = try await Fixture.ask(routes, .get, "/api/v1/audit?\(query)", log: log)
      return try APICoding.decoder.decode(AuditReply.self, from: Data(response.body.readableBytesView))
    }
    let first = try await page("limit=2")
    #expect(first.audit.map(\.subject) == ["s5", "s4"])
    let rest = try await page("limit=3&cursor=\(try #require(first.next))")
    #expect(rest.audit.map(\.subject) == ["s3", "s2", "s1"])
    #expect(rest.next == nil)
    #expect(try await page("action=merge").audit.map(\.subject) == ["s2"])
    #expect(try await page("caller=andi").audit.isEmpty)
    let head = try await Fixture.ask(routes, .get, "/api/v1/audit/head", log: log)
    #expect(try head.json()["head"] == .string(try #require(first.audit.first?.head)))
    #expect(try head.json()["sequence"] == .integer(5))
    let export = try await Fixture.ask(routes, .get, "/api/v1/audit/export", log: log).text.split(separator: "\n")
    #expect(export.count == 5)
    #expect(export[0].contains(#""subject":"s1""#))
    for path in ["", "/head", "/export"] {
      let anybody = try await Fixture.ask(routes, .get, "/api/v1/audit\(path)", realm: .network, log: log)
      #expect(anybody.status == .unauthorized)
    }
  }

  @Test func `the head is said at the start and at the end`() async throws {
    let (log, _) = try Fixture.log()
    try await log.append([AuditAct(caller: "a", role: .admin, .backup, "backup")], at: Fixture.clock)
    let head = try await log.mark().head
    let lines = Lines()
    let logger = Logger(label: "test") { _ in LineHandler(lines: lines) }
    let anchor = AuditAnchor(try Fixture.trail(log), logger: logger)
    let task = Task { await anchor.run() }
    await waitUntil(within: .seconds(20)) { !lines.all.isEmpty }
    try await log.append([AuditAct(caller: "a", role: .admin, .backup, "backup")], at: Fixture.clock)
    task.cancel()
    await task.value
    let last = try await log.mark().head
    #expect(lines.all == ["audit log 1 \(head)", "audit log 2 \(last)"])
  }
}

private func waitUntil(within limit: Duration, _ condition: () -> Bool) async {
  let deadline = ContinuousClock.now + limit
  while !condition(), ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(5)) }
}

private actor Done {
  private(set) var isSet = false
  func set() { isSet = true }
}

/// Safe because every use of the texts holds the lock.
private final class Lines: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []

  var all: [String] { lock.withLock { texts } }
  func add(_ text: String) { lock.withLock { texts.append(text) } }
}

private struct LineHandler: LogHandler {
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = event.metadata ?? [:]
    lines.add("\(event.message) \(values["sequence"] ?? "-") \(values["head"] ?? "-")")
  }
}
