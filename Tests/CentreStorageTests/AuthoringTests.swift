import CentreStorage
import Datasets
import Replication
import Testing
import Wire

struct AuthoringTests {
  private func conflict(_ test: TestStore) async throws -> (dukcapil: Office, lalabata: Office) {
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    let seen = Context(dukcapil.dot(1))
    let mine = try edit(id(1), [("nama", .text("A"))], saw: ["nama": seen], affirms: nil)
    let theirs = try edit(
      id(1), [("nama", .text("B"))], saw: ["nama": seen], affirms: nil, scopeSeen: dukcapil.dot(1))
    try await test.apply(dukcapil, try dukcapil.batch(population, [mine]))
    try await test.apply(lalabata, try lalabata.batch(population, [theirs]))
    return (dukcapil, lalabata)
  }

  @Test func `a resolution closes the conflict under the centre's name`() async throws {
    let test = try await TestStore.ready()
    _ = try await conflict(test)
    let open = try #require(try await test.store.conflict(population, id(1), try name("nama")))
    let done = try #require(
      try await test.store.resolve(
        population, id(1), field: try name("nama"), value: .text("C"), version: open.version, reason: "KTP",
        now: start))
    #expect(done.dot == Dot(author: Author(node: .centre, incarnation: test.store.epoch), sequence: place(1)))
    #expect(try await test.store.conflicts(limit: 5).elements.isEmpty)
    #expect(try test.sql("SELECT nama FROM population") == ["C"])
    #expect(try await test.store.history(population, id(1)).last?.change.reason == "KTP")
    #expect(try await test.store.record(population, id(1))?.version == done.version)
  }

  @Test func `a resolution that missed a sibling is refused`() async throws {
    let test = try await TestStore.ready()
    var (dukcapil, _) = try await conflict(test)
    let open = try #require(try await test.store.conflict(population, id(1), try name("nama")))
    let third = try edit(id(1), [("nama", .text("D"))], saw: ["nama": Context(dukcapil.dot(2))], affirms: nil)
    try await test.apply(dukcapil, try dukcapil.batch(population, [third]))
    await #expect(throws: CentreEditError.siblingsSince(field: try name("nama"))) {
      try await test.store.resolve(
        population, id(1), field: try name("nama"), value: .text("C"), version: open.version, reason: nil,
        now: start)
    }
    #expect(try test.sql("SELECT nama FROM population") == ["D"])
  }

  @Test func `the centre's stream goes on over epochs`() async throws {
    let test = try await TestStore.ready()
    _ = try await test.store.create(
      population, id(5),
      values: [
        (name: try name("nama"), value: .text("X")),
        (name: try name("kode_wilayah"), value: .text("73.12.04.1001")),
      ],
      source: nil, now: start)
    try await test.reopen()
    let edit = try #require(
      try await test.store.save(
        population, id(5), values: [(name: try name("nama"), value: .text("Y"))], version: nil, now: start))
    #expect(edit.dot == Dot(author: Author(node: .centre, incarnation: test.store.epoch), sequence: place(2)))
    #expect(try await test.store.conflicts(limit: 5).elements.isEmpty)
    #expect(try test.sql("SELECT nama FROM population") == ["Y"])
    // A node that saw it may say so.
    var dukcapil = try await test.office("disdukcapil")
    let entry = try Support.edit(id(5), "nama", "Z", saw: Context(edit.dot))
    #expect(try await test.apply(dukcapil, try dukcapil.batch(population, [entry])).counts.applied == 1)
    #expect(try test.sql("SELECT nama FROM population") == ["Z"])
  }

  @Test func `a save that does not fit, or of an unknown record, changes nothing`() async throws {
    let test = try await TestStore.ready()
    _ = try await conflict(test)
    let end = try await test.store.feedEnd()
    await #expect(throws: CentreEditError.self) {
      try await test.store.save(
        population, id(1), values: [(name: try name("kode_wilayah"), value: .text("nowhere"))], version: nil,
        now: start)
    }
    await #expect(throws: CentreEditError.refused(.unknownRecord)) {
      try await test.store.save(
        population, id(9), values: [(name: try name("nama"), value: .text("Y"))], version: nil, now: start)
    }
    await #expect(throws: CentreEditError.self) {
      try await test.store.create(
        population, id(8), values: [(name: try name("nama"), value: .text("Y"))], source: nil, now: start)
    }
    #expect(try await test.store.feedEnd() == end)
  }

  @Test func `a delete hides and a restore brings back`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    _ = try await test.store.setLifecycle(
      population, id(1), to: .deleted, version: nil, reason: "ganda", now: start)
    #expect(try test.sql("SELECT count(*) FROM population") == ["0"])
    await #expect(throws: CentreEditError.refused(.gone)) {
      try await test.store.save(
        population, id(1), values: [(name: try name("nama"), value: .text("Y"))], version: nil, now: start)
    }
    _ = try await test.store.setLifecycle(population, id(1), to: .present, version: nil, now: start)
    #expect(try test.sql("SELECT nama FROM population") == ["ANDI"])
  }
}

enum Support {
  static func edit(_ record: RecordID, _ field: String, _ value: String, saw: Context) throws -> Entry {
    try CentreStorageTests.edit(record, [(field, .text(value))], saw: [field: saw], affirms: nil)
  }
}
