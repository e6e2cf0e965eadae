import Datasets
import Foundation
import GRDB
import Replication
import Storage
import Testing
import Wire

/// The audit log in a real file, and what somebody with another SQLite tool can do to it.
@Suite struct AuditLogTests {
  private static let table = AuditTable("audit")
  private static let time = Timestamp(milliseconds: 1_795_000_000_000)

  private func path() -> String { NSTemporaryDirectory() + "audit-log-\(UUID().uuidString).sqlite" }

  private func open(_ path: String) throws -> StoreFile {
    try StoreFile(path: path, applicationID: 7, migrations: [Self.table.schema])
  }

  private func act(_ subject: String) -> AuditAct {
    AuditAct(
      caller: "socket", role: .admin, .reveal, subject, count: 2,
      records: [RecordID(high: 1, low: 2), RecordID(high: 3, low: 4)], reason: "cek")
  }

  /// Writes six entries, closes the file, does `sql` to it, and verifies what is there then.
  private func finding(after sql: String, noted: Bool = false) async throws -> (
    found: AuditVerification.Finding?, lacksNoted: Bool
  ) {
    let path = path()
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let file = try open(path)
    let log = AuditLog(file, Self.table)
    for number in 1...3 { try await log.append([act("a\(number)"), act("b\(number)")], at: Self.time) }
    let head = try await log.mark().head
    try file.close()
    try await DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    let again = try open(path)
    let entries = try await AuditLog(again, Self.table).entries(after: .none, through: .max, limit: 100)
    try again.close()
    var verification = AuditVerification(noted: noted ? head : nil)
    do throws(AuditVerification.Finding) {
      for entry in entries { try verification.check(entry) }
      return (nil, verification.lacksNoted)
    } catch {
      return (error, verification.lacksNoted)
    }
  }

  private func place(_ value: UInt64) throws -> Datasets.Sequence {
    // Outside of the macro, to which a module's name is a value.
    let sequence = Datasets.Sequence(value)
    return try #require(sequence)
  }

  @Test func `what was appended is there after a reopening, in order and chained`() async throws {
    let whole = try await finding(after: "SELECT 1", noted: true)
    #expect(whole.found == nil)
    #expect(!whole.lacksNoted)
  }

  @Test(arguments: [
    "UPDATE audit SET caller = 'x' WHERE sequence = 4", "UPDATE audit SET role = 'viewer' WHERE sequence = 4",
    "UPDATE audit SET office = 'setda' WHERE sequence = 4", "UPDATE audit SET action = 'edit' WHERE sequence = 4",
    "UPDATE audit SET subject = '' WHERE sequence = 4", "UPDATE audit SET count = 1 WHERE sequence = 4",
    "UPDATE audit SET count = NULL WHERE sequence = 4", "UPDATE audit SET records = x'' WHERE sequence = 4",
    "UPDATE audit SET records = records || x'00' WHERE sequence = 4",
    "UPDATE audit SET reason = 'lain' WHERE sequence = 4", "UPDATE audit SET outcome = 'x' WHERE sequence = 4",
    "UPDATE audit SET at_ms = at_ms + 1 WHERE sequence = 4", "UPDATE audit SET head = x'00' WHERE sequence = 4",
  ])
  func `an entry that was changed in the file is named`(sql: String) async throws {
    #expect(try await finding(after: sql).found == .altered(try place(4)))
  }

  @Test func `entries that were taken out or changed places are named`() async throws {
    let missing = try await finding(after: "DELETE FROM audit WHERE sequence = 2")
    #expect(missing.found == .misplaced(expected: try place(2), found: try place(3)))
    let swapped = try await finding(
      after: """
        UPDATE audit SET sequence = 100 WHERE sequence = 2; UPDATE audit SET sequence = 2 WHERE sequence = 3;
        UPDATE audit SET sequence = 3 WHERE sequence = 100
        """)
    #expect(swapped.found == .altered(try place(2)))
  }

  @Test func `an end that was cut off is found by the head that was noted, and by nothing else`() async throws {
    let cut = try await finding(after: "DELETE FROM audit WHERE sequence > 4", noted: true)
    #expect(cut.found == nil)
    #expect(cut.lacksNoted)
  }

  @Test func `many at once share one chain`() async throws {
    let path = path()
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let file = try open(path)
    let log = AuditLog(file, Self.table)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 { group.addTask { _ = try await log.append([act("s\(number)")], at: Self.time) } }
      try await group.waitForAll()
    }
    var verification = AuditVerification()
    for entry in try await log.entries(after: .none, through: .max, limit: 100) { try verification.check(entry) }
    #expect(verification.mark == (try await log.mark()))
    #expect(verification.mark.sequence == (try place(20)))
    #expect(try await log.newest(before: nil, limit: 3).entries.map(\.entry.sequence.value) == [20, 19, 18])
    let end = try await log.newest(before: try place(3), limit: 9)
    #expect(end.entries.map(\.entry.sequence.value) == [2, 1] && end.next == nil)
    let edits = try await log.newest(before: nil, action: "edit", limit: 9)
    #expect(edits.entries.isEmpty && edits.next == nil)
    #expect(try await log.newest(before: nil, action: "reveal", caller: "socket", limit: 9).entries.count == 9)
    try file.close()
  }

  @Test func `a page looks at so many entries and no more, and says where to go on`() async throws {
    let path = path()
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let file = try open(path)
    let log = AuditLog(file, Self.table)
    for number in 1...25 {
      let action: AuditAction = number == 3 || number == 24 ? .merge : .reveal
      try await log.append(
        [AuditAct(caller: "budi", role: .admin, action, "s\(number)", count: nil, records: [], reason: nil)],
        at: Self.time)
    }
    var before: Datasets.Sequence?
    var pages: [[UInt64]] = []
    repeat {
      let page = try await log.newest(before: before, action: "merge", limit: 5, lookedAtMax: 10)
      pages.append(page.entries.map(\.entry.sequence.value))
      before = page.next
    } while before != nil
    #expect(pages == [[24], [], [3]])
    // What was asked for is there: the next page goes on behind it.
    let full = try await log.newest(before: nil, action: "merge", limit: 1, lookedAtMax: 10)
    #expect(full.entries.count == 1 && full.next?.value == 24)
    try file.close()
  }

  @Test func `a log that is empty has no pages`() async throws {
    let path = path()
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let file = try open(path)
    let page = try await AuditLog(file, Self.table).newest(before: nil, limit: 5)
    #expect(page.entries.isEmpty && page.next == nil)
    try file.close()
  }

  @Test func `a log that cannot be written says so`() async throws {
    let path = path()
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let file = try open(path)
    try await file.write { try $0.execute(sql: "DROP TABLE audit") }
    await #expect(throws: StoreError.self) {
      try await AuditLog(file, Self.table).append([act("a")], at: Self.time)
    }
    try file.close()
  }
}
