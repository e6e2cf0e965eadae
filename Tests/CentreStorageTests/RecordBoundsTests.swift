import CentreStorage
import Compression
import Datasets
import Replication
import Testing
import Wire

/// What one office can do to a record that others read.
struct RecordBoundsTests {
  /// The whole feed of one reader, decoded: how many states it brought.
  private func statesRead(_ test: TestStore, by reader: Office) async throws -> Int {
    var since: UInt64 = 0
    var states = 0
    while true {
      let page = try await test.store.feedPage(
        node: reader.node, read: test.store.reading(reader.node), since: since, rawBytesMax: 1 << 20,
        itemsMax: 1000)
      for part in page.parts {
        guard case .records(_, let bytes) = part.part else { continue }
        let feed = try FeedRecords(bytes: try Zstandard.decompress(bytes.bytes, rawCount: bytes.rawCount))
        for case .state(_, let state) in feed.items {
          _ = try RecordState(bytes: state, registry: feed.registry)
          states += 1
        }
      }
      since = page.end
      if page.isComplete { return states }
    }
  }

  @Test func `one field takes only so many values that nobody has decided between`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    let reader = try await test.office("bpjs")
    try await test.apply(
      office, try office.batch(population, [try person(id(1)), try person(id(2), "BUDI")]))
    // A program that never says what it saw.
    let flood = try (0..<400).map { try edit(id(1), [("nama", .text("NAMA \($0)"))], affirms: nil) }
    let (ack, counts) = try await test.apply(office, try office.batch(population, flood))
    #expect(counts.applied == 255)
    #expect(counts.quarantined == 145)
    #expect(Set(ack.quarantined.map(\.code)) == ["record_too_large"])
    let record = try #require(try await test.store.record(population, id(1)))
    #expect(record.state[try name("nama")].siblings.count == 256)
    // Who saw them all decides, and then there is room again; other records were never in the way.
    let resolved = try await test.store.resolve(
      population, id(1), field: try name("nama"), value: .text("ANDI"), version: record.version, reason: nil,
      now: start)
    #expect(resolved != nil)
    let more = try edit(id(1), [("nama", .text("ANDI A"))], affirms: nil)
    #expect(try await test.apply(office, try office.batch(population, [more])).counts.applied == 1)
    #expect(try await statesRead(test, by: reader) == 2)
  }

  @Test func `a record does not grow beyond what its readers take`() async throws {
    var definition = try Fleet.population()
    definition.fields.append(try Fleet.field("catatan", .text(lengthMax: 20_000)))
    let test = try await TestStore.ready([definition])
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    let text = String(repeating: "x", count: 19_000)
    let flood = try (0..<60).map { try edit(id(1), [("catatan", .text("\($0) \(text)"))], affirms: nil) }
    let (ack, counts) = try await test.apply(office, try office.batch(population, flood))
    #expect(counts.applied == 27)
    #expect(Set(ack.quarantined.map(\.code)) == ["record_too_large"])
    #expect(try test.sql("SELECT max(length(state)) <= 524288 FROM record") == ["1"])
    #expect(try await statesRead(test, by: office) == 1)
    #expect(try test.sql("SELECT count(*) FROM change") == ["28"])
    #expect(try test.sql("SELECT conflicts FROM record") == ["1"])
    // The centre's own edit is held to the same.
    await #expect(throws: CentreEditError.self) {
      try await test.store.save(
        population, id(1), values: [(try name("nama"), .text("ANDI B")), (try name("catatan"), .text(text))],
        version: RecordVersion(of: .empty, record: id(1), definition: definition), now: start)
    }
  }
}
