import CentreStorage
import Compression
import Datasets
import Replication
import TestSupport
import Testing
import Wire

/// A node's copy, as far as the feed alone makes it.
struct FeedCopy {
  var position: UInt64 = 0
  var states: [RecordID: RecordState] = [:]
  var retracted: Set<RecordID> = []
  var runs: [FeedOccurrences] = []
  var pages = 0

  mutating func catchUp(
    _ test: TestStore, _ node: NodeName, rawBytesMax: Int = 1 << 20, itemsMax: Int = 4096, partsMax: Int = 64
  ) async throws {
    while true {
      let page = try await test.store.feedPage(
        node: node, read: test.store.reading(node), since: position, rawBytesMax: rawBytesMax,
        itemsMax: itemsMax, partsMax: partsMax)
      pages += 1
      #expect(page.parts.count <= partsMax)
      for part in page.parts { try take(part.part) }
      #expect(page.end >= position)
      #expect(page.parts.last.map { $0.position == page.end } ?? true)
      position = page.end
      if page.isComplete { return }
    }
  }

  private mutating func take(_ part: Feed.Part) throws {
    switch part {
    case .nothing, .verdicts: break
    case .occurrences(let run): runs.append(run)
    case .records(_, let compressed):
      let raw = try Zstandard.decompress(compressed.bytes, rawCount: compressed.rawCount)
      let records = try FeedRecords(bytes: raw)
      for item in records.items {
        switch item {
        case .retraction(let id):
          states[id] = nil
          retracted.insert(id)
        case .state(let id, let bytes):
          states[id] = try RecordState(bytes: bytes, registry: records.registry)
          retracted.remove(id)
        }
      }
    }
  }
}

struct FeedTests {
  private func context(_ dot: Dot) -> Context { Context(dot) }

