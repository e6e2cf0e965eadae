import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

/// Centres and offices that go on from an older state, and what each then knows of the other.
struct SetBackTests {
  private func admit(_ test: TestStore, _ node: NodeName, _ hello: Hello, key: String? = nil) async throws -> Admission
  {
    try await test.store.admit(node: node, hello: hello, publicKey: key, now: start)
  }

  private func refusal(_ admission: Admission) throws -> Refusal.Code {
    guard case .refused(let refusal) = admission.decision else { throw TestFailure("\(admission)") }
    return refusal.code
  }

  private func refused(_ test: TestStore, _ office: Office, _ batch: Batch) async throws -> Refusal.Code {
    let outcome = try await test.store.apply([IncomingBatch(node: office.node, batch: batch)], now: start).first
    guard case .broken(let refusal)? = outcome else { throw TestFailure("\(String(describing: outcome))") }
    return refusal.code
  }

  // MARK: The centre

  /// An office that a centre, set back, knows up to its third incarnation; then it went on under another key to its
  /// seventh. The batches are of the incarnations 1 to 7; the centre has three of them.
  private func outrun(_ test: TestStore) async throws -> (office: Office, batches: [Batch]) {
    var office = try await test.office("kec-citta")
    var batches: [Batch] = []
    for round in 0..<7 as Range<UInt64> {
      if round > 0 { office.restart(random: 50 + round) }
      batches.append(try office.batch(attendance, [try punch(second: Int64(round))]))
      guard round < 3 else { continue }
      if round > 0 { _ = try welcome(try await admit(test, office.node, office.hello())) }
      try await test.apply(office, try #require(batches.last))
    }
    return (office, batches)
  }

  /// What the office names while it need not name all: back to the last that a welcome named.
  private func short(_ office: Office) -> Hello {
    var office = office
    office.lineage = Array(office.lineage.prefix(2))
    return office.hello()
  }

  @Test func `an office invited again by a centre that was set back is asked where it comes from, and goes on`()
    async throws
  {
    let test = try await TestStore.ready()
    let (office, batches) = try await outrun(test)
    let key = try await test.join(office.node, "k")
    let asked = try await admit(test, office.node, short(office), key: key)
    #expect(try refusal(asked) == .unknownIncarnation && asked.findings.isEmpty)
    #expect(try await test.store.fleetOverview(now: start).notices.isEmpty)

    let admission = try await admit(test, office.node, office.hello(), key: key)
    #expect(admission.findings.isEmpty)
    #expect(try welcome(admission).positions.map(\.applied.sequence) == [place(3)])
    #expect(try test.sql("SELECT count(*) FROM incarnation WHERE superseded_ms IS NOT NULL") == ["0"])
    #expect(try test.sql("SELECT count(*) FROM lost") == ["0"])
    for batch in batches.dropFirst(3) { try await test.apply(office, batch) }
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["7"])
  }

