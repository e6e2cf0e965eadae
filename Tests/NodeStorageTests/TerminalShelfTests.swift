import Datasets
import NodeStorage
import Storage
import Synchronization
import Testing
import Wire

@Suite struct TerminalShelfTests {
  private static func serial(_ text: String) throws -> TerminalSerial { try #require(TerminalSerial(text)) }

  private static func lines(_ range: Range<Int>) -> [[UInt8]] {
    range.map { Array("\($0)\t2026-11-02 07:00:00\t0\t1".utf8) }
  }

  @Test func `what was put there is there after the store was opened again, each line once`() async throws {
    let disk = try TemporaryStore()
    let serial = try Self.serial("X1")
    var store = try await disk.open()
    try await store.terminals.put(Self.lines(0..<3), of: serial, .unknownTerminal, now: Fixture.clock(1))
    try await store.terminals.put(Self.lines(1..<5), of: serial, .unknownTerminal, now: Fixture.clock(2))
    try await store.terminals.put(Self.lines(0..<1), of: serial, .unreadable, now: Fixture.clock(3))
    try await store.terminals.adopt(serial, at: Fixture.clock(4).wall)
    try await store.terminals.adopt(serial, at: Fixture.clock(5).wall)
    try store.close()
    store = try await disk.open()
    let shelf = store.terminals
    #expect(try await shelf.lines(of: serial, .unknownTerminal, limit: 100).map(\.bytes) == Self.lines(0..<5))
    #expect(try await shelf.adopted() == [serial: Fixture.clock(4).wall])
    let summaries = try await shelf.summaries()
    #expect(summaries.map(\.reason) == [.unknownTerminal, .unreadable])
    #expect(summaries.map(\.count) == [5, 1])
    #expect(summaries.first?.firstAt == Fixture.clock(1).wall && summaries.first?.lastAt == Fixture.clock(2).wall)
    #expect(try await shelf.release(serial))
    #expect(try await shelf.release(serial) == false)
    #expect(try await shelf.adopted().isEmpty)
  }

  @Test func `lines are read page by page and let go one by one or all at once`() async throws {
    let store = try await TemporaryStore().open()
    let shelf = store.terminals
    let serial = try Self.serial("X1")
    try await shelf.put(Self.lines(0..<10), of: serial, .unknownTerminal, now: Fixture.clock(1))
    let first = try await shelf.lines(of: serial, .unknownTerminal, limit: 4)
    let second = try await shelf.lines(of: serial, .unknownTerminal, after: try #require(first.last).number, limit: 4)
    #expect((first + second).map(\.bytes) == Self.lines(0..<8))
    try await shelf.remove(first.map(\.number))
    #expect(try await shelf.lines(of: serial, .unknownTerminal, limit: 100).map(\.bytes) == Self.lines(4..<10))
    #expect(try await shelf.discard(serial, .unknownTerminal) == 6)
    #expect(try await shelf.summaries().isEmpty)
  }

  @Test func `lines beyond what is kept of a terminal are refused, and the others stay`() async throws {
    let store = try await TemporaryStore().open()
    let shelf = store.terminals
    let serial = try Self.serial("X1")
    try await shelf.put(Self.lines(0..<TerminalShelf.linesMax), of: serial, .unknownTerminal, now: Fixture.clock(1))
    let error = await #expect(throws: StoreError.self) {
      try await shelf.put(Self.lines(-1..<1), of: serial, .unknownTerminal, now: Fixture.clock(1))
    }
    #expect(error?.code == .full)
    #expect(try await shelf.summaries().map(\.count) == [TerminalShelf.linesMax])
  }

  @Test func `strangers cannot fill the shelf by making serial numbers up, and the office's own lines still go there`()
    async throws
  {
    let store = try await TemporaryStore().open()
    let shelf = store.terminals
    for number in 0..<TerminalShelf.terminalsMax {
      try await shelf.put(Self.lines(0..<1), of: try Self.serial("S\(number)"), .unknownTerminal, now: Fixture.clock(1))
    }
    let error = await #expect(throws: StoreError.self) {
      try await shelf.put(Self.lines(0..<1), of: try Self.serial("T"), .unknownTerminal, now: Fixture.clock(1))
    }
    #expect(error?.code == .full)
    try await shelf.put(Self.lines(1..<2), of: try Self.serial("S0"), .unknownTerminal, now: Fixture.clock(1))
    try await shelf.put(Self.lines(0..<1), of: try Self.serial("T"), .unreadable, now: Fixture.clock(1))
    // The office's own may stand beside the strangers, whose lines are still taken.
    try await shelf.put(Self.lines(2..<3), of: try Self.serial("S0"), .unknownTerminal, now: Fixture.clock(1))
  }

  private final class Disk: Sendable {
    let isFull = Atomic(false)
  }

  @Test func `for a stranger's lines nothing is dropped, for those of the office's own terminal samples give way`()
    async throws
  {
    let disk = Disk()
    let store = try await TemporaryStore().open(
      limits: NodeStoreLimits(reserveBytes: 0),
      freeBytes: { disk.isFull.load(ordering: .relaxed) ? 0 : 1 << 40 })
    let rows = (0..<500).map { Fixture.sample($0, detail: String(repeating: "x", count: 1000)) }
    _ = try await store.record(Fixture.camera, rows: rows, now: Fixture.clock(1))
    disk.isFull.store(true, ordering: .relaxed)
    let (serial, lines) = (try Self.serial("X1"), Self.lines(0..<500))
    let error = await #expect(throws: StoreError.self) {
      try await store.terminals.put(lines, of: serial, .unknownTerminal, now: Fixture.clock(2))
    }
    #expect(error?.code == .full)
    #expect(try await store.status().thinned == 0)
    try await store.terminals.put(lines, of: serial, .unreadable, now: Fixture.clock(2))
    #expect(try await store.status().thinned > 0)
    #expect(try await store.terminals.summaries().map(\.count) == [500])
  }
}