  @Test func `a page has no more messages than a node lets wait, whoever recorded side by side`() async throws {
    let test = try await TestStore.ready()
    var offices = [
      try await test.office("kec-citta"), try await test.office("kec-ganra"), try await test.office("kec-lalabata"),
    ]
    for round in 0..<4 as Range<Int64> {
      for index in offices.indices {
        // Every other one is left out: its runs do not join.
        let gap = try #require(
          Gap(
            first: offices[index].chain(attendance).last.next, last: offices[index].chain(attendance).last.next,
            recordCount: 1, reason: .trimmed, headAfter: .zero))
        try await test.apply(offices[index], try offices[index].batch(attendance, [.gap(gap)]))
        try await test.apply(
          offices[index], try offices[index].batch(attendance, [try punch(second: round * 10 + Int64(index))]))
      }
    }
    for partsMax in [1, 2, 5, 64] {
      var copy = FeedCopy()
      try await copy.catchUp(test, try Fleet.node("bkpsdm"), partsMax: partsMax)
      #expect(copy.runs.count >= 3 && copy.position == test.store.feedGrowth(after: 0)?.end, "\(partsMax)")
      let entries = try copy.runs.reduce(0) { count, run in
        let raw = try Zstandard.decompress(run.entries.bytes, rawCount: run.entries.rawCount)
        let entries = try EntryBlock.ranges(in: raw).count { raw[$0.lowerBound] != Entry.Kind.gap.rawValue }
        return count + entries
      }
      #expect(entries == 12, "\(partsMax)")
    }
  }

  @Test(arguments: [4096, 1])
  func `a record that moves from scope to scope is seen by those it is in and told to those it left`(
    _ itemsMax: Int
  ) async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    for text in ["kec-lalabata", "kec-citta", "kec-ganra"] { _ = try await test.office(text) }
    let places = ["73.12.04.1001", "73.12.08.2001", "73.12.07.2001"]
    let readers = try ["kec-lalabata", "kec-citta", "kec-ganra"].map { try Fleet.node($0) }
    // Copies of every age for every reader: those that stopped before the first place, in it, and so on.
    var copies: [[FeedCopy]] = [[FeedCopy(), FeedCopy(), FeedCopy()]]
    for (index, code) in places.enumerated() {
      let entry =
        index == 0
        ? try person(id(1), in: code)
        : try edit(
          id(1), [("kode_wilayah", .text(code))], saw: ["kode_wilayah": context(dukcapil.dot(UInt64(index)))],
          affirms: nil)
      try await test.apply(dukcapil, try dukcapil.batch(population, [entry]))
      var latest = copies[index]
      for reader in readers.indices {
        try await latest[reader].catchUp(test, readers[reader], itemsMax: itemsMax)
      }
      copies.append(latest)
    }
    for (age, row) in copies.enumerated() {
      for reader in readers.indices {
        var copy = row[reader]
        let hadIt = copy.states[id(1)] != nil
        try await copy.catchUp(test, readers[reader], itemsMax: itemsMax)
        #expect((copy.states[id(1)] != nil) == (reader == 2), "age \(age), reader \(reader)")
        if reader < 2, hadIt { #expect(copy.retracted.contains(id(1)), "age \(age), reader \(reader)") }
      }
    }
  }

  @Test func `a record that comes back into scope is delivered again`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let lalabata = try await test.office("kec-lalabata")
    var copy = FeedCopy()
    for (index, code) in ["73.12.04.1001", "73.12.08.2001", "73.12.04.1002"].enumerated() {
      let saw = index == 0 ? Context.empty : context(dukcapil.dot(UInt64(index)))
      let values: [(String, Value)] = [("nama", .text("ANDI")), ("kode_wilayah", .text(code))]
      try await test.apply(
        dukcapil,
        try dukcapil.batch(
          population, [try edit(id(1), values, saw: ["kode_wilayah": saw, "nama": saw], affirms: nil)]))
      try await copy.catchUp(test, lalabata.node)
      #expect((copy.states[id(1)] != nil) == (index != 1))
    }
  }

  @Test func `a settled delete is retracted`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let lalabata = try await test.office("kec-lalabata")
    var copy = FeedCopy()
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    try await copy.catchUp(test, lalabata.node)
    #expect(copy.states.count == 1)
    let deletion = try edit(
      id(1), [("lifecycle", Lifecycle.deleted.value)], saw: ["lifecycle": context(dukcapil.dot(1))],
      affirms: nil)
    try await test.apply(dukcapil, try dukcapil.batch(population, [deletion]))
    try await copy.catchUp(test, lalabata.node)
    #expect(copy.states.isEmpty)
  }

  @Test func `a reader of some fields gets those and what always goes along`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let partner = try await test.office("bpjs")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    try await test.apply(
      dukcapil, try dukcapil.batch(population, [try edit(id(1), [("alamat", .text("x"))])]))
    var copy = FeedCopy()
    try await copy.catchUp(test, partner.node)
    #expect(copy.states[id(1)]?.fields.map(\.name.text) == ["kode_wilayah", "lifecycle", "nama"])
    let state = try #require(copy.states[id(1)])
    let fields: Set<FieldName> = [try name("nama")]
    let digest = try await test.store.digest(population, node: partner.node)
    #expect(digest.digest == state.digest(id: id(1), fields: fields, scope: try name("kode_wilayah")))
  }

  @Test func `a copy that caught up has the centre's digest`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let lalabata = try await test.office("kec-lalabata")
    for batch in 0..<5 {
      let people = try (0..<20).map { number in
        try person(id(UInt64(batch * 20 + number)), in: number % 2 == 0 ? "73.12.04.1001" : "73.12.08.2001")
      }
      try await test.apply(dukcapil, try dukcapil.batch(population, people))
    }
    var copy = FeedCopy()
    try await copy.catchUp(test, lalabata.node, rawBytesMax: 700, itemsMax: 7)
    #expect(copy.pages > 5)
    var sum = DigestSum()
    for (record, state) in copy.states {
      if let part = state.digest(id: record, fields: nil, scope: try name("kode_wilayah")) { sum += part }
    }
    let digest = try await test.store.digest(population, node: lalabata.node)
    #expect(digest.count == 50)
    #expect(digest.digest == sum)
    #expect(digest.cursor.position == copy.position)
  }

  @Test func `an edit that is held back brings the centre's state, a creation its retraction`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    try await test.apply(dukcapil, try dukcapil.batch(population, [try person(id(1))]))
    var copy = FeedCopy()
    try await copy.catchUp(test, lalabata.node)
    copy.states = [:]
    let wrong = try edit(id(1), [("nama", .integer(1))], affirms: nil, scopeSeen: dukcapil.dot(1))
    let incomplete = try edit(id(2), [("nama", .text("X"))], traits: .creation)
    let (ack, _) = try await test.apply(lalabata, try lalabata.batch(population, [wrong, incomplete]))
    #expect(ack.quarantined.map(\.code) == ["schema", "schema"])
    #expect(ack.visibleAt.position > copy.position)
    try await copy.catchUp(test, lalabata.node)
    #expect(copy.states[id(1)] != nil)
    #expect(copy.retracted == [id(2)])
    #expect(copy.position >= ack.visibleAt.position)
    // Nobody else hears of a creation that was not taken.
    var other = FeedCopy()
    try await other.catchUp(test, dukcapil.node)
    #expect(other.retracted.isEmpty)
  }

  @Test func `events go to those who may read them, joined, and not back to their maker`() async throws {
    let test = try await TestStore.ready()
    var citta = try await test.office("kec-citta")
    let bkpsdm = try await test.office("bkpsdm")
    for second in 0..<6 {
      try await test.apply(citta, try citta.batch(attendance, [try punch(second: Int64(second))]))
    }
    var copy = FeedCopy()
    try await copy.catchUp(test, bkpsdm.node)
    let run = try #require(copy.runs.first)
    #expect(copy.runs.count == 1)
    #expect(run.author == citta.author)
    #expect([run.first.value, run.last.value] == [1, 6])
    let raw = try Zstandard.decompress(run.entries.bytes, rawCount: run.entries.rawCount)
    let entries = try EntryBlock.ranges(in: raw).map { try Entry(ByteReader(raw, range: $0)) }
    #expect(entries == (try (0..<6).map { try punch(second: $0) }))
    for node in [citta.node, try Fleet.node("kec-ganra")] {
      var none = FeedCopy()
      try await none.catchUp(test, node)
      #expect(none.runs.isEmpty)
      #expect(none.position == copy.position)
    }
  }

  @Test func `a page over what is out of scope moves on without parts`() async throws {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    let ganra = try await test.office("kec-ganra")
    for batch in 0..<21 {
      let people = try (0..<1000).map { try person(id(UInt64(batch * 1000 + $0))) }
      try await test.apply(dukcapil, try dukcapil.batch(population, people))
    }
    let page = try await test.store.feedPage(
      node: ganra.node, read: test.store.reading(ganra.node), since: 0, rawBytesMax: 1 << 20,
      itemsMax: 100, partsMax: 64)
    #expect(page.parts.isEmpty)
    #expect(page.end == 20_000)
    #expect(!page.isComplete)
  }

  @Test func `a reader of some fields of events gets those and the key`() async throws {
    var limited = try Fleet.attendance()
    limited.read = [AccessRule(roles: ["kepegawaian"], fields: [])]
    let test = try await TestStore.ready([limited])
    var citta = try await test.office("kec-citta")
    let bkpsdm = try await test.office("bkpsdm")
    try await test.apply(citta, try citta.batch(attendance, [try punch()]))
    var copy = FeedCopy()
    try await copy.catchUp(test, bkpsdm.node)
    let run = try #require(copy.runs.first)
    let raw = try Zstandard.decompress(run.entries.bytes, rawCount: run.entries.rawCount)
    guard
      case .occurrence(_, let occurrence) = try Entry(
        ByteReader(raw, range: try EntryBlock.ranges(in: raw)[0]))
    else {
      throw TestFailure("no occurrence")
    }
    #expect(occurrence.fields.map(\.name.text) == ["device", "pin", "time", "status"])
  }
}
