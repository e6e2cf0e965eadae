import Compression
import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

@Suite struct FeedTests {
  private let alamat = Fixture.field("alamat")

  /// A node that has sent a person and got it back.
  private func settled() async throws -> (NodeStore, FakeCentre, RecordID) {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    return (store, centre, id)
  }

  @Test func `a caught-up node's digest equals the centre's, and nothing is pending`() async throws {
    let (store, centre, _) = try await settled()
    let digest = try await store.digest(Fixture.population)
    #expect(digest.pending == 0 && digest.cursor == centre.cursor)
    #expect(digest.digest == centre.digest().sum && digest.count == 1)
    #expect(try await store.person(1).pendingCount == 0)
  }

  @Test func `an ack that overtakes an older feed does not take the edit out of sight`() async throws {
    var (store, centre, id) = try await settled()
    let older = try centre.feed()
    let view = try await store.person(1)
    _ = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("JL. BARU"))], version: view.version,
      now: Fixture.clock(20))
    try await store.send(Fixture.population, to: &centre)
    // The centre has it; its feed of before arrives after the ack.
    for feed in older {
      _ = try await store.apply(feed, now: Fixture.clock(21))
      #expect(try await store.person(1)[alamat] == .text("JL. BARU"))
    }
    #expect(try await store.digest(Fixture.population).pending == 1)
    // The next edit still saw the one before.
    let saved = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("JL. LEBIH BARU"))], version: nil,
      now: Fixture.clock(22))
    #expect(saved.view.conflicts.isEmpty)
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    #expect(try await store.digest(Fixture.population).pending == 0)
    #expect(centre.states[id]?[alamat].siblings.count == 1)
    #expect(try await store.digest(Fixture.population).digest == centre.digest().sum)
  }

  @Test func `a page that reaches the place does not end an overlay, the word that the feed ends there does`()
    async throws
  {
    var (store, centre, id) = try await settled()
    centre.quarantines = [Fixture.sequence(2)]
    _ = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("DITAHAN"))], version: nil, now: Fixture.clock(20))
    try await store.send(Fixture.population, to: &centre)
    let feed = try centre.feed(after: 1)
    #expect(feed.count == 2)
    _ = try await store.apply(feed[0], now: Fixture.clock(21))
    #expect(try await store.person(1)[alamat] == .text("DITAHAN"))
    _ = try await store.apply(feed[1], now: Fixture.clock(22))
    #expect(try await store.person(1)[alamat] == .text("JL. MERDEKA 1"))
    let held = try #require(try await store.heldBack().first)
    #expect(held.sequence == Fixture.sequence(2) && held.code == "schema" && held.record == id)
    #expect(held.change?.edits.map(\.value) == [.text("DITAHAN")])
    #expect(try await store.status().heldBack == 1)
    // Requeued at the centre: its state shows it, so it is held back no longer.
    let entries = try await store.batches(Fixture.population).flatMap { try $0.decoded() }
    guard case .change(let seal, let change) = entries[1] else {
      Issue.record("no change")
      return
    }
    centre.states[id]?.apply(
      change, dot: Dot(author: store.author, sequence: Fixture.sequence(2)), time: seal.effective,
      isSuspect: seal.isSuspect)
    centre.touch(id)
    try await store.take(try centre.feed(after: 2))
    #expect(try await store.heldBack().isEmpty)
    #expect(try await store.person(1)[alamat] == .text("DITAHAN"))
  }

  @Test func `overlays outlive a retraction, and then the record goes with its own edits remembered`()
    async throws
  {
    var (store, centre, id) = try await settled()
    let view = try await store.person(1)
    _ = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("JL. BARU"))], version: view.version,
      now: Fixture.clock(20))
    try await store.take(try centre.feed(retracting: [id]))
    #expect(try await store.record(Fixture.population, id)?[alamat] == .text("JL. BARU"))
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed(retracting: [id]))
    #expect(try await store.record(Fixture.population, id) == nil)
    #expect(try await store.records(Fixture.population).elements.isEmpty)
    // It comes back without the office's last edit being forgotten: an old version is still refused.
    try await store.take(try centre.feed())
    await #expect(throws: EditRefusal.stale(fields: [alamat])) {
      try await store.save(
        Fixture.population, id: id, values: [(alamat, .text("X"))], version: view.version,
        now: Fixture.clock(30))
    }
    // And the file of then changes nothing.
    #expect(try await store.add([Fixture.person(1)], at: 31).unchanged == 1)
  }

  @Test func `a file does not bring back who left the scope`() async throws {
    let (store, centre, id) = try await settled()
    try await store.take(try centre.feed(retracting: [id]))
    let again = try await store.add([Fixture.person(1)], at: 20)
    #expect(again.unchanged == 1 && again.first == nil)
    #expect(try await store.record(Fixture.population, id) == nil)
  }

  @Test func `a step below where the copy stands is not applied`() async throws {
    var (store, centre, id) = try await settled()
    let older = try centre.feed()
    centre.edit(id, "alamat", .text("JL. LAIN"), sequence: 1)
    try await store.take(try centre.feed())
    let outcome = try await store.apply(older[0], now: Fixture.clock(20))
    #expect(!outcome.isApplied && outcome.cursor == centre.cursor)
    #expect(try await store.person(1)[alamat] == .text("JL. LAIN"))
  }

  @Test func `a lost ack ends its overlays with the next session's first word that the feed is complete`()
    async throws
  {
    var (store, centre, id) = try await settled()
    _ = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("JL. BARU"))], version: nil, now: Fixture.clock(20))
    try await store.send(Fixture.population, to: &centre, takesAcks: false)
    let outcome = try await store.store(centre.welcome(store.incarnation), now: Fixture.clock(21))
    #expect(outcome.findings == [.agrees(Fixture.population)])
    #expect(try await store.stream(Fixture.population).acknowledged == Fixture.sequence(2))
    #expect(try await store.digest(Fixture.population).pending == 1)
    try await store.take(try centre.feed(after: 1))
    #expect(try await store.digest(Fixture.population).pending == 0)
    #expect(try await store.digest(Fixture.population).digest == centre.digest().sum)
  }

  @Test func `events of other nodes come in once, without what is out of sight`() async throws {
    let store = try await TemporaryStore().open()
    let other = try await TemporaryStore().open(node: Fixture.otherNode, random: 9)
    _ = try await other.record(
      Fixture.attendance, rows: (0..<10).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let batch = try #require(try await other.batches(Fixture.attendance, rawBytesMax: 1 << 20).first)
    let run = FeedOccurrences(
      dataset: Fixture.attendance, author: other.author, first: batch.first, last: batch.last,
      skipped: [Fixture.sequence(4)], entries: batch.entries)
    let cursor = FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: 5)
    let feed = Feed(session: 1, cursor: cursor, part: .occurrences(run))
    let outcome = try await store.apply(feed, now: Fixture.clock(2))
    #expect(outcome.occurrences == 9 && outcome.undecodable == 0)
    _ = try await store.apply(feed, now: Fixture.clock(2))
    let digest = try await store.digest(Fixture.attendance)
    #expect(digest.count == 9 && digest.pending == 0)
    let page = try await store.occurrences(Fixture.attendance)
    #expect(page.elements.allSatisfy { $0.dot?.author == other.author })
    // The same scan recorded here too is one.
    let own = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(0), Fixture.punch(3)], now: Fixture.clock(3))
    #expect(own.duplicates == 1 && own.first == Fixture.sequence(1))
  }

  /// One scan as another node said it, on its way to readers.
  private func said(
    by node: String, verify: Int64, at milliseconds: Int64, position: UInt64
  ) throws -> Feed {
    let time = Timestamp(milliseconds: Fixture.start + milliseconds)
    let punch = Fixture.punch(1, verify: verify)
    let entry = Entry.occurrence(
      Seal(effective: time, suspicion: [], wall: time, boot: 1, uptimeMilliseconds: 1),
      Occurrence(fields: punch.fields.map { .init(name: $0.0, value: $0.1) }))
    var block = ByteWriter()
    EntryBlock.append(entry.bytes, to: &block)
    let run = FeedOccurrences(
      dataset: Fixture.attendance,
      author: Author(node: Fixture.name(node), incarnation: Incarnation(generation: 1, random: position)),
      first: Fixture.sequence(1), last: Fixture.sequence(1), skipped: [],
      entries: CompressedBytes(rawCount: block.bytes.count, bytes: try Zstandard.compress(block.bytes)))
    let cursor = FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: position)
    return Feed(session: 1, cursor: cursor, part: .occurrences(run))
  }

  @Test(arguments: 0..<24)
  func `which content of a key is in sight does not depend on what the feed brought first`(_ order: Int)
    async throws
  {
    let store = try await TemporaryStore().open()
    // Each content is said twice; the one that was said first of all is in sight.
    let all: [(node: String, verify: Int64, at: Int64)] = [
      ("bkpsdm", 1, 50), ("bpbd", 2, 40), ("dinkes", 1, 30), ("dinsos", 2, 20),
    ]
    var rest = all
    var place = order
    var position: UInt64 = 0
    while !rest.isEmpty {
      let next = rest.remove(at: place % rest.count)
      place /= rest.count + 1
      position += 1
      let feed = try said(by: next.node, verify: next.verify, at: next.at, position: position)
      _ = try await store.apply(feed, now: Fixture.clock(2))
    }
    let shown = try #require(try await store.occurrences(Fixture.attendance).elements.first)
    #expect(shown[Fixture.field("verify")] == .integer(2))
    #expect(shown.dot?.author.node == Fixture.name("dinsos"))
    let variants = try await store.variants(Fixture.attendance, key: Fixture.punch(1).fields.map(\.1))
    #expect(variants.map { $0[Fixture.field("verify")] } == [.integer(1)])
    #expect(variants.map { $0.dot?.author.node } == [Fixture.name("dinkes")])
    #expect(try await store.digest(Fixture.attendance).count == 1)
  }

  @Test func `an own event that the feed brings again from somebody earlier keeps its entry`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(1, verify: 1)], now: Fixture.clock(5))
    _ = try await store.apply(try said(by: "bpbd", verify: 1, at: 1_000, position: 1), now: Fixture.clock(6))
    let shown = try #require(try await store.occurrences(Fixture.attendance).elements.first)
    #expect(shown.dot?.author.node == Fixture.name("bpbd"))
    // The same scan pushed again is no entry, and does not take the place of one.
    let again = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1, verify: 1)], now: Fixture.clock(0))
    #expect(again.duplicates == 1 && again.first == nil)
    #expect(try await store.occurrences(Fixture.attendance).elements.map(\.dot) == [shown.dot])
    let sent = try await store.batches(Fixture.attendance)
    #expect(sent.map(\.last) == [Fixture.sequence(1)])
  }

  @Test func `a feed that cannot be decoded changes nothing`() async throws {
    let (store, centre, _) = try await settled()
    let broken = CompressedBytes(rawCount: 10, bytes: [1, 2, 3])
    let cursor = FeedCursor(epoch: centre.epoch, position: 99)
    let damaged = await #expect(throws: StoreError.self) {
      try await store.apply(
        Feed(session: 1, cursor: cursor, part: .records(Fixture.population, broken)), now: Fixture.clock(20))
    }
    #expect(damaged?.code == .damaged)
    #expect(try await store.copyStanding().cursor == centre.cursor)
  }

  @Test
  func
    `a snapshot sweeps what it does not list, keeps own unanswered edits, and shelves what a restored centre lost`()
    async throws
  {
    var (store, centre, id) = try await settled()
    // Another person comes by the feed; a third is only here.
    let elsewhere = RecordID(high: 0x0100_0000_0000_0000, low: 5)
    centre.edit(elsewhere, "kode_wilayah", .text("73.12.04.1001"), sequence: 1)
    centre.edit(elsewhere, "nama", .text("DARI LAIN"), sequence: 2)
    try await store.take(try centre.feed())
    let own = try #require(try await store.add([Fixture.person(3)], at: 20).records.first)
    // The centre is restored to a time before that other person, and counts from an earlier epoch on.
    centre.states[elsewhere] = nil
    centre.positions[elsewhere] = nil
    centre.epoch = Incarnation(generation: 1, random: 0xC1)
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 1)
    let feeds = try centre.feed()
    let page = try await store.apply(feeds[0], now: Fixture.clock(21))
    #expect(!page.hasSwept)
    #expect(try await store.record(Fixture.population, elsewhere) != nil)
    let end = try await store.apply(feeds[1], now: Fixture.clock(22))
    #expect(end.hasSwept && end.shelved == 1)
    #expect(try await store.record(Fixture.population, elsewhere) == nil)
    #expect(try await store.record(Fixture.population, id) != nil)
    #expect(try await store.record(Fixture.population, own) != nil)
    let recovered = try #require(try await store.recovered().first)
    #expect(recovered.record == elsewhere)
    #expect(recovered.state[Fixture.field("nama")].siblings.map(\.value) == [.text("DARI LAIN")])
    // Its office sends it again: the centre covers it, so nothing is to be recovered any more.
    centre.edit(elsewhere, "kode_wilayah", .text("73.12.04.1001"), sequence: 1)
    centre.edit(elsewhere, "nama", .text("DARI LAIN"), sequence: 2)
    try await store.take(try centre.feed())
    #expect(try await store.recovered().isEmpty)
  }

  @Test func `other read rules sweep what has left the scope without keeping it`() async throws {
    let (store, centre, id) = try await settled()
    var next = centre
    next.epoch = Incarnation(generation: 2, random: 1)
    try await store.beginReset(sweepAt: next.position, epoch: next.epoch, ruleVersion: 77)
    try await store.take(try next.feed(omitting: [id]))
    #expect(try await store.record(Fixture.population, id) == nil)
    #expect(try await store.recovered().isEmpty)
    let standing = try await store.copyStanding()
    #expect(standing.ruleVersion == 77 && !standing.isResetting)
  }

  @Test func `a snapshot goes on where it was after a restart`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    var centre = FakeCentre()
    let first = RecordID(high: 1 << 56, low: 1)
    let second = RecordID(high: 1 << 56, low: 2)
    for id in [first, second] { centre.edit(id, "kode_wilayah", .text("73.12.04.1001"), sequence: id.low) }
    try await store.take(try centre.feed())
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 2)
    let feeds = try centre.feed(omitting: [second])
    _ = try await store.apply(feeds[0], now: Fixture.clock(1))
    try store.close()
    let again = try await temporary.open(random: 2)
    #expect(try await again.copyStanding().isResetting)
    #expect(try await again.apply(feeds[1], now: Fixture.clock(2)).hasSwept)
    #expect(try await again.records(Fixture.population).elements.map(\.id) == [first])
  }

  @Test func `a flipped bit in a record is not shown, and hello asks for everything anew`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    let id = try #require(try await store.add([Fixture.person(1), Fixture.person(2)]).records.first)
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    try temporary.execute(
      "UPDATE _record SET state = CAST(substr(state, 1, 40) || x'41' || substr(state, 42) AS BLOB) WHERE row = 1"
    )
    let damaged = await #expect(throws: StoreError.self) { try await store.record(Fixture.population, id) }
    #expect(damaged?.code == .damaged)
    // What the office itself wrote of it is found all the same.
    let trace = try #require(try await store.trace(Fixture.population, id, limit: 5))
    #expect(trace.isDamaged && trace.state == nil && trace.own.count == 1)
    #expect(try await store.records(Fixture.population).elements.count == 1)
    await #expect(throws: StoreError.self) { try await store.digest(Fixture.population) }
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(9), report: NodeReport())
    #expect(hello.cursor == nil && hello.ruleVersion == 0)
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 1)
    try await store.take(try centre.feed())
    #expect(try await store.digest(Fixture.population).digest == centre.digest().sum)
    #expect(try await store.recovered().isEmpty)
    // The law of own edits holds for the mended record too.
    _ = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("BARU"))], version: nil, now: Fixture.clock(30))
    try await store.send(Fixture.population, to: &centre)
    #expect(centre.states[id]?[alamat].siblings.count == 1)
  }
}
