import CentreStorage
import Compression
import Datasets
import Foundation
import Replication
import Storage
import TestSupport
import Testing
import Wire

struct OccurrenceTests {
  private static let shell = "/usr/bin/sqlite3"

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: shell), "needs the sqlite3 shell"))
  func `the sqlite3 shell reads the typed tables`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("disdukcapil")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    try await test.apply(office, try office.batch(population, [try person(id(1))]))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.shell)
    process.arguments = [
      "-readonly", test.path, "SELECT nama, pin, status FROM population, attendance ORDER BY time",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(String(decoding: output, as: UTF8.self) == "ANDI|7|0\n")
  }

  @Test func `events stand in a column per field`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(
      office, try office.batch(attendance, [try punch(second: 3), try punch(pin: "8", verify: .null)]))
    let rows = try test.sql(
      "SELECT device, pin, time, status, verify, node, sequence, suspect FROM attendance ORDER BY sequence")
    #expect(
      rows == [
        "CQZ1|7|2026-05-29T04:26:43+08:00|0|1|kec-citta|1|0",
        "CQZ1|8|2026-05-29T04:26:40+08:00|0||kec-citta|2|0",
      ])
  }

  @Test func `the same content twice, from one or two offices, is one event`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var other = try await test.office("kec-ganra")
    try await test.apply(office, try office.batch(attendance, [try punch(), try punch(second: 1)]))
    let (_, counts) = try await test.apply(
      other,
      try other.batch(attendance, [try punch(at: 90), try punch(second: 1, at: -90), try punch(second: 2)]))
    #expect(counts.duplicates == 2)
    #expect(counts.applied == 1)
    // The earliest who said it stands for it.
    #expect(
      try test.sql("SELECT node, effective - \(start.milliseconds) FROM attendance ORDER BY time")
        == ["kec-citta|0", "kec-ganra|-90", "kec-ganra|0"])
    #expect(try test.sql("SELECT count(*) FROM attendance_variant") == ["0"])
    // Everybody's digest counts a key once, each office's what it recorded.
    #expect(try await test.store.digest(attendance).count == 3)
    #expect(try await test.store.digest(attendance, node: office.node).count == 2)
    #expect(try await test.store.digest(attendance, node: other.node).count == 3)
  }

  @Test(arguments: 0..<12)
  func `which content is in sight does not depend on arrival`(_ seed: Int) async throws {
    let test = try await TestStore.ready()
    var random = SeededRandom(seed: UInt64(seed))
    var offices: [Office] = []
    for text in ["kec-citta", "kec-ganra", "kec-lalabata"] { offices.append(try await test.office(text)) }
    // Three contents said five times; the least (time, node) of each stands for it.
    let said: [(office: Int, verify: Int64, at: Int64)] = [
      (0, 1, 50), (1, 2, 20), (2, 3, 20), (0, 2, 10), (1, 1, 70),
    ]
    for index in said.indices.shuffled(using: &random) {
      let one = said[index]
      let entry = try punch(verify: .integer(one.verify), at: one.at)
      try await test.apply(offices[one.office], try offices[one.office].batch(attendance, [entry]))
    }
    let base = start.milliseconds
    #expect(try test.sql("SELECT verify, node, effective - \(base) FROM attendance") == ["2|kec-citta|10"])
    #expect(
      try test.sql("SELECT verify, node, effective - \(base) FROM attendance_variant ORDER BY verify")
        == ["1|kec-citta|50", "3|kec-lalabata|20"])
    let variants = try await test.store.occurrences(attendance, areVariants: true, limit: 10).elements
    #expect(variants.map { $0[Names.field("verify")] } == [.integer(1), .integer(3)])
  }

  @Test func `what went out of sight is skipped by readers of its batch`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var other = try await test.office("kec-ganra")
    let reader = try await test.office("bkpsdm")
    try await test.apply(office, try office.batch(attendance, [try punch(), try punch(second: 1)]))
    try await test.apply(other, try other.batch(attendance, [try punch(verify: .integer(9), at: -5)]))
    let runs = try await occurrences(test, reader)
    #expect(runs.map(\.author.node.text) == ["kec-citta", "kec-ganra"])
    #expect(runs.map { $0.skipped.map(\.value) } == [[1], []])
    // Who reads everybody's is compared over everybody's.
    #expect(
      try await test.store.digest(attendance, node: reader.node).digest
        == test.store.digest(attendance).digest)
  }

  @Test func `entries that do not fit are quarantined and the others are not held up`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let future = start.milliseconds + 301_000
    let entries = [
      try punch(status: 300), try punch(second: 1),
      .occurrence(seal(future - start.milliseconds), Occurrence(fields: [])),
      try punch(pin: "123456789"), try person(id(1)), try punch(second: 2),
    ]
    let (ack, counts) = try await test.apply(office, try office.batch(attendance, entries))
    #expect(counts.applied == 2)
    #expect(ack.quarantined.map(\.sequence.value) == [1, 3, 4, 5])
    #expect(ack.quarantined.map(\.code) == ["schema", "future_time", "schema", "not_decodable"])
    #expect(ack.applied.sequence.value == 6)
    #expect(try await test.store.digest(attendance, node: office.node).count == 2)
    let held = try await test.store.quarantine(limit: 10).elements
    #expect(held.map(\.dot) == [1, 3, 4, 5].map { office.dot($0) })
  }

  @Test func `undeclared fields are kept with the event that brought them`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    guard case .occurrence(let seal, let plain) = try punch() else { throw TestFailure("no occurrence") }
    let wider = Occurrence(fields: plain.fields + [.init(name: try name("suhu"), value: .text("36,5"))])
    let (ack, counts) = try await test.apply(
      office, try office.batch(attendance, [.occurrence(seal, wider), try punch(second: 1)]))
    #expect(ack.quarantined.isEmpty && counts.applied == 2)
    #expect(try test.sql("SELECT extra FROM attendance ORDER BY time") == [#"{"suhu":"36,5"}"#, ""])
    let seen = try await test.store.occurrences(attendance, limit: 10).elements
    let temperature = try name("suhu")
    #expect(seen.map { $0[temperature] } == [.text("36,5"), nil])
  }

  @Test func `a requeued entry is counted and fed once it fits`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    let reader = try await test.office("bkpsdm")
    try await test.apply(office, try office.batch(attendance, [try punch(pin: "123456789"), try punch()]))
    let held = try #require(try await test.store.quarantine(limit: 1).elements.first)
    guard case .held = try await test.store.requeue(held.id, now: start) else { throw TestFailure("taken") }
    var wider = try Fleet.attendance()
    wider.version = 2
    wider.fields[1].type = .text(lengthMax: 32)
    try await test.install([wider])
    #expect(try await test.store.requeue(held.id, now: start) == .applied)
    await #expect(throws: StoreError.self) { try await test.store.requeue(held.id, now: start) }
    #expect(try test.sql("SELECT pin FROM attendance ORDER BY pin") == ["123456789", "7"])
    #expect(try await test.store.digest(attendance, node: office.node).count == 2)
    let runs = try await occurrences(test, reader)
    #expect(runs.map { [$0.first.value, $0.last.value] } == [[1, 2], [1, 1]])
    #expect(runs.map { $0.skipped.map(\.value) } == [[1], []])
  }

  @Test func `entries that are requeued together make runs that every reader can decode`() async throws {
    let large = try Fleet.field("note", .text(lengthMax: 4000))
    var definition = try Fleet.attendance()
    definition.fields.append(large)
    let test = try await TestStore.ready([try Fleet.population()])
    var office = try await test.office("kec-citta")
    for part in 0..<2 {
      let entries = try (0..<700).map { number -> Entry in
        guard case .occurrence(let seal, let plain) = try punch(second: Int64(part * 700 + number)) else {
          throw TestFailure("no occurrence")
        }
        let note = String(repeating: "x", count: 3_990)
        return .occurrence(
          seal, Occurrence(fields: plain.fields + [.init(name: large.name, value: .text(note))]))
      }
      try await test.apply(office, try office.batch(attendance, entries))
    }
    try await test.install([definition, try Fleet.population()])
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["1400"])
    let largest = try #require(
      try test.sql("SELECT max(raw_count) FROM occurrence_batch").first.flatMap { Int($0) })
    #expect(largest <= Limits.batchBytesMax)
    let reader = try await test.office("bkpsdm")
    var entries = 0
    var since: UInt64 = 0
    while true {
      let page = try await test.store.feedPage(
        node: reader.node, read: test.store.reading(reader.node), since: since, rawBytesMax: 1 << 20,
        itemsMax: 100, partsMax: 64)
      for part in page.parts {
        guard case .occurrences(let run) = part.part else { continue }
        let block = try Zstandard.decompress(run.entries.bytes, rawCount: run.entries.rawCount)
        #expect(run.entries.rawCount <= Limits.batchBytesMax)
        entries += try EntryBlock.ranges(in: block).count
      }
      since = page.end
      if page.isComplete { break }
    }
    #expect(entries == 1400)
  }

  @Test func `events page by their natural key`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, try (0..<5).map { try punch(second: $0) }))
    var seen: [String] = []
    var after: [String]?
    repeat {
      let page = try await test.store.occurrences(attendance, after: after, limit: 2)
      seen += try page.elements.map { try #require($0[try name("time")]?.text) }
      after = page.next
    } while after != nil
    #expect(seen == seen.sorted())
    #expect(seen.count == 5)
  }

  private func occurrences(_ test: TestStore, _ reader: Office) async throws -> [FeedOccurrences] {
    let page = try await test.store.feedPage(
      node: reader.node, read: test.store.reading(reader.node), since: 0, rawBytesMax: 1 << 20,
      itemsMax: 100, partsMax: 64)
    return page.parts.compactMap { if case .occurrences(let run) = $0.part { run } else { nil } }
  }
}
