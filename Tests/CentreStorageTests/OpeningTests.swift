import Compression
import Datasets
import Foundation
import GRDB
import Replication
import Settings
import Storage
import TestSupport
import Testing
import Wire

@testable import CentreStorage

struct OpeningTests {
  @Test func `no dataset can be called as a table of the store`() async throws {
    let test = try await TestStore.ready([])
    let tables = try test.sql(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'"
    )
    #expect(tables.count > 20 && Set(tables).subtracting(ReservedNames.datasets).isEmpty)
  }

  @Test func `every opening begins a new epoch above the one before`() async throws {
    let test = try await TestStore.ready()
    let first = test.store.epoch
    try await test.reopen()
    #expect(first.generation == 1)
    #expect(test.store.epoch == Incarnation(generation: 2, random: 2))
    #expect(try test.sql("SELECT generation, start FROM epoch ORDER BY id") == ["1|0", "2|0"])
  }

  @Test func `the first fleet key stays for ever`() async throws {
    let test = try await TestStore.ready()
    try await test.reopen()
    let keys = try test.sql("SELECT version, hex(secret) FROM fleet_key")
    #expect(keys == ["1|" + String(repeating: "09", count: 32)])
  }

  @Test func `a fleet key of the wrong length is refused`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: StoreError.self) {
      try CentreStore.open(path: path, fleetKeySecret: [1], random: 1, now: start)
    }
  }

  @Test func `what was acknowledged is there after a kill`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    // A kill is the files as they are: database and write-ahead log, nothing closed.
    let copy = test.directory.appendingPathComponent("killed.sqlite").path
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: test.path + suffix, toPath: copy + suffix)
    }
    let killed = try CentreStore.open(path: copy, fleetKeySecret: [], random: 3, now: start)
    defer { try? killed.close() }
    try await killed.install(
      definitions: try Fleet.definitions(), texts: [], profiles: try Fleet.profiles(), profileTexts: [:],
      now: start)
    #expect(try await killed.record(population, id(1))?.shown[try name("nama")] == .text("ANDI"))
    let again = try await killed.admit(node: office.node, hello: office.hello(), now: start)
    guard case .welcomed(let welcome, _) = again.decision else { throw TestFailure("\(again)") }
    #expect(welcome.positions.map(\.applied) == [office.chain(population).mark])
  }

  @Test func `what a write returned from has reached the disk`() async throws {
    let test = try await TestStore.ready()
    let pragmas = try await test.store.file.pool.writeWithoutTransaction { database in
      ["journal_mode", "synchronous"].map { try? String.fetchOne(database, sql: "PRAGMA \($0)") }
    }
    #expect(pragmas == ["wal", "2"])
  }

  @Test func `check writes and a closed store says so`() async throws {
    let test = try await TestStore.ready()
    try await test.store.check(now: start)
    #expect(try test.sql("SELECT value FROM counter WHERE name = 'checked_ms'") == ["\(start.milliseconds)"])
    try test.store.close()
    await #expect(throws: (any Error).self) { try await test.store.check(now: start) }
  }
}

