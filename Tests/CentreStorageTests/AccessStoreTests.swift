import Datasets
import Foundation
import GRDB
import Replication
import Storage
import Testing

@testable import CentreStorage

/// Tokens and sessions on a real file, in the tables of either store.
@Suite struct AccessStoreTests {
  /// The tables alone, in a file of their own.
  private final class Place {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("access-\(UUID().uuidString)").path
    private let tables: AccessTables
    private(set) var file: StoreFile
    private(set) var store: AccessStore

    init(_ tables: AccessTables = .centre) throws {
      self.tables = tables
      file = try StoreFile(path: path, applicationID: 7, migrations: [tables.schema])
      store = try AccessStore(file, tables: tables)
    }

    deinit {
      try? file.pool.close()
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    /// As after a restart.
    func reopen() throws {
      try file.pool.close()
      file = try StoreFile(path: path, applicationID: 7, migrations: [tables.schema])
      store = try AccessStore(file, tables: tables)
    }

    func create(_ name: String, _ role: Role = .viewer, hours: Int64 = 1) async throws -> AccessToken {
      try await store.create(
        NewToken(name: try token(name), role: role, expires: later(hours: hours)), secret: SecretHash(of: name),
        now: start)
    }

    /// Signs a browser in whose secret is `text`.
    func signIn(_ name: String, _ text: String, at now: Timestamp = start) async throws {
      _ = try store.openLink(for: try token(name), secret: SecretHash(of: "link"), now: now)
      _ = try await store.signIn(SecretHash(of: "link"), session: SecretHash(of: text), now: now)
    }

    func count(_ table: String) async throws -> Int {
      try await file.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
    }
  }

  private static func token(_ text: String) throws -> TokenName { try #require(TokenName(text)) }
  private static func later(hours: Int64) -> Timestamp { start.advanced(byMilliseconds: hours * 3_600_000) }
  private static let minute: Int64 = 60_000

  @Test(arguments: [true, false])
  func `tokens and sessions outlive a restart, and the secrets are nowhere in the file`(isNode: Bool) async throws {
    let place = try Place(isNode ? .node : .centre)
    let secret = AccessSecret(.token, random: (0..<32).map { UInt8($0) })
    let made = try await place.store.create(
      NewToken(name: try Self.token("budi"), role: .operator, office: try Fleet.node("kec-citta"), expires: later()),
      secret: secret.hash, now: start)
    try await place.signIn("budi", "browser")
    try place.reopen()
    #expect(place.store.find(secret.hash, now: start) == .living(made.used(at: start)))
    #expect(place.store.session(SecretHash(of: "browser"), now: start)?.token.id == made.id)
    #expect(place.store.find(SecretHash(of: "another"), now: start) == .unknown)
    try place.file.pool.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: place.path))
    bytes += (try? Data(contentsOf: URL(fileURLWithPath: place.path + "-wal"))) ?? Data()
    #expect(bytes.range(of: Data(secret.text.utf8)) == nil && bytes.range(of: Data("browser".utf8)) == nil)
    #expect(bytes.range(of: Data(secret.hash.bytes)) != nil)
    try place.reopen()
  }

  private func later(hours: Int64 = 1) -> Timestamp { Self.later(hours: hours) }

  @Test func `a token ends at its time, and its name is free then`() async throws {
    let place = try Place()
    let token = try await place.create("budi")
    let secret = SecretHash(of: "budi")
    let before = later().advanced(byMilliseconds: -1)
    #expect(place.store.find(secret, now: before) == .living(token.used(at: before)))
    guard case .expired = place.store.find(secret, now: later()) else {
      Issue.record("it goes on")
      return
    }
    await #expect(throws: AccessRefusal.nameTaken) { try await place.create("budi") }
    let next = try await place.store.create(
      NewToken(name: token.name, role: .admin, expires: later(hours: 9)), secret: SecretHash(of: "next"), now: later())
    #expect(next.id != token.id)
    #expect(place.store.tokens(now: later()).map(\.token.id) == [next.id, token.id])
  }

