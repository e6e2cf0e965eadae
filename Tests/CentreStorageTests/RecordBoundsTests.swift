import CentreStorage
import Compression
import Datasets
import Replication
import TestSupport
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
        itemsMax: 1000, partsMax: 64)
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

  /// Changes of a box that is started anew for each and never says what it saw: in one go the centre asks for the own
  /// change before.
  private func flood(
    _ test: TestStore, _ office: inout Office, _ count: Int, _ edit: (Int) throws -> Entry
  ) async throws -> (applied: Int, codes: [String]) {
    var result = (applied: 0, codes: [String]())
    for number in 0..<count {
      office.restart(random: UInt64(1000 + number))
      let admission = try await test.store.admit(node: office.node, hello: office.hello(), now: start)
      guard case .welcomed = admission.decision else { throw TestFailure("\(admission)") }
      let (ack, counts) = try await test.apply(office, try office.batch(population, [try edit(number)]))
      result.applied += Int(counts.applied)
      result.codes += ack.quarantined.map(\.code)
    }
    return result
  }

  @Test func `one field takes only so many values that nobody has decided between`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    let reader = try await test.office("bpjs")
    try await test.apply(
      office, try office.batch(population, [try person(id(1)), try person(id(2), "BUDI")]))
    let (applied, codes) = try await flood(test, &office, 280) {
      try edit(id(1), [("nama", .text("NAMA \($0)"))], affirms: nil)
    }
    #expect(applied == 255)
    #expect(codes.count == 25)
    #expect(Set(codes) == ["record_too_large"])
    let record = try #require(try await test.store.record(population, id(1)))
    #expect(record.state[try name("nama")].siblings.count == 256)
    // Who saw them all decides, and then there is room again; other records were never in the way.
    let resolved = try await test.store.resolve(
      population, id(1), field: try name("nama"), value: .text("ANDI"), version: record.version, reason: nil,
      now: start)
    #expect(resolved != nil)
    let more = try await flood(test, &office, 1) { _ in
      try edit(id(1), [("nama", .text("ANDI A"))], affirms: nil)
    }
    #expect(more.applied == 1)
    #expect(try await statesRead(test, by: reader) == 2)
  }

  @Test func `a record does not grow beyond what its readers take`() async throws {
    var definition = try Fleet.population()
    definition.fields.append(try Fleet.field("catatan", .text(lengthMax: 20_000)))
    let test = try await TestStore.ready([definition])
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    let text = String(repeating: "x", count: 19_000)
    let (applied, codes) = try await flood(test, &office, 40) {
      try edit(id(1), [("catatan", .text("\($0) \(text)"))], affirms: nil)
    }
    #expect(applied == 27)
    #expect(Set(codes) == ["record_too_large"])
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