struct InstallTests {
  @Test func `a widened definition adds columns and keeps the rows`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    let wider = try Fleet.population(version: 2, extra: [try Fleet.field("telepon", .phone)])
    try await test.install([wider])
    try await test.apply(
      office, try office.batch(population, [try edit(id(1), [("telepon", .text("0811223344"))])]))
    #expect(try test.sql("SELECT nama, telepon FROM population") == ["ANDI|0811223344"])
  }

  @Test func `a definition that does not fit the stored data is refused with the reasons`() async throws {
    let test = try await TestStore.ready()
    var changed = try Fleet.population(version: 2)
    changed.fields.removeAll { $0.name.text == "agama" }
    changed.fields[0].type = .integer(minimum: nil, maximum: nil)
    let error = await #expect(throws: StoreError.self) { try await test.install([changed]) }
    let message = try #require(error?.message)
    #expect(message.contains("agama was removed"))
    #expect(message.contains("nama changed from text to integer"))
  }

  /// Disdukcapil moved a person to Citta, Lalabata did not see it and wrote at the same time.
  private func disagreeing() async throws -> (test: TestStore, dukcapil: Office) {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(
      dukcapil,
      try dukcapil.batch(population, [try person(id(1)), try person(id(2), "BUDI")]))
    var seen = Context.empty
    seen.insert(dukcapil.dot(1))
    let fields = ["kode_wilayah": seen, "agama": seen]
    try await test.apply(
      dukcapil,
      try dukcapil.batch(
        population,
        [
          try edit(
            id(1), [("kode_wilayah", .text("73.12.08.2001")), ("agama", .text("2"))], saw: fields,
            affirms: nil,
            at: 10)
        ]))
    try await test.apply(
      lalabata,
      try lalabata.batch(
        population,
        [
          try edit(
            id(1), [("kode_wilayah", .text("73.12.04.1002")), ("agama", .text("3"))], saw: fields,
            affirms: nil,
            scopeSeen: dukcapil.dot(1), at: 20)
        ]))
    return (test, dukcapil)
  }

  @Test func `other authorities and policies change what is shown of the records there are`() async throws {
    let (test, reader) = try await disagreeing()
    #expect(
      try test.sql("SELECT nama, kode_wilayah, agama FROM population ORDER BY nama")
        == ["ANDI|73.12.08.2001|2", "BUDI|73.12.04.1001|"])
    #expect(
      try test.sql("SELECT field, state FROM conflict ORDER BY field") == [
        "agama|settled", "kode_wilayah|open",
      ])
    let end = try await test.store.feedEnd()
    var changed = try Fleet.population(version: 2)
    changed.fields[1].authority = [try Fleet.node("kec-lalabata")]
    changed.fields[3].policy = .review
    changed.fields[3].authority = [try Fleet.node("kec-lalabata")]
    try await test.install([changed])
    #expect(
      try test.sql("SELECT nama, kode_wilayah, agama FROM population ORDER BY nama")
        == ["ANDI|73.12.04.1002|3", "BUDI|73.12.04.1001|"])
    #expect(
      try test.sql("SELECT field, state FROM conflict ORDER BY field") == ["agama|open", "kode_wilayah|open"])
    #expect(try test.sql("SELECT scope FROM record ORDER BY row") == ["73.12.04.1002", "73.12.04.1001"])
    // Who reads it is told, and who reads it no longer too; what did not change is not sent.
    let told = try await test.store.feedPage(
      node: reader.node, read: test.store.reading(reader.node), since: end, rawBytesMax: 1 << 20,
      itemsMax: 100, partsMax: 64)
    #expect(try records(told) == [true])
    let citta = try await test.office("kec-citta")
    let taken = try await test.store.feedPage(
      node: citta.node, read: test.store.reading(citta.node), since: end, rawBytesMax: 1 << 20,
      itemsMax: 100, partsMax: 64)
    #expect(try records(taken) == [false])
    // The same rules again change nothing.
    let after = try await test.store.feedEnd()
    try await test.install([changed])
    changed.version = 3
    changed.title = BilingualText(id: "Warga", en: "Residents")
    try await test.install([changed])
    #expect(try await test.store.feedEnd() == after)
  }

  @Test func `rules that are taken back before records followed them leave no record behind`() async throws {
    var (test, dukcapil) = try await disagreeing()
    let before = try test.sql("SELECT nama, kode_wilayah, agama FROM population ORDER BY nama")
    var changed = try Fleet.population(version: 2)
    changed.fields[1].authority = [try Fleet.node("kec-lalabata")]
    changed.fields[3].authority = [try Fleet.node("kec-lalabata")]
    // The new rules are in force, and one record follows them because it changes; then the admin thinks better of it.
    try await test.installOnly([changed])
    let newer = try edit(
      id(1), [("alamat", .text("JL. B"))], affirms: nil, scopeSeen: nil)
    let changes = try await test.apply(dukcapil, try dukcapil.batch(population, [newer]))
    #expect(changes.counts.applied == 1)
    try await test.install([try Fleet.population(version: 3)])
    #expect(try test.sql("SELECT nama, kode_wilayah, agama FROM population ORDER BY nama") == before)
    #expect(try test.sql("SELECT count(*) FROM dataset WHERE derived = 'unsettled'") == ["0"])
  }

  @Test func `a field that is declared after records hold it is shown in its column at once`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let creation = try edit(
      id(1), [("nama", .text("ANDI")), ("kode_wilayah", .text("73.12.04.1001")), ("keterangan", .text("pindahan"))],
      traits: .creation)
    try await test.apply(dukcapil, try dukcapil.batch(population, [creation]))
    var changed = try Fleet.population(version: 2)
    changed.fields.append(try Fleet.field("keterangan", .text(lengthMax: 100)))
    try await test.install([changed])
    #expect(try test.sql("SELECT keterangan FROM population") == ["pindahan"])
  }

  /// Of each item whether it is a state.
  private func records(_ page: FeedPage) throws -> [Bool] {
    try page.parts.flatMap { part -> [Bool] in
      guard case .records(_, let bytes) = part.part else { return [] }
      let raw = try Zstandard.decompress(bytes.bytes, rawCount: bytes.rawCount)
      return try FeedRecords(bytes: raw).items.map { if case .state = $0 { true } else { false } }
    }
  }

  @Test(arguments: ["sequence", "node", "extra"])
  func `a field cannot take a column of the store's own`(_ taken: String) async throws {
    let test = try TestStore()
    var definition = try Fleet.attendance()
    definition.fields.append(try Fleet.field(taken))
    await #expect(throws: StoreError.self) { try await test.install([definition]) }
  }

  @Test func `a dataset cannot be called like a table of the store`() async throws {
    let test = try TestStore()
    var definition = try Fleet.population()
    definition.name = Names.dataset("ledger")
    await #expect(throws: StoreError.self) { try await test.install([definition]) }
  }

  @Test func `entries of an unknown dataset are taken in once it is known`() async throws {
    let test = try await TestStore.ready([try Fleet.attendance()])
    var office = try await test.office("disdukcapil")
    let people = try await test.apply(
      office, try office.batch(population, [try person(id(1)), try person(id(2), "BUDI")]))
    #expect(people.ack.quarantined.map(\.code) == ["unknown_dataset", "unknown_dataset"])
    var samples: [Entry] = []
    for second in 0..<3 { samples.append(try sample(second: Int64(second))) }
    try await test.apply(office, try office.batch(camera, samples))
    try await test.install()
    #expect(try test.sql("SELECT nama FROM population ORDER BY nama") == ["ANDI", "BUDI"])
    #expect(try test.sql("SELECT count(*) FROM camera") == ["3"])
    #expect(try await test.store.quarantine(limit: 10).elements.isEmpty)
    #expect(try await test.store.digest(camera, node: office.node).count == 3)
    // The stream did not move by it.
    #expect(try await test.store.streams(node: office.node).map(\.applied.value) == [3, 2])
  }
}

/// A camera's sample.
func sample(second: Int64, fps: String = "12.5", verdict: String = "ok") throws -> Entry {
  let time = ZonedInstant(
    timestamp: start.advanced(byMilliseconds: second * 1000), offsetMinutes: ZonedInstant.witaOffsetMinutes)
  return .occurrence(
    seal(),
    Occurrence(fields: [
      .init(name: try name("camera"), value: .text("lobby")),
      .init(name: try name("time"), value: .instant(time)),
      .init(name: try name("verdict"), value: .text(verdict)),
      .init(name: try name("fps"), value: .decimal(fps)),
    ]))
}
