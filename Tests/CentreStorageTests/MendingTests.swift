import CentreStorage
import Datasets
import Replication
import Storage
import Testing
import Wire

/// Quarantined changes that a person puts right.
struct MendingTests {
  private func held(_ test: TestStore) async throws -> QuarantineEntry {
    try #require(try await test.store.quarantine(limit: 9).elements.last)
  }

  @Test func `a creation that was put right makes the record, and answers the original`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let wrong = try edit(
      id(1), [("nama", .text("ANDI")), ("kode_wilayah", .integer(7)), ("alamat", .text("A"))], traits: .creation)
    try await test.apply(dukcapil, try dukcapil.batch(population, [wrong]))
    let entry = try await held(test)
    #expect(try await test.store.record(population, id(1)) == nil)
    let end = try await test.store.feedEnd()
    let values = [(name: try name("kode_wilayah"), value: Value.text("73.12.04.1001"))]
    let mended = try await test.store.mend(entry.id, values: values, version: nil, reason: "akta", now: start)
    #expect(mended.dot.author.node == .centre && mended.position > end)
    let record = try #require(try await test.store.record(population, id(1)))
    #expect(record.state[try name("nama")].siblings.map(\.value) == [.text("ANDI")])
    #expect(record.scope == (try region("73.12.04.1001")))
    // Covered from now on: at the office it is held no more.
    #expect(record.state[try name("nama")].context.covers(dukcapil.dot(1)))
    #expect(try await test.store.quarantined(entry.id)?.state == .mended)
    #expect(try test.sql("SELECT outcome, reason FROM verdict") == ["1|akta"])
    await #expect(throws: StoreError.self) {
      try await test.store.mend(entry.id, values: values, version: nil, reason: "akta", now: start)
    }
  }

  @Test func `without a version nothing that came since is replaced, with one what it showed is`() async throws {
    for hasVersion in [false, true] {
      let test = try await TestStore.ready()
      var dukcapil = try await test.office("disdukcapil")
      let creation = try edit(
        id(1), [("nama", .text("ANDI")), ("kode_wilayah", .text("73.12.04.1001"))], traits: .creation)
      try await test.apply(dukcapil, try dukcapil.batch(population, [creation]))
      let (first, second) = (Context(dukcapil.dot(1)), Context(dukcapil.dot(2)))
      let wrong = try edit(id(1), [("nama", .integer(4))], saw: ["nama": first], affirms: nil)
      let newer = try edit(id(1), [("nama", .text("BUDI"))], saw: ["nama": second], affirms: nil)
      try await test.apply(dukcapil, try dukcapil.batch(population, [wrong, newer]))
      let entry = try await held(test)
      let version = RecordVersion(
        of: try #require(try await test.store.record(population, id(1))).state, record: id(1),
        definition: try #require(try Fleet.definitions().first { $0.name == population }))
      _ = try await test.store.mend(
        entry.id, values: [(name: try name("nama"), value: .text("CITRA"))],
        version: hasVersion ? version : nil, reason: "akta", now: start)
      let values = try #require(try await test.store.record(population, id(1))).state[try name("nama")].siblings
        .map(\.value)
      #expect(values.sorted { $0.text < $1.text } == (hasVersion ? [.text("CITRA")] : [.text("BUDI"), .text("CITRA")]))
    }
  }

  @Test func `what is put right wrongly is refused and stays held; events and forged contexts are not put right`()
    async throws
  {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let wrong = try edit(
      id(1), [("nama", .text("ANDI")), ("kode_wilayah", .integer(7))], traits: .creation)
    var forged = Context.empty
    forged.insert(
      Dot(author: Author(node: .centre, incarnation: test.store.epoch), sequence: Datasets.Sequence(900) ?? .max))
    let ahead = try edit(id(2), [("nama", .text("X"))], saw: ["nama": forged], affirms: nil)
    try await test.apply(dukcapil, try dukcapil.batch(population, [wrong, ahead]))
    var citta = try await test.office("kec-citta")
    try await test.apply(citta, try citta.batch(attendance, [try punch(status: 300)]))
    let entries = try await test.store.quarantine(limit: 9).elements
    #expect(entries.count == 3)
    await #expect(throws: CentreEditError.self) {
      try await test.store.mend(
        entries[0].id, values: [(name: try name("kode_wilayah"), value: .integer(8))], version: nil, reason: "x",
        now: start)
    }
    for entry in entries.dropFirst() {
      await #expect(throws: StoreError.self) {
        try await test.store.mend(entry.id, values: [], version: nil, reason: "x", now: start)
      }
    }
    #expect(try await test.store.quarantine(limit: 9).elements.count == 3)
    #expect(try await test.store.record(population, id(1)) == nil)
  }
}
