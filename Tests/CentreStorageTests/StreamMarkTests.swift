import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

struct StreamMarkTests {
  /// The hello of a disk that went back to `office`.
  private func restored(_ office: Office, random: UInt64, sealed: StreamMark = .start) -> Office {
    var restored = office
    let last = office.chain(attendance).last
    restored.restart(random: random)
    // Its backup had not sealed anything, so only the centre knows the head.
    restored.lineage[0] = Lineage(
      incarnation: restored.incarnation, parent: office.incarnation,
      ends: [Lineage.End(dataset: attendance, last: last, sealed: sealed)])
    return restored
  }

  @Test(arguments: [1, 2, 130, 700, 1_190])
  func `heads are found wherever a restored node goes back to, though few are kept`(_ back: Int) async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var older = office
    var batches: [IncomingBatch] = []
    for number in 0..<1_200 {
      let batch = try office.batch(
        attendance, [try punch(second: Int64(number * 2)), try punch(second: Int64(number * 2 + 1))])
      batches.append(IncomingBatch(node: office.node, batch: batch))
      if number == 1_200 - 1 - back { older = office }
    }
    _ = try await test.store.apply(batches, now: start)
    let count = try #require(try test.sql("SELECT count(*) FROM stream_mark").first.flatMap { Int($0) })
    #expect(count < 400)
    // The newest stay: that is where lines part.
    #expect(
      try test.sql("SELECT count(*) FROM stream_mark WHERE sequence > \(2 * 1_200 - 2 * 64)") == ["64"])
    let hello = restored(older, random: 70).hello()
    let admission = try await test.store.admit(node: office.node, hello: hello, now: start)
    guard case .welcomed(let welcome, _) = admission.decision else { throw TestFailure("\(admission)") }
    #expect(welcome.positions.map(\.applied) == [older.chain(attendance).mark])
  }

  @Test func `the end of a gap is kept, because no entries stand for it`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    var chain = office.chain(attendance)
    var beyond = chain
    for second in 1..<6 { beyond.append(try punch(second: Int64(second)).bytes) }
    let gap = try #require(
      Gap(
        first: chain.last.next, last: beyond.last, recordCount: 5, reason: .thinned,
        headAfter: beyond.mark.head))
    chain.append(gap)
    try await test.apply(office, try office.batch(attendance, [.gap(gap)]))
    var older = office
    var batches: [IncomingBatch] = []
    for number in 10..<1_010 {
      let batch = try office.batch(attendance, [try punch(second: Int64(number))])
      batches.append(IncomingBatch(node: office.node, batch: batch))
      if number == 12 { older = office }
    }
    _ = try await test.store.apply(batches, now: start)
    let hello = restored(older, random: 71).hello()
    let admission = try await test.store.admit(node: office.node, hello: hello, now: start)
    guard case .welcomed(let welcome, _) = admission.decision else { throw TestFailure("\(admission)") }
    #expect(welcome.positions.map(\.applied) == [older.chain(attendance).mark])
  }
}
