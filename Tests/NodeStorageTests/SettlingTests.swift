import Compression
import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

/// What is left to do in steps once the feed has said that it is complete.
@Suite struct SettlingTests {
  private let alamat = Fixture.field("alamat")

  private func limits(step: Int) -> NodeStoreLimits { NodeStoreLimits(copyStep: step) }

  /// Goes on until nothing is left.
  /// - Returns: how many steps that were, and whether one of them completed a sweep.
  private func settle(_ store: NodeStore) async throws -> (steps: Int, hasSwept: Bool) {
    var steps = 0
    var hasSwept = false
    while true {
      let step = try await store.settleCopy(now: Fixture.clock(50))
      steps += 1
      hasSwept = hasSwept || step.hasSwept
      if !step.hasMore { return (steps, hasSwept) }
      try #require(steps < 1000)
    }
  }

  @Test func `overlays of a large import end step by step without another feed or ack`() async throws {
    let store = try await TemporaryStore().open(limits: limits(step: 3))
    _ = try await store.add((0..<10).map { Fixture.person($0) })
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    let feeds = try centre.feed()
    _ = try await store.apply(feeds[0], now: Fixture.clock(11))
    let outcome = try await store.apply(feeds[1], now: Fixture.clock(11))
    #expect(outcome.hasMore)
    #expect(try await store.digest(Fixture.population).pending == 7)
    #expect(try await settle(store).steps == 3)
    let digest = try await store.digest(Fixture.population)
    #expect(digest.pending == 0 && digest.digest == centre.digest().sum)
  }

  @Test func `an ack that ends more overlays than a step does says so`() async throws {
    let store = try await TemporaryStore().open(limits: limits(step: 3))
    _ = try await store.add((0..<10).map { Fixture.person($0) })
    var centre = FakeCentre()
    let batch = try #require(try await store.batches(Fixture.population, rawBytesMax: 1 << 20).first)
    let ack = try centre.receive(batch)
    // The feed shows the effect before the ack comes.
    try await store.take(try centre.feed())
    #expect(try await store.apply(ack, now: Fixture.clock(12)) == .takenWithMore)
    _ = try await settle(store)
    #expect(try await store.digest(Fixture.population).pending == 0)
  }

  /// A store with the records of another office, and what the centre has.
  private func filled(_ temporary: TemporaryStore, count: Int) async throws -> (NodeStore, FakeCentre) {
    let store = try await temporary.open(limits: limits(step: 4))
    var centre = FakeCentre()
    for number in 1...count {
      let id = RecordID(high: 1 << 56, low: UInt64(number))
      centre.edit(id, "kode_wilayah", .text("73.12.04.1001"), sequence: UInt64(number * 2))
      centre.edit(id, "nama", .text("ORANG \(number)"), sequence: UInt64(number * 2 + 1))
    }
    try await store.take(try centre.feed())
    return (store, centre)
  }