  @Test func `revoking ends a token, its sessions and its open links at once, and for good`() async throws {
    let place = try Place()
    _ = try await place.create("budi")
    _ = try await place.create("ani")
    try await place.signIn("budi", "budi's")
    try await place.signIn("ani", "ani's")
    _ = try place.store.openLink(for: try Self.token("budi"), secret: SecretHash(of: "open"), now: start)
    let revoked = try await place.store.revoke(try Self.token("budi"), now: start)
    for _ in 0..<2 {
      guard case .revoked(let token) = place.store.find(SecretHash(of: "budi"), now: start) else {
        Issue.record("it goes on")
        return
      }
      #expect(token.revoked == start)
      #expect(!place.store.stands(revoked.id, session: nil, now: start))
      #expect(place.store.session(SecretHash(of: "budi's"), now: start) == nil)
      #expect(place.store.session(SecretHash(of: "ani's"), now: start) != nil)
      await #expect(throws: AccessRefusal.unknownLink) {
        try await place.store.signIn(SecretHash(of: "open"), session: SecretHash(of: "late"), now: start)
      }
      await #expect(throws: AccessRefusal.unknownToken) {
        try await place.store.revoke(try Self.token("budi"), now: start)
      }
      try place.reopen()
    }
    #expect(try await place.count("access_session") == 1)
  }

  @Test func `a link is good once and for 15 minutes`() async throws {
    let place = try Place()
    let token = try await place.create("budi", hours: 100)
    let link = SecretHash(of: "link")
    let opened = try place.store.openLink(for: token.name, secret: link, now: start)
    #expect(opened.expires == start.advanced(byMilliseconds: 15 * Self.minute))
    let (_, session) = try await place.store.signIn(link, session: SecretHash(of: "one"), now: start)
    #expect(session.ends == start.advanced(byMilliseconds: 12 * 60 * Self.minute))
    await #expect(throws: AccessRefusal.unknownLink) {
      try await place.store.signIn(link, session: SecretHash(of: "two"), now: start)
    }
    #expect(place.store.session(SecretHash(of: "two"), now: start) == nil)
    let late = start.advanced(byMilliseconds: 15 * Self.minute)
    _ = try place.store.openLink(for: token.name, secret: link, now: start)
    await #expect(throws: AccessRefusal.unknownLink) {
      try await place.store.signIn(link, session: SecretHash(of: "two"), now: late)
    }
    #expect(throws: AccessRefusal.unknownToken) {
      try place.store.openLink(for: try Self.token("nobody"), secret: link, now: start)
    }
  }

  @Test func `of two who use one link at once, one comes in`() async throws {
    let place = try Place()
    let token = try await place.create("budi")
    for round in 0..<20 {
      let link = SecretHash(of: "link \(round)")
      _ = try place.store.openLink(for: token.name, secret: link, now: start)
      let store = place.store
      let taken = await withTaskGroup(of: Bool.self) { group in
        for guest in 0..<4 {
          group.addTask {
            (try? await store.signIn(link, session: SecretHash(of: "\(round) \(guest)"), now: start)) != nil
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(taken == 1)
    }
    #expect(place.store.tokens(now: start).first?.sessions == 20)
  }

  @Test func `a session ends after 12 hours, by signing out, and with its token`() async throws {
    let place = try Place()
    let token = try await place.create("budi", hours: 13)
    try await place.signIn("budi", "one")
    try await place.signIn("budi", "two")
    try await place.store.signOut(SecretHash(of: "one"))
    try await place.store.signOut(SecretHash(of: "one"))
    #expect(place.store.session(SecretHash(of: "one"), now: start) == nil)
    #expect(!place.store.stands(token.id, session: SecretHash(of: "one"), now: start))
    let end = later(hours: 12)
    #expect(place.store.session(SecretHash(of: "two"), now: end.advanced(byMilliseconds: -1)) != nil)
    #expect(place.store.session(SecretHash(of: "two"), now: end) == nil)
    try await place.signIn("budi", "three", at: later(hours: 11))
    #expect(place.store.session(SecretHash(of: "three"), now: later(hours: 13)) == nil)
    try await place.store.sweep(now: later(hours: 13))
    #expect(try await place.count("access_session") == 0)
  }

  @Test func `a use costs no write, and reaches the disk at most once an hour`() async throws {
    let place = try Place()
    let token = try await place.create("budi", hours: 100)
    func stored() async throws -> Int64? {
      try await place.file.pool.read { try Int64.fetchOne($0, sql: "SELECT used_ms FROM access_token") }
    }
    func changes() async throws -> Int {
      try await place.file.pool.writeWithoutTransaction { $0.totalChangesCount }
    }
    let before = try await changes()
    for _ in 0..<100 { _ = place.store.find(SecretHash(of: "budi"), now: start) }
    #expect(try await changes() == before)
    #expect(place.store.tokens(now: start).first?.token.lastUsed == start)
    try await place.store.sweep(now: start)
    #expect(try await stored() == start.milliseconds)
    let soon = start.advanced(byMilliseconds: 59 * Self.minute)
    _ = place.store.find(SecretHash(of: "budi"), now: soon)
    let written = try await changes()
    try await place.store.sweep(now: soon)
    #expect(try await changes() == written)
    _ = place.store.find(SecretHash(of: "budi"), now: later())
    try await place.store.sweep(now: later())
    #expect(try await stored() == later().milliseconds)
    try place.reopen()
    #expect(place.store.tokens(now: start).map(\.token) == [token.used(at: later())])
  }

  @Test func `so many tokens may live, and as many are remembered`() async throws {
    let place = try Place()
    for number in 0..<AccessStore.tokensMax { _ = try await place.create("t\(number)") }
    await #expect(throws: AccessRefusal.tooMany) { try await place.create("more") }
    _ = try await place.store.revoke(try Self.token("t7"), now: start)
    _ = try await place.create("more")
    // All have expired: they are remembered, until too many are.
    for number in 0..<5 {
      _ = try await place.store.create(
        NewToken(name: try Self.token("n\(number)"), role: .viewer, expires: later(hours: 9)),
        secret: SecretHash(of: "n\(number)"), now: later(hours: 2))
    }
    #expect(place.store.tokens(now: later(hours: 2)).count == AccessStore.tokensMax + 5)
    #expect(try await place.count("access_token") == AccessStore.tokensMax + 5)
    #expect(place.store.find(SecretHash(of: "t7"), now: later(hours: 2)) == .unknown)
  }

  @Test func `beyond the most sessions, the one that would end next ends`() async throws {
    let place = try Place()
    _ = try await place.create("budi", hours: 1000)
    try await place.file.pool.write { database in
      for number in 0..<AccessStore.sessionsMax {
        try database.execute(
          sql: "INSERT INTO access_session VALUES (?, 1, 0, ?)",
          arguments: [Data(SecretHash(of: "s\(number)").bytes), later().milliseconds + Int64(number)])
      }
    }
    try place.reopen()
    try await place.signIn("budi", "new")
    #expect(place.store.session(SecretHash(of: "s0"), now: start) == nil)
    #expect(place.store.session(SecretHash(of: "s1"), now: start) != nil)
    #expect(place.store.session(SecretHash(of: "new"), now: start) != nil)
    #expect(try await place.count("access_session") == AccessStore.sessionsMax)
  }

  @Test func `beyond the most links, the one that would expire next does not work any more`() async throws {
    let place = try Place()
    let token = try await place.create("budi")
    for number in 0...AccessStore.linksMax {
      _ = try place.store.openLink(
        for: token.name, secret: SecretHash(of: "l\(number)"), now: start.advanced(byMilliseconds: Int64(number)))
    }
    let now = start.advanced(byMilliseconds: 2_000)
    await #expect(throws: AccessRefusal.unknownLink) {
      try await place.store.signIn(SecretHash(of: "l0"), session: SecretHash(of: "a"), now: now)
    }
    _ = try await place.store.signIn(SecretHash(of: "l1"), session: SecretHash(of: "b"), now: now)
  }

  @Test(arguments: [
    ("budi", true), ("a.b_c-9", true), (String(repeating: "x", count: 64), true), ("", false), ("Budi", false),
    ("a b", false), ("bu/di", false), (String(repeating: "x", count: 65), false), ("é", false),
  ])
  func `a name is short and plain`(text: String, isName: Bool) {
    #expect((TokenName(text) != nil) == isName)
  }

  @Test func `secrets of one kind are none of another`() {
    let secret = AccessSecret(.link, random: [UInt8](repeating: 255, count: 32))
    #expect(AccessSecret.isWellFormed(secret.text, .link))
    #expect(!AccessSecret.isWellFormed(secret.text, .session))
    #expect(!AccessSecret.isWellFormed(secret.text + "A", .link) && !AccessSecret.isWellFormed("spl_\"<b>", .link))
  }

  @Test func `a restored backup has its tokens and nobody signed in`() async throws {
    let test = try await TestStore.ready()
    let token = try await test.store.access.create(
      NewToken(name: try Self.token("budi"), role: .admin, expires: later()), secret: SecretHash(of: "budi"),
      now: start)
    _ = try test.store.access.openLink(for: token.name, secret: SecretHash(of: "l"), now: start)
    _ = try await test.store.access.signIn(SecretHash(of: "l"), session: SecretHash(of: "s"), now: start)
    let path = test.directory.appendingPathComponent("backup.sqlite").path
    _ = try await test.store.makeBackup(at: path, secrets: [:], now: start)
    try BackupFile.prepare(
      path, noting: AuditAct(caller: "root", role: .admin, .restoreBackup, "backup.sqlite"), now: start)
    let restored = try CentreStore.open(path: path, fleetKeySecret: [], random: 3, now: start)
    defer { try? restored.close() }
    #expect(restored.access.find(SecretHash(of: "budi"), now: start) == .living(token.used(at: start)))
    #expect(restored.access.session(SecretHash(of: "s"), now: start) == nil)
  }
}

extension AccessToken {
  fileprivate func used(at time: Timestamp) -> AccessToken {
    var token = self
    token.lastUsed = time
    return token
  }
}
