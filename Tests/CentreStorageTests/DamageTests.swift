import Datasets
import Foundation
import GRDB
import Replication
import Storage
import TestSupport
import Testing
import Wire

@testable import CentreStorage

extension TestStore {
  /// Does to the file what a failing disk would.
  func execute(_ sql: String, _ arguments: StatementArguments = []) throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: sql, arguments: arguments) }
  }

  func blob(_ sql: String) throws -> [UInt8] {
    let data = try DatabaseQueue(path: path).read { try Data.fetchOne($0, sql: sql) }
    return Array(try #require(data))
  }

  /// Flips bits of a row's blob.
  ///
  /// - Returns: the blob as it was.
  @discardableResult
  func flip(_ bits: [Int], of table: CheckedTable, column: String? = nil, row: Int64 = 1) throws -> [UInt8] {
    let column = column ?? table.body
    let whole = try blob("SELECT \(column) FROM \(table.name) WHERE \(table.key) = \(row)")
    var bytes = whole
    for bit in bits { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
    try execute("UPDATE \(table.name) SET \(column) = ? WHERE \(table.key) = ?", [Data(bytes), row])
    return whole
  }

  func row(of table: CheckedTable) throws -> Int64 {
    try #require(Int64(try sql("SELECT max(\(table.key)) FROM \(table.name)").first ?? ""))
  }

  /// What doctor would be told.
  func damage() async throws -> [DamageEntry] { try await store.damage(since: start) }
}

/// Bits that flip in what the centre's store holds.
struct DamageTests {
  /// A row in each table whose rows carry checksums.
  private func filled() async throws -> (test: TestStore, dukcapil: Office, bkpsdm: Office) {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var bkpsdm = try await test.office("bkpsdm")
    let refused = try edit(id(2), [("nama", .integer(4))], traits: .creation)
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1)), refused]))
    try await test.apply(bkpsdm, try bkpsdm.batch(attendance, try (0..<5).map { try punch(second: $0) }))
    return (test, dukcapil, bkpsdm)
  }

  @Test(arguments: CheckedTable.allCases)
  func `any one bit that flips in a blob is found by the scrub and turned back`(_ table: CheckedTable) async throws {
    let (test, _, _) = try await filled()
    let row = try test.row(of: table)
    let bits = try test.blob("SELECT \(table.body) FROM \(table.name) WHERE \(table.key) = \(row)").count * 8
    #expect(try await test.store.scrub(now: start).mended == 0)
    for bit in stride(from: 0, to: bits, by: max(1, bits / 40)) + [bits - 1] {
      let whole = try test.flip([bit], of: table, row: row)
      let step = try await test.store.scrub(now: start)
      #expect(step.mended == 1 && step.lost == 0, "bit \(bit)")
      let after = try test.blob("SELECT \(table.body) FROM \(table.name) WHERE \(table.key) = \(row)")
      #expect(after == whole, "bit \(bit)")
    }
    #expect(try await test.store.scrub(now: start).mended == 0)
    let damage = try await test.damage()
    #expect(damage.count == 1 && damage.first?.kind.rawValue == table.rawValue && damage.first?.mended == start)
  }

  @Test(arguments: [
    ("scope", "'73.12.08.1001'"), ("hidden", "1"), ("moved", "1"), ("conflicts", "4"), ("position", "position + 64"),
  ])
  func `what stands beside a record's state is checked with it`(_ column: String, _ value: String) async throws {
    let (test, _, _) = try await filled()
    let before = try test.sql("SELECT scope, hidden, moved, conflicts, state FROM record")
    try test.execute("UPDATE record SET \(column) = \(value)")
    #expect(try await test.store.scrub(now: start).mended == 1)
    #expect(try test.sql("SELECT scope, hidden, moved, conflicts, state FROM record") == before)
    #expect(try test.sql("SELECT nama FROM population") == ["ANDI"])
    #expect(try await test.store.scrub(now: start).mended == 0)
  }

  @Test(arguments: CheckedTable.allCases)
  func `a bit that flips in a checksum itself is turned back`(_ table: CheckedTable) async throws {
    let (test, _, _) = try await filled()
    let row = try test.row(of: table)
    let query = "SELECT checksum FROM \(table.name) WHERE \(table.key) = \(row)"
    let checksum = try #require(try test.sql(query).first.flatMap { Int64($0) })
    try test.execute(
      "UPDATE \(table.name) SET checksum = ? WHERE \(table.key) = ?", [checksum ^ (1 << 40), row])
    #expect(try await test.store.scrub(now: start).mended == 1)
    // A record goes out anew: its position is another one.
    if table != .record { #expect(try test.sql(query) == ["\(checksum)"]) }
    #expect(try await test.store.scrub(now: start).mended == 0)
  }

  @Test func `no feed carries a damaged record: it comes whole once it was made anew, and the others go on`()
    async throws
  {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let lalabata = try await test.office("kec-lalabata")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1)), try person(id(2), "BUDI")]))
    let state = try #require(try await test.store.record(population, id(1))).state
    // Two bits: still a state, of somebody else.
    let blob = try test.blob("SELECT state FROM record WHERE row = 1")
    let place = try #require(blob.indices.first { Array(blob[$0...].prefix(4)) == Array("ANDI".utf8) })
    try test.flip([place * 8, place * 8 + 9], of: .record)
    await #expect(throws: StoreError.self) { try await test.store.record(population, id(1)) }
    await #expect(throws: StoreError.self) { try await test.store.digest(population) }
    #expect(try await test.store.records(population, limit: 9).elements.map(\.id) == [id(2)])
    var copy = FeedCopy()
    try await copy.catchUp(test, lalabata.node)
    #expect(copy.states.keys.sorted() == [id(2)])
    let step = try await test.store.mendDamage(now: start)
    let end = try await test.store.feedEnd()
    #expect(step.mended == 1 && step.position == end)
    try await copy.catchUp(test, lalabata.node)
    #expect(copy.states[id(1)] == state && copy.states.count == 2)
    #expect(try await test.store.record(population, id(1))?.state == state)
    #expect(try test.sql("SELECT nama FROM population ORDER BY nama") == ["ANDI", "BUDI"])
  }

  @Test func `a typed row that does not show what its record says is written anew`() async throws {
    let (test, _, _) = try await filled()
    try test.execute("UPDATE population SET nama = 'BNDI'")
    #expect(try await test.store.scrub(now: start).mended == 1)
    #expect(try test.sql("SELECT nama FROM population") == ["ANDI"])
    try test.execute("DELETE FROM population")
    #expect(try await test.store.scrub(now: start).mended == 1)
    #expect(try test.sql("SELECT nama FROM population") == ["ANDI"])
    #expect(try await test.store.scrub(now: start).mended == 0)
    #expect(try await test.damage().map(\.kind) == [.record])
  }

  @Test func `a flipped scope takes a record to nobody it is not for`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let (lalabata, citta) = (try await test.office("kec-lalabata"), try await test.office("kec-citta"))
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    try test.execute("UPDATE record SET scope = '73.12.08.1001'")
    var copies = [FeedCopy(), FeedCopy()]
    try await copies[0].catchUp(test, lalabata.node)
    try await copies[1].catchUp(test, citta.node)
    #expect(copies.allSatisfy { $0.states.isEmpty })
    #expect(try await test.store.mendDamage(now: start).mended == 1)
    try await copies[0].catchUp(test, lalabata.node)
    try await copies[1].catchUp(test, citta.node)
    #expect(copies.map(\.states.count) == [1, 0])
  }

  @Test func `an edit of a damaged record meets it as it was`() async throws {
    let (test, first, _) = try await filled()
    var dukcapil = first
    try test.flip([77, 90], of: .record)
    let edited = try edit(
      id(1), [("alamat", .text("JL. B"))], saw: ["alamat": Context(dukcapil.dot(1))], affirms: nil)
    #expect(try await test.apply(dukcapil, try dukcapil.batch(population, [edited])).counts.applied == 1)
    #expect(try test.sql("SELECT nama, alamat FROM population") == ["ANDI|JL. B"])
    #expect(try await test.store.scrub(now: start).mended == 0)
  }

  @Test func `a record that cannot be made anew is sent to nobody, and holds up no stream`() async throws {
    let (test, first, _) = try await filled()
    var dukcapil = first
    try test.flip([77, 90], of: .record)
    let whole = try test.flip([40, 51], of: .change)
    let edited = try edit(
      id(1), [("alamat", .text("JL. B"))], saw: ["alamat": Context(dukcapil.dot(1))], affirms: nil)
    let (ack, counts) = try await test.apply(
      dukcapil, try dukcapil.batch(population, [edited, try person(id(3), "CITRA")]))
    #expect(ack.quarantined.map(\.code) == ["damaged_record"] && counts.applied == 1)
    var copy = FeedCopy()
    try await copy.catchUp(test, dukcapil.node)
    #expect(copy.states.keys.sorted() == [id(3)])
    let step = try await test.store.scrub(now: start)
    // The change was met by the edit.
    #expect(step.mended == 0 && step.lost == 1, "\(step)")
    #expect(try await test.damage().map(\.kind) == [.change, .record])
    // Known: it is not said again.
    #expect(try await test.store.scrub(now: start).lost == 0)
    // The disk thinks better of it, say.
    try test.execute("UPDATE change SET entry = ? WHERE rowid = 1", [Data(whole)])
    #expect(try await test.store.scrub(now: start).mended == 1)
    #expect(try test.sql("SELECT nama, alamat FROM population ORDER BY nama") == ["ANDI|JL. B", "CITRA|"])
    #expect(try test.sql("SELECT state FROM quarantine WHERE code = 'damaged_record'") == ["requeued"])
    #expect(try await test.damage().allSatisfy { $0.mended != nil })
  }

  @Test func `a damaged change is left out of the history, named, and no right comes of it`() async throws {
    let (test, first, _) = try await filled()
    try test.flip([40, 51], of: .change)
    #expect(try await test.store.history(population, id(1)).isEmpty)
    // What is made of it is whole all the same.
    #expect(try await test.store.record(population, id(1)) != nil)
    let step = try await test.store.mendDamage(now: start)
    #expect(step.lost == 1)
    let damage = try #require(try await test.damage().first)
    #expect(damage.kind == .change && damage.node == first.node && damage.sequence == place(1))
    #expect(damage.dataset == population && damage.mended == nil)
  }

  @Test func `a damaged run of events goes to nobody, and the runs around it do`() async throws {
    let test = try await TestStore.ready()
    var lalabata = try await test.office("kec-lalabata")
    let bkpsdm = try await test.office("bkpsdm")
    for second in 0..<3 as Range<Int64> {
      try await test.apply(lalabata, try lalabata.batch(attendance, [try punch(second: second)]))
    }
    let second = try #require(
      try test.sql("SELECT position FROM occurrence_batch WHERE first = 2").first.flatMap { Int64($0) })
    try test.flip([50, 61], of: .batch, row: second)
    var copy = FeedCopy()
    try await copy.catchUp(test, bkpsdm.node)
    #expect(copy.runs.map(\.first) == [place(1), place(3)])
    #expect(try await test.store.mendDamage(now: start).lost == 1)
    let damage = try #require(try await test.damage().first)
    #expect(damage.kind == .batch && damage.node == lalabata.node && damage.sequence == place(2))
    // An event of it that goes out of sight changes the list of what readers skip, and makes the run no sounder.
    try await test.apply(lalabata, try lalabata.batch(attendance, [try punch(second: 1, verify: .integer(9), at: -5)]))
    #expect(try test.sql("SELECT count(*) FROM attendance_variant") == ["1"])
    try await copy.catchUp(test, bkpsdm.node)
    #expect(copy.runs.map(\.first) == [place(1), place(3), place(4)])
    #expect(try await test.store.scrub(now: start) == DamageStep(looked: 4))
  }

  @Test func `a list of what readers skip is checked, also after it has changed`() async throws {
    let test = try await TestStore.ready()
    var lalabata = try await test.office("kec-lalabata")
    let bkpsdm = try await test.office("bkpsdm")
    try await test.apply(lalabata, try lalabata.batch(attendance, [try punch(), try punch(second: 1)]))
    try await test.apply(lalabata, try lalabata.batch(attendance, [try punch(verify: .integer(9), at: -5)]))
    #expect(try await test.store.scrub(now: start).lost == 0)
    try test.execute("UPDATE occurrence_batch SET skipped = x'0102' WHERE first = 1")
    var copy = FeedCopy()
    try await copy.catchUp(test, bkpsdm.node)
    #expect(copy.runs.map(\.first) == [place(3)])
  }

  @Test func `a damaged entry in quarantine is shown as that, judged by nobody, and can be given up`() async throws {
    let (test, first, _) = try await filled()
    try test.flip([60, 71], of: .quarantine)
    let entry = try #require(try await test.store.quarantined(1))
    #expect(entry.entry == nil && entry.reason.english.contains("checksum"))
    await #expect(throws: StoreError.self) { try await test.store.requeue(1, now: start) }
    try await test.store.requeueHeld(dataset: population, code: .schema, now: start)
    #expect(try test.sql("SELECT state FROM quarantine") == ["held"])
    _ = try await test.store.mendDamage(now: start)
    #expect(try await test.damage().map(\.mended) == [nil])
    try await test.store.discard(1, reason: "disk", now: start)
    #expect(try await test.damage().map(\.mended) == [start])
    #expect(try await test.store.scrub(now: start).lost == 0)
    #expect(try test.sql("SELECT node, outcome FROM verdict") == ["\(first.node)|2"])
  }

  @Test func `the scrub goes on where it was, also after a restart, and begins anew at the end`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    for number in 1...3 as ClosedRange<UInt64> {
      try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(number))]))
    }
    try test.flip([3], of: .change, row: 3)
    #expect(try await test.store.scrub(rowsMax: 1, now: start) == DamageStep(looked: 2))
    try await test.reopen()
    #expect(try await test.store.scrub(rowsMax: 1, now: start).mended == 0)
    #expect(try await test.store.scrub(rowsMax: 1, now: start).mended == 1)
    #expect(try await test.store.scrub(rowsMax: 1, now: start).looked == 0)
    #expect(try await test.store.scrub(rowsMax: 1, now: start).looked == 2)
  }

  @Test func `a backup says what is damaged in it`() async throws {
    let (test, _, _) = try await filled()
    let path = test.directory.appendingPathComponent("backup.sqlite").path
    #expect(try await test.store.makeBackup(at: path, secrets: [:], now: start).damaged == 0)
    try test.flip([40, 51], of: .change)
    try test.flip([50], of: .batch, row: try test.row(of: .batch))
    let other = test.directory.appendingPathComponent("other.sqlite").path
    #expect(try await test.store.makeBackup(at: other, secrets: [:], now: start).damaged == 2)
    #expect(try BackupFile.read(other).facts.damaged == 2)
    #expect(try BackupFile.read(path).facts.damaged == 0)
  }

  @Test func `a place of a bit is found in blobs of every length`() {
    var random = SeededRandom(seed: 7)
    for count in 0...67 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let locator = bytes.withUnsafeBytes { BitLocator.of($0) }
      for bit in 0..<count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(BitLocator.corrected(flipped, locator: locator) == bytes)
      }
    }
  }
}