  @Test func `a sweep goes in steps, and on from there after a restart`() async throws {
    let temporary = try TemporaryStore()
    let (store, centre) = try await filled(temporary, count: 10)
    let kept = RecordID(high: 1 << 56, low: 9)
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 2)
    for feed in try centre.feed(omitting: Set(centre.positions.keys).subtracting([kept])) {
      let outcome = try await store.apply(feed, now: Fixture.clock(20))
      #expect(!outcome.hasSwept)
    }
    let left = try await store.records(Fixture.population).elements.count
    #expect(left == 6)
    #expect(try await store.copyStanding().isResetting)
    try store.close()
    let again = try await temporary.open(random: 2, limits: limits(step: 4))
    #expect(try await settle(again).hasSwept)
    #expect(try await again.records(Fixture.population).elements.map(\.id) == [kept])
    let standing = try await again.copyStanding()
    #expect(!standing.isResetting)
  }

  @Test func `sweeping a damaged record keeps what the node wrote of it`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    var centre = FakeCentre()
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    let view = try await store.person(1)
    _ = try await store.save(
      Fixture.population, id: id, values: [(alamat, .text("JL. BARU"))], version: view.version,
      now: Fixture.clock(20))
    try await store.send(Fixture.population, to: &centre)
    try await store.take(try centre.feed())
    try temporary.execute("UPDATE _record SET checksum = checksum + 1")
    try temporary.execute("DELETE FROM _import_memory")
    try await store.beginReset(sweepAt: centre.position, epoch: centre.epoch, ruleVersion: 2)
    try await store.take(try centre.feed(omitting: [id]))
    #expect(try await store.record(Fixture.population, id) == nil)
    // It comes back: the office's own later edit is still known.
    try await store.take(try centre.feed())
    await #expect(throws: EditRefusal.stale(fields: [alamat])) {
      try await store.save(
        Fixture.population, id: id, values: [(alamat, .text("X"))], version: view.version,
        now: Fixture.clock(30))
    }
  }

  // MARK: Events

  private func feed(
    _ other: NodeStore, position: UInt64, skipped: [UInt64] = []
  ) async throws -> Feed {
    let batch = try #require(try await other.batches(Fixture.attendance, rawBytesMax: 1 << 20).first)
    let run = FeedOccurrences(
      dataset: Fixture.attendance, author: other.author, first: batch.first, last: batch.last,
      skipped: skipped.map(Fixture.sequence), entries: batch.entries)
    return Feed(
      session: 1, cursor: FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: position),
      part: .occurrences(run))
  }

  private func end(_ position: UInt64) -> Feed {
    Feed(
      session: 1, cursor: FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: position),
      part: .nothing)
  }

  private func sum(_ numbers: [Int]) -> DigestSum {
    var sum = DigestSum()
    for number in numbers {
      let row = Fixture.punch(number)
      sum += OccurrenceDigest.of(dataset: Fixture.attendance, key: row.fields.prefix(4).map(\.value))
    }
    return sum
  }

  @Test func `a reset sweeps other offices' events that it does not list, and keeps the own ones`()
    async throws
  {
    let store = try await TemporaryStore().open(limits: limits(step: 3))
    let other = try await TemporaryStore().open(node: Fixture.otherNode, random: 9)
    _ = try await other.record(
      Fixture.attendance, rows: (0..<10).map { Fixture.punch($0) }, now: Fixture.clock(1))
    try await store.take([try await feed(other, position: 5), end(5)])
    // Own ones: two of their own, and other content for one that another office has (out of sight: it is later).
    _ = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(100), Fixture.punch(101), Fixture.punch(3, verify: 15)],
      now: Fixture.clock(2))
    #expect(try await store.digest(Fixture.attendance).count == 12)
    // The role went: the snapshot lists nothing of others.
    try await store.beginReset(sweepAt: 6, epoch: Incarnation(generation: 1, random: 1), ruleVersion: 2)
    try await store.take([end(6)])
    #expect(try await settle(store).hasSwept)
    let page = try await store.occurrences(Fixture.attendance)
    #expect(page.elements.count == 3 && page.elements.allSatisfy { $0.dot?.author == store.author })
    let digest = try await store.digest(Fixture.attendance)
    #expect(digest.count == 3 && digest.digest == sum([3, 100, 101]))
    #expect(try await store.status().copyBytes == 0)
  }

  @Test func `events of this office's older disk that a restored centre has lost go to it again`() async throws {
    let store = try await TemporaryStore().open(random: 2, limits: limits(step: 3))
    // The older disk sent them; this one, set back, knows them by the feed.
    let older = try await TemporaryStore().open(random: 1)
    _ = try await older.record(
      Fixture.attendance, rows: (0..<5).map { Fixture.punch($0) }, now: Fixture.clock(1))
    try await store.take([try await feed(older, position: 5), end(5)])
    _ = try await store.record(Fixture.attendance, rows: [Fixture.punch(9)], now: Fixture.clock(2))
    // The centre is set back to before it had any of it.
    let epoch = Incarnation(generation: 1, random: 2)
    try await store.beginReset(sweepAt: 0, epoch: epoch, ruleVersion: 1)
    var appended: [DatasetName: Datasets.Sequence] = [:]
    let outcome = try await store.apply(
      Feed(session: 1, cursor: FeedCursor(epoch: epoch, position: 0), part: .nothing), now: Fixture.clock(20))
    appended.merge(outcome.appended) { $1 }
    while true {
      let settling = try await store.settleCopy(now: Fixture.clock(21))
      appended.merge(settling.appended) { $1 }
      if !settling.hasMore { break }
    }
    #expect(appended == [Fixture.attendance: Fixture.sequence(6)])
    var centre = FakeCentre()
    try await store.send(Fixture.attendance, to: &centre)
    #expect(centre.occurrences.count == 6)
    let digest = try await store.digest(Fixture.attendance)
    #expect(digest.count == 6 && digest.digest == sum([0, 1, 2, 3, 4, 9]))
    #expect(try await store.status().copyBytes == 0)
    // Once: the next snapshot finds nothing to record anew.
    try await store.beginReset(sweepAt: 0, epoch: Incarnation(generation: 1, random: 3), ruleVersion: 1)
    _ = try await store.apply(
      Feed(
        session: 1, cursor: FeedCursor(epoch: Incarnation(generation: 1, random: 3), position: 0), part: .nothing),
      now: Fixture.clock(30))
    #expect(try await settle(store).hasSwept)
    #expect(try await store.stream(Fixture.attendance).last == Fixture.sequence(6))
  }

  @Test func `an own event stays also where another office's earlier entry stands for it`() async throws {
    let store = try await TemporaryStore().open()
    let other = try await TemporaryStore().open(node: Fixture.otherNode, random: 9)
    _ = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1), Fixture.punch(2, verify: 15)], now: Fixture.clock(5))
    _ = try await other.record(
      Fixture.attendance, rows: [Fixture.punch(1), Fixture.punch(2), Fixture.punch(3)], now: Fixture.clock(1))
    try await store.take([try await feed(other, position: 5), end(5)])
    #expect(
      try await store.occurrences(Fixture.attendance).elements.allSatisfy { $0.dot?.author == other.author })
    try await store.beginReset(sweepAt: 6, epoch: Incarnation(generation: 1, random: 1), ruleVersion: 2)
    try await store.take([end(6)])
    let digest = try await store.digest(Fixture.attendance)
    #expect(digest.count == 2 && digest.digest == sum([1, 2]))
    let verify = try await store.occurrences(Fixture.attendance).elements.map { $0[Fixture.field("verify")] }
    #expect(verify.count == 2 && verify.contains(.integer(15)))
  }

  @Test func `what a snapshot lists again stays, also as a variant, and is not counted twice`() async throws {
    let store = try await TemporaryStore().open(limits: limits(step: 3))
    let other = try await TemporaryStore().open(node: Fixture.otherNode, random: 9)
    _ = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(2, verify: 15)], now: Fixture.clock(1))
    _ = try await other.record(
      Fixture.attendance, rows: (0..<6).map { Fixture.punch($0) }, now: Fixture.clock(2))
    try await store.take([try await feed(other, position: 5), end(5)])
    let before = try await store.digest(Fixture.attendance)
    try await store.beginReset(sweepAt: 6, epoch: Incarnation(generation: 1, random: 1), ruleVersion: 2)
    // All but one of them is listed again.
    try await store.take([try await feed(other, position: 6, skipped: [6]), end(6)])
    #expect(try await settle(store).hasSwept)
    let digest = try await store.digest(Fixture.attendance)
    #expect(before.count == 6 && digest.count == 5 && digest.digest == sum([0, 1, 2, 3, 4]))
    let key = Array(Fixture.punch(2).fields.prefix(4).map(\.value))
    #expect(try await store.variants(Fixture.attendance, key: key).count == 1)
    #expect(try await store.occurrences(Fixture.attendance).elements.count == 5)
  }

  @Test func `damage that a reader met in another office's event is made good by the snapshot, counted once`()
    async throws
  {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    let other = try await TemporaryStore().open(node: Fixture.otherNode, random: 9)
    _ = try await other.record(
      Fixture.attendance, rows: (0..<6).map { Fixture.punch($0) }, now: Fixture.clock(2))
    try await store.take([try await feed(other, position: 5), end(5)])
    try temporary.execute("UPDATE attendance SET verify = 99 WHERE pin = '4'")
    #expect(try await store.occurrences(Fixture.attendance).elements.count == 5)
    try await store.check(now: Fixture.clock(3))
    #expect(try await store.copyStanding().needsRebuild)
    try await store.beginReset(sweepAt: 6, epoch: Incarnation(generation: 1, random: 1), ruleVersion: 1)
    try await store.take([try await feed(other, position: 6), end(6)])
    let digest = try await store.digest(Fixture.attendance)
    #expect(digest.count == 6 && digest.digest == sum(Array(0..<6)))
  }

  // MARK: Datasets that come later

  @Test func `a dataset that the node does not have keeps no other back, and is asked for once it is there`()
    async throws
  {
    let temporary = try TemporaryStore()
    let others = Fixture.definitions.filter { $0.name != Fixture.attendance }
    let store = try await temporary.open(definitions: others)
    let other = try await TemporaryStore().open(node: Fixture.otherNode, random: 9)
    _ = try await other.record(
      Fixture.attendance, rows: (0..<6).map { Fixture.punch($0) }, now: Fixture.clock(2))
    let outcome = try await store.apply(try await feed(other, position: 5), now: Fixture.clock(3))
    #expect(outcome.skipped == 6 && outcome.cursor.position == 5)
    #expect(try await store.copyStanding().cursor?.position == 5)
    try await store.install(Fixture.definitions, profile: Fixture.profile)
    let hello = try await store.hello(
      softwareVersion: "1", clock: Fixture.clock(9), report: NodeReport())
    #expect(hello.cursor == nil)
    try await store.beginReset(sweepAt: 6, epoch: Incarnation(generation: 1, random: 1), ruleVersion: 1)
    try await store.take([try await feed(other, position: 6), end(6)])
    #expect(try await store.digest(Fixture.attendance).count == 6)
    // Asked for once, not at every start.
    try await store.install(Fixture.definitions, profile: Fixture.profile)
    #expect(try await !store.copyStanding().needsRebuild)
  }

  // MARK: Counting

  @Test func `what status counts is counted when it changes`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    var centre = FakeCentre()
    centre.quarantines = [Fixture.sequence(1), Fixture.sequence(3)]
    let ids = try await store.add((0..<4).map { Fixture.person($0) }).records
    let batch = try #require(try await store.batches(Fixture.population, rawBytesMax: 1 << 20).first)
    let ack = try centre.receive(batch)
    _ = try await store.apply(ack, now: Fixture.clock(10))
    #expect(try await store.status().heldBack == 2)
    // The same ack again, and one dismissed.
    _ = try await store.apply(ack, now: Fixture.clock(11))
    #expect(try await store.status().heldBack == 2)
    #expect(try await store.heldBack().allSatisfy { $0.change != nil })
    try await store.dismissHeldBack(Fixture.population, Fixture.sequence(1))
    #expect(try await store.status().heldBack == 1)

    let id = try #require(ids.last)
    centre.edit(id, "nama", .text("LAIN"), sequence: 1, saw: .empty)
    try await store.take(try centre.feed())
    _ = try await store.add([Fixture.person(3, ["nama": .text("NAMA LAIN LAGI")])], at: 20)
    let open = try await store.conflicts(state: .open).elements.count
    #expect(try await store.status().conflictsOpen == open && open > 0)
    try store.close()
    let again = try await temporary.open(random: 2)
    let status = try await again.status()
    #expect(status.heldBack == (try temporary.count("_held_back")))
    #expect(status.heldValues == (try temporary.count("_held_value")))
    #expect(status.damaged == (try temporary.count("_damage")))
    #expect(status.conflictsOpen == open)
  }
}
