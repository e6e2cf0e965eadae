import Datasets
import NodeStorage
import Replication
import Storage
import Synchronization
import Testing
import Wire

@Suite struct QuotaTests {
  private static let filler = String(repeating: "lorem ipsum ", count: 100)

  /// A free disk that a test can fill.
  private final class Disk: Sendable {
    private let bytes: Atomic<UInt64>
    init(_ bytes: UInt64) { self.bytes = Atomic(bytes) }
    var free: UInt64 {
      get { bytes.load(ordering: .relaxed) }
      set { bytes.store(newValue, ordering: .relaxed) }
    }
  }

  private func limits(_ quota: UInt64) -> NodeStoreLimits {
    NodeStoreLimits(quotaBytes: quota, reserveBytes: 0)
  }

  private func samples(_ range: Range<Int>) -> [ValidRow] {
    range.map { Fixture.sample($0, detail: Self.filler) }
  }

  /// Records samples in small batches until `count` were taken.
  private func fill(_ store: NodeStore, _ range: Range<Int>, at seconds: Int64 = 1) async throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 50) {
      let rows = samples(start..<min(start + 50, range.upperBound))
      let result = try await store.record(Fixture.camera, rows: rows, now: Fixture.clock(seconds))
      #expect(result.accepted == rows.count)
    }
  }

  @Test
  func `under pressure acknowledged samples go first, then other acknowledged entries, then unsent samples`()
    async throws
  {
    let store = try await TemporaryStore().open(limits: limits(3_000_000))
    _ = try await store.record(
      Fixture.attendance, rows: (0..<200).map { Fixture.punch($0) }, now: Fixture.clock(1))
    try await fill(store, 0..<300)
    var centre = FakeCentre()
    try await store.send(Fixture.attendance, to: &centre)
    try await store.send(Fixture.camera, to: &centre)
    #expect(try await store.status().pressureAt == nil)

    func stage() async throws -> (camera: UInt64, attendance: UInt64, thinned: UInt64) {
      let (camera, attendance) = try await (store.stream(Fixture.camera), store.stream(Fixture.attendance))
      return (camera.earliestKept.value, attendance.earliestKept.value, try await store.status().thinned)
    }
    var seen: [(camera: UInt64, attendance: UInt64, thinned: UInt64)] = []
    for start in stride(from: 300, to: 3000, by: 50) {
      try await fill(store, start..<start + 50, at: 2)
      seen.append(try await stage())
      if seen.last?.thinned ?? 0 > 0 { break }
    }
    // Whenever events had gone, no acknowledged sample was left; whenever samples were thinned, no
    // acknowledged event.
    #expect(seen.contains { $0.camera > 1 && $0.attendance == 1 })
    for stage in seen {
      if stage.attendance > 1 { #expect(stage.camera == 301) }
      if stage.thinned > 0 { #expect(stage.attendance == 201) }
    }
    #expect(seen.last?.thinned ?? 0 > 0)
    let status = try await store.status()
    #expect(status.usedBytes <= 3_000_000 && status.trimmedUnderPressure == 500)
  }

  @Test func `the ledger is what is missing, and the centre's gaps are the ledger`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open(limits: limits(2_000_000))
    try await fill(store, 0..<2000)
    let ledger = try await store.ledger()
    #expect(ledger.count == 1 && ledger.first?.reason == .thinned)
    let entry = try #require(ledger.first)
    #expect(entry.first == Fixture.sequence(1) && entry.recordCount == entry.last.value)
    #expect(try await store.status().thinned == entry.recordCount)
    #expect(try await store.stream(Fixture.camera).backlogChanges == 2000 - entry.recordCount)
    let digest = try await store.digest(Fixture.camera)
    #expect(digest.count == 2000 - entry.recordCount)
    var sum = DigestSum()
    for number in Int(entry.last.value)..<2000 {
      let row = Fixture.sample(number)
      sum += OccurrenceDigest.of(dataset: Fixture.camera, key: row.fields.prefix(2).map(\.value))
    }
    #expect(digest.digest == sum)
    var centre = FakeCentre()
    try await store.send(Fixture.camera, to: &centre)
    #expect(centre.gaps.map(\.first) == ledger.map(\.first) && centre.gaps.map(\.last) == ledger.map(\.last))
    #expect(centre.gaps.map(\.recordCount) == ledger.map(\.recordCount))
    #expect(UInt64(centre.occurrences.count) + entry.recordCount == 2000)
    #expect(try await store.stream(Fixture.camera).backlogBytes == 0)
    // And again from another session, from the same bytes.
    var second = FakeCentre()
    try await store.send(Fixture.camera, to: &second, takesAcks: false)
    #expect(second.applied == centre.applied)
  }

  @Test func `what was sent and not answered is not thinned; then intake says full and changes nothing`()
    async throws
  {
    let store = try await TemporaryStore().open(limits: limits(2_000_000))
    try await fill(store, 0..<300)
    let sealed = try await store.batches(Fixture.camera)
    var number = 300
    let error = await #expect(throws: StoreError.self) {
      while number < 5000 {
        _ = try await store.record(
          Fixture.attendance, rows: (number * 100..<number * 100 + 500).map { Fixture.punch($0) },
          now: Fixture.clock(2))
        number += 5
      }
    }
    #expect(error?.code == .full)
    #expect(try await store.ledger().isEmpty)
    #expect(try await store.batches(Fixture.camera) == sealed)
    let before = try await store.stream(Fixture.attendance)
    await #expect(throws: StoreError.self) { try await store.add((0..<500).map { Fixture.person($0) }) }
    #expect(try await store.stream(Fixture.attendance) == before)
    // Once the centre has answered there is room again.
    var centre = FakeCentre()
    try await store.send(Fixture.camera, to: &centre)
    #expect(try await store.add([Fixture.person(1)]).created == 1)
  }

  @Test func `the copy of other offices' events fills no quota`() async throws {
    let store = try await TemporaryStore().open(limits: limits(1_500_000))
    let other = try await TemporaryStore().open(node: Fixture.otherNode, random: 9)
    var position: UInt64 = 0
    for start in stride(from: 0, to: 24_000, by: 2000) {
      _ = try await other.record(
        Fixture.attendance, rows: (start..<start + 2000).map { Fixture.punch($0) }, now: Fixture.clock(1))
    }
    for batch in try await other.batches(Fixture.attendance, rawBytesMax: 200_000) {
      position += 1
      let run = FeedOccurrences(
        dataset: Fixture.attendance, author: other.author, first: batch.first, last: batch.last, skipped: [],
        entries: batch.entries)
      let cursor = FeedCursor(epoch: Incarnation(generation: 1, random: 1), position: position)
      _ = try await store.apply(
        Feed(session: 1, cursor: cursor, part: .occurrences(run)), now: Fixture.clock(2))
    }
    let status = try await store.status()
    #expect(status.usedBytes > 1_500_000 && status.copyBytes > status.usedBytes / 2)
    #expect(status.copyBytes < status.usedBytes)
    let own = try await store.record(
      Fixture.attendance, rows: [Fixture.punch(1, device: "LAIN")], now: Fixture.clock(3))
    #expect(own.accepted == 1)
  }

  @Test func `thinning goes on behind what was sent and ends where the incarnation does`() async throws {
    let temporary = try TemporaryStore()
    let first = try await temporary.open(random: 1, limits: limits(50_000_000))
    try await fill(first, 0..<100)
    let sealed = try await first.batches(Fixture.camera, rawBytesMax: 30_000).prefix(2)
    try await fill(first, 100..<300)
    try first.close()
    let store = try await temporary.open(random: 2, limits: limits(1_500_000))
    try await fill(store, 300..<1000)
    var centre = FakeCentre()
    try await store.send(Fixture.camera, to: &centre)
    #expect(centre.applied[Fixture.camera]?.sequence == Fixture.sequence(1000))
    let ledger = try await store.ledger()
    #expect(ledger.map(\.first) == centre.gaps.map(\.first))
    #expect(ledger.first.map { $0.first > (sealed.last?.last ?? .none) } == true)
    #expect(
      ledger.contains { $0.last == Fixture.sequence(300) }
        && ledger.contains { $0.first == Fixture.sequence(301) })
  }

  @Test func `a disk that runs into its reserve is full too, but free pages are used`() async throws {
    let disk = Disk(.max)
    let store = try await TemporaryStore().open(
      limits: NodeStoreLimits(quotaBytes: 1 << 40, reserveBytes: 1_000_000), freeBytes: { disk.free })
    _ = try await store.record(
      Fixture.attendance, rows: (0..<2000).map { Fixture.punch($0) }, now: Fixture.clock(1))
    disk.free = 900_000
    let error = await #expect(throws: StoreError.self) {
      try await store.record(Fixture.attendance, rows: [Fixture.punch(9999)], now: Fixture.clock(2))
    }
    #expect(error?.code == .full)
    // What the centre has acknowledged makes free pages, which take entries without taking disk.
    var centre = FakeCentre()
    try await store.send(Fixture.attendance, to: &centre)
    let taken = try await store.record(Fixture.attendance, rows: [Fixture.punch(9999)], now: Fixture.clock(3))
    #expect(taken.accepted == 1)
    disk.free = .max
    #expect(try await store.status().pressureAt != nil)
  }
}
