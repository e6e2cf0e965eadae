import Datasets
import Replication
import Testing
import Wire

@Suite struct BatchCheckTests {
  /// A stream of short entries and gaps, with the head after each place.
  private struct Stream {
    var block = ByteWriter()
    var chain = StreamChain(at: .start)
    var marks: [StreamMark] = [.start]
    var pieces: [(first: UInt64, last: UInt64, bytes: [UInt8])] = []

    mutating func entry(_ byte: UInt8) {
      let bytes = [Entry.Kind.change.rawValue, byte]
      chain.append(bytes)
      add(bytes)
    }

    mutating func gap(through last: UInt64, count: UInt64, head: UInt8 = 7) {
      let gap = Fixture.gap(chain.last.next.value, last, count: count, head: head)
      chain.append(gap)
      add(Entry.gap(gap).bytes)
    }

    private mutating func add(_ bytes: [UInt8]) {
      let first = (marks.last?.sequence.value ?? 0) + 1
      pieces.append((first, chain.last.value, bytes))
      marks.append(chain.mark)
    }

    func mark(_ sequence: UInt64) -> StreamMark {
      Fixture.required(marks.first { $0.sequence.value == sequence }, "a mark at \(sequence)")
    }

    /// The entries from `first` to `last` as a batch, checked against `applied`.
    func check(_ first: UInt64, _ last: UInt64, applied: StreamMark, head: Hash256? = nil) -> BatchCheck {
      var block = ByteWriter()
      for piece in pieces where piece.first >= first && piece.last <= last {
        EntryBlock.append(piece.bytes, to: &block)
      }
      return BatchCheck.check(
        first: Fixture.sequence(first), last: Fixture.sequence(last), head: head ?? mark(last).head,
        block: block.bytes, applied: applied)
    }
  }

  private let stream: Stream = {
    var stream = Stream()
    for byte in 1...5 as ClosedRange<UInt8> { stream.entry(byte) }
    stream.gap(through: 9, count: 3)
    for byte in 10...12 as ClosedRange<UInt8> { stream.entry(byte) }
    return stream
  }()

  private func plan(_ check: BatchCheck) throws -> BatchPlan {
    guard case .apply(let plan) = check else {
      Issue.record("\(check) is no plan")
      throw CancellationError()
    }
    return plan
  }

  @Test func `a batch that follows is applied in order`() throws {
    let plan = try plan(stream.check(1, 5, applied: .start))
    #expect(plan.items.map(\.sequence.value) == [1, 2, 3, 4, 5])
    #expect(plan.gaps.isEmpty)
    #expect(plan.end == stream.mark(5))
  }

  @Test func `what is known of an overlapping batch is skipped`() throws {
    let plan = try plan(stream.check(1, 5, applied: stream.mark(3)))
    #expect(plan.items.map(\.sequence.value) == [4, 5])
    #expect(plan.end == stream.mark(5))
  }

  @Test func `a batch behind a hole is ahead, one that is applied is known`() {
    #expect(stream.check(3, 5, applied: stream.mark(1)) == .ahead)
    #expect(stream.check(1, 3, applied: stream.mark(5)) == .known)
    #expect(stream.check(1, 5, applied: stream.mark(5)) == .known)
  }

  @Test func `another head at the applied position is a broken stream`() {
    let other = StreamMark(sequence: Fixture.sequence(5), head: Fixture.hash(1))
    guard case .broken = stream.check(1, 5, applied: other) else {
      Issue.record("a stream with two heads at one place is taken")
      return
    }
    guard case .broken = stream.check(4, 5, applied: StreamMark(sequence: Fixture.sequence(4), head: .zero))
    else {
      Issue.record("a batch that does not follow from the applied head is taken")
      return
    }
    guard case .broken = stream.check(1, 5, applied: .start, head: Fixture.hash(2)) else {
      Issue.record("a batch with a wrong head is taken")
      return
    }
  }

  @Test func `a gap takes its range and the chain goes on from its head`() throws {
    let plan = try plan(stream.check(4, 12, applied: stream.mark(3)))
    #expect(plan.items.map(\.sequence.value) == [4, 5, 10, 11, 12])
    #expect(plan.gaps == [Fixture.gap(6, 9, count: 3, head: 7)])
    #expect(plan.end == stream.mark(12))
  }

  @Test func `of a gap across the applied position only the rest is missing`() throws {
    // The centre has 7 from elsewhere in its past: the ledger must not call it lost.
    let applied = StreamMark(sequence: Fixture.sequence(7), head: Fixture.hash(3))
    let plan = try plan(stream.check(6, 12, applied: applied))
    #expect(plan.gaps == [Fixture.gap(8, 9, count: 2, head: 7)])
    #expect(plan.end == stream.mark(12))
  }

  @Test func `a gap that is applied already is skipped`() throws {
    let plan = try plan(stream.check(6, 12, applied: stream.mark(10)))
    #expect(plan.gaps.isEmpty)
    #expect(plan.items.map(\.sequence.value) == [11, 12])
  }

  @Test func `a batch that claims more or less than it holds is broken`() {
    for (first, last) in [(1, 12), (2, 5)] as [(UInt64, UInt64)] {
      var block = ByteWriter()
      for piece in stream.pieces.prefix(5) { EntryBlock.append(piece.bytes, to: &block) }
      let check = BatchCheck.check(
        first: Fixture.sequence(first), last: Fixture.sequence(last), head: stream.mark(last).head,
        block: block.bytes, applied: stream.mark(first - 1))
      guard case .broken = check else {
        Issue.record("\(first) to \(last): \(check)")
        continue
      }
    }
  }

  @Test func `a gap that begins elsewhere than it stands is broken`() {
    var block = ByteWriter()
    EntryBlock.append(Entry.gap(Fixture.gap(2, 3)).bytes, to: &block)
    let check = BatchCheck.check(
      first: Fixture.sequence(1), last: Fixture.sequence(3), head: Fixture.hash(9), block: block.bytes,
      applied: .start)
    #expect(check == .broken(reason: "a gap does not begin at 1"))
  }

  @Test func `a block that is no block is broken, never a trap`() {
    var random = SplitMix64(seed: 4)
    for _ in 0..<3000 {
      let block = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let check = BatchCheck.check(
        first: Fixture.sequence(1 + UInt64(random.below(3))),
        last: Fixture.sequence(3 + UInt64(random.below(4))),
        head: .zero, block: block, applied: .start)
      if case .apply = check { Issue.record("\(block) is applied") }
    }
  }

  @Test func `the chain is SHA-256 over the head and the entry`() {
    var chain = StreamChain(at: .start)
    chain.append([1, 2, 3])
    // SHA-256 of 32 zero bytes and 01 02 03.
    #expect(
      chain.head.description == "4400c1b8638ac2dce3ce0e10b8a89117"
        + "5926ca29a7246e96ef41aa81f11201cc")
    #expect(chain.last.value == 1)
    chain.append(Fixture.gap(2, 4))
    #expect(chain.mark == StreamMark(sequence: Fixture.sequence(4), head: Fixture.hash(9)))
  }
}