  @Test func `one that was taken for another disk is the same again once it says where it comes from`() async throws {
    let test = try await TestStore.ready()
    var (office, batches) = try await outrun(test)
    // The centre knows of two entries that were not sent yet when the backup was made.
    let known = Hello.Stream(dataset: attendance, earliestKept: place(1), next: place(6), marks: [])
    var third = office
    third.lineage = Array(office.lineage.suffix(3))
    _ = try welcome(try await admit(test, office.node, third.hello(streams: [known])))
    let key = try await test.join(office.node, "k")
    // It is restarted after it was asked, and has forgotten that.
    for _ in 0..<2 { _ = try await admit(test, office.node, short(office), key: key) }
    #expect(try test.sql("SELECT count(*) FROM incarnation WHERE superseded_ms IS NOT NULL") == ["3"])
    #expect(try await test.store.ledger(limit: 5).elements.map(\.count) == [2])
    #expect(try await refused(test, office, batches[0]) == .unknownIncarnation)

    office.restart(random: 90)
    let admission = try await admit(test, office.node, office.hello(), key: key)
    #expect(try welcome(admission).positions.map(\.applied.sequence) == [place(3)])
    for table in ["lost", "ledger", "node_notice", "incarnation WHERE superseded_ms IS NOT NULL"] {
      #expect(try test.sql("SELECT count(*) FROM \(table)") == ["0"], "\(table)")
    }
    for batch in batches { try await test.apply(office, batch) }
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["7"])
  }

  @Test func `a disk whose parents nobody knows is let in when it has named all that it keeps`() async throws {
    let test = try await TestStore.ready()
    let old = try await test.office("kec-citta")
    var other = Office(node: old.node, incarnation: Incarnation(generation: 40, random: 7))
    other.restart(random: 8)
    other.lineage[1] = Lineage(
      incarnation: Incarnation(generation: 40, random: 7), parent: Incarnation(generation: 39, random: 6), ends: [])
    let key = try await test.join(old.node, "k")
    #expect(try refusal(try await admit(test, old.node, other.hello(), key: key)) == .unknownIncarnation)
    let admission = try await admit(test, old.node, other.hello(), key: key)
    #expect(admission.findings == [.replaced(left: old.incarnation, isEmpty: false, unsent: 0)])
    try await test.apply(other, try other.batch(attendance, [try punch()]))
    // The same with a key that has been welcomed is a stranger, however often it asks.
    let stranger = Office(node: old.node, incarnation: Incarnation(generation: 3, random: 3))
    for _ in 0..<2 {
      let admission = try await admit(test, old.node, stranger.hello(), key: key)
      #expect(try refusal(admission) == .unknownIncarnation && admission.findings.count == 1)
    }
  }

  // MARK: An office

  @Test func `a disk set back to what the centre had of it is reported with what was not sent`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, try (0..<10).map { try punch(second: $0) }))
    _ = try office.batch(attendance, [try punch(second: 10)])
    var back = office
    _ = try office.batch(attendance, try (11..<15).map { try punch(second: $0) })
    _ = try welcome(try await admit(test, office.node, office.hello()))

    back.restart(random: 60)
    let left = office.incarnation
    let finding = HelloFinding.restored(
      left: left,
      streams: [HelloFinding.SetBack(dataset: attendance, begin: place(11), applied: place(10), last: place(15))])
    #expect(try await admit(test, back.node, back.hello()).findings == [finding])
    let line = try #require(try await test.store.ledger(limit: 5).elements.first)
    #expect([line.first.value, line.last.value, line.count] == [12, 15, 4])
    #expect(line.reason == LedgerEntry.diskLost && line.incarnation == left && line.dataset == attendance)
    let notice = try #require(try await test.store.fleetOverview(now: start).notices.first)
    #expect(notice.what.english.contains("attendance from change 15 to 11") && notice.what.english.contains("4 unsent"))
    // Once.
    back.restart(random: 61)
    #expect(try await admit(test, back.node, back.hello()).findings.isEmpty)
    // The disk that had them after all: they are missed no more.
    office.restart(random: 62)
    let returned = try await admit(test, office.node, office.hello())
    #expect(returned.findings.count == 1)
    _ = try welcome(returned)
    #expect(try await test.store.ledger(limit: 5).elements.isEmpty)
  }

  @Test func `a disk set back below what the centre had leaves in the ledger what it never had`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    var back = office
    try await test.apply(office, try office.batch(attendance, try (1..<4).map { try punch(second: $0) }))
    _ = try office.batch(attendance, try (4..<6).map { try punch(second: $0) })
    // A stream that the older disk did not have at all.
    _ = try office.batch(camera, [try punch()])
    _ = try welcome(try await admit(test, office.node, office.hello()))
    back.restart(random: 60)
    _ = try welcome(try await admit(test, back.node, back.hello()))
    let ledger = try await test.store.ledger(limit: 5).elements
    #expect(ledger.map { "\($0.dataset) \($0.first.value) \($0.last.value)" } == ["attendance 5 6", "camera 1 1"])
    #expect(try test.sql("SELECT dataset, after, through > 0 FROM lost") == ["attendance|1|1"])
    back.restart(random: 61)
    #expect(try await admit(test, back.node, back.hello()).findings.isEmpty)
  }

  @Test func `a machine set back while it runs is found by what it said before`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    let back = office
    _ = try office.batch(attendance, [try punch(second: 1)])
    _ = try welcome(try await admit(test, office.node, office.hello()))
    let setBack = HelloFinding.SetBack(dataset: attendance, begin: place(1), applied: place(1), last: place(2))
    for findings in [[HelloFinding.restored(left: office.incarnation, streams: [setBack])], []] {
      #expect(try await admit(test, office.node, back.hello()).findings == findings)
    }
    #expect(try await test.store.ledger(limit: 5).elements.map(\.count) == [1])
  }

  @Test func `a copy that goes on in its own right counts what the other had unsent, and nothing of its own`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    let common = office.chain(attendance).mark
    var copy = office
    try await test.apply(office, try office.batch(attendance, [try punch(second: 1)]))
    _ = try office.batch(attendance, [try punch(second: 2)])
    _ = try welcome(try await admit(test, office.node, office.hello()))
    _ = try copy.batch(attendance, try (10..<19).map { try punch(second: $0) })
    let stream = Hello.Stream(
      dataset: attendance, earliestKept: place(1), next: place(11),
      marks: [common, StreamMark(sequence: place(2), head: copy.chain(attendance).mark.head)])
    let found = try await admit(test, office.node, copy.hello(streams: [stream]))
    #expect(found.findings == [.copied(attendance, at: common)])
    copy.chains[attendance] = StreamChain(at: common)
    copy.restart(random: 90)
    _ = try welcome(try await admit(test, office.node, copy.hello()))
    #expect(
      try await test.store.ledger(limit: 5).elements.map { "\($0.first.value) \($0.last.value)" } == ["3 3"])
  }

  @Test func `a disk whose copy spoke in its place branches off once and is let go on from there`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, try (0..<7).map { try punch(second: $0) }))
    let parted = office
    // The copy sends the eighth entry; the disk itself has sealed three others and starts anew.
    try await test.apply(office, try office.batch(attendance, [try punch(second: 8)]))
    var disk = parted
    _ = try disk.batch(attendance, try (20..<23).map { try punch(second: $0) })
    disk.restart(random: 60)
    let copied = try await admit(test, disk.node, disk.hello())
    #expect(try welcome(copied).positions.map(\.applied.sequence) == [place(8)])
    // That is none of its own: it begins a new incarnation at the last place that both have.
    var branched = parted
    branched.restart(random: 61)
    let ends = try #require(branched.lineage.first?.ends)
    branched.incarnation = Incarnation(generation: disk.incarnation.generation + 1, random: 61)
    branched.lineage = [Lineage(incarnation: branched.incarnation, parent: disk.incarnation, ends: ends)] + disk.lineage
    let admission = try await admit(test, branched.node, branched.hello())
    #expect(try welcome(admission).positions.map(\.applied.sequence) == [place(7)])
    try await test.apply(branched, try branched.batch(attendance, try (20..<23).map { try punch(second: $0) }))
    #expect(try await admit(test, branched.node, branched.hello()).findings.isEmpty)
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["11"])
  }

  // MARK: What comes back

  private func events(
    _ test: TestStore, _ office: Office, since: UInt64 = 0, rawBytesMax: Int = 1 << 20
  ) async throws -> (count: Int, end: UInt64) {
    var count = 0
    var position = since
    while true {
      let page = try await test.store.feedPage(
        node: office.node, read: test.store.reading(office.node), since: position, rawBytesMax: rawBytesMax,
        itemsMax: 2, partsMax: 64)
      for part in page.parts {
        if case .occurrences(let run) = part.part { count += Int(run.last.value - run.first.value) + 1 }
      }
      position = page.end
      if page.isComplete { return (count, position) }
    }
  }

  @Test func `a new disk is given all that the old one's incarnations said, once and in order`() async throws {
    let test = try await TestStore.ready()
    var old = try await test.office("kec-citta")
    for round in 0..<6 as Range<UInt64> {
      if round > 0 {
        old.restart(random: 60 + round)
        _ = try welcome(try await admit(test, old.node, old.hello()))
      }
      for second in 0..<3 {
        try await test.apply(old, try old.batch(attendance, [try punch(pin: "\(round)", second: Int64(second))]))
        try await test.apply(old, try old.batch(population, [try person(id(round * 10 + UInt64(second)))]))
      }
    }
    // An incarnation that said nothing.
    old.restart(random: 70)
    _ = try welcome(try await admit(test, old.node, old.hello()))
    let new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, new.node, new.hello(), key: try await test.join(old.node, "n")))
    #expect(try test.sql("SELECT count(*), count(DISTINCT dataset) FROM lost") == ["6|1"])
    let (count, end) = try await events(test, new)
    #expect(count == 18)
    // A reader beyond them has none of them to look through; one that begins anew gets them again.
    #expect(try test.sql("SELECT count(*) FROM lost WHERE through > \(end)") == ["0"])
    #expect(try await events(test, new).count == 18)
  }

  @Test(arguments: [1, 60, 100, 130, 200])
  func `an office that reads all events gets its own back too, wherever a page ends`(
    rawBytesMax: Int
  ) async throws {
    let test = try await TestStore.ready()
    var old = try await test.office("bkpsdm")
    for second in 0..<6 { try await test.apply(old, try old.batch(attendance, [try punch(second: Int64(second))])) }
    let new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, new.node, new.hello(), key: try await test.join(old.node, "n")))
    #expect(try await events(test, new, rawBytesMax: rawBytesMax).count == 6)
  }

  @Test func `what the old disk had in quarantine comes to the new one when it is taken in`() async throws {
    let test = try await TestStore.ready([try Fleet.population()])
    var old = try await test.office("kec-citta")
    try await test.apply(old, try old.batch(attendance, try (0..<3).map { try punch(second: $0) }))
    let new = Office(node: old.node, incarnation: Incarnation(generation: 1, random: 777))
    _ = try welcome(try await admit(test, new.node, new.hello(), key: try await test.join(old.node, "n")))
    let end = try await events(test, new).end
    #expect(try test.sql("SELECT count(*) FROM lost") == ["0"])
    try await test.install()
    try await test.store.requeueHeld(dataset: attendance, code: .unknownDataset, now: start)
    #expect(try test.sql("SELECT count(*) FROM attendance") == ["3"])
    #expect(try await events(test, new, since: end).count == 3)
  }
}
