import Datasets
import GRDB
import Replication
import Storage
import TestSupport
import Testing
import Wire

@testable import CentreStorage

/// The fast path must accept nothing that the judge refuses, and store what the slow path stores.
struct OccurrenceDecoderTests {
  private static let texts = ["lobby", "", "pintu-01234", "café", "日本", "\u{0}x", "gerbang"]
  private static let decimals = [
    "12.5", "-0.5", "0", "240", "240.01", "1e2", "nan", ".5", "5.", "12345678901234567", "x", "00.5", "7.50",
    "-0", "100",
  ]
  /// A key's instant has one offset only; the others are for the judge.
  private static let offsets = [480, 480, 480, 480, 480, 0, -210, 1439]

  private func value(_ column: Int, _ random: inout SeededRandom) -> Value {
    if Int.random(in: 0..<12, using: &random) == 0 { return .null }
    if Int.random(in: 0..<25, using: &random) == 0 {
      return .integer(Int64.random(in: -3...300, using: &random))
    }
    switch column {
    case 0: return .text(Self.texts.randomElement(using: &random) ?? "")
    case 1:
      let milliseconds = Int64.random(in: -70_000_000_000_000...260_000_000_000_000, using: &random)
      let whole = Bool.random(using: &random) ? milliseconds / 1000 * 1000 : milliseconds
      return .instant(
        ZonedInstant(
          timestamp: Timestamp(milliseconds: whole),
          offsetMinutes: Self.offsets.randomElement(using: &random) ?? 0))
    case 2: return .text(["ok", "dark", "frozen"].randomElement(using: &random) ?? "")
    case 3: return .decimal(Self.decimals.randomElement(using: &random) ?? "")
    case 4: return .boolean(Bool.random(using: &random))
    case 5: return .date(CalendarDate(daysSinceEpoch: Int64.random(in: -800_000...3_000_000, using: &random)))
    default: return .list(of: ["a", "b"])
    }
  }

  /// One row as text, with each column's SQLite type.
  private func row(_ database: Database, _ table: TypedTable) throws -> String? {
    let columns = table.columns.map { TypedTable.quoted($0.name) }
    let list = columns.map { "typeof(\($0)) || ':' || coalesce(hex(\($0)), '')" }.joined(
      separator: " || ',' || ")
    return try String.fetchOne(database, sql: "SELECT \(list) FROM \(table.name)")
  }

  @Test(arguments: 0..<8)
  func `fast and slow path agree on every entry`(_ seed: Int) throws {
    let definition = try Fleet.camera()
    let installed = InstalledDataset(definition)
    let plan = try #require(installed.plan)
    let write = Access(
      rules: [AccessRule(roles: ["*"])], profile: try Fleet.profile("a", region: "73.12", roles: []))
    let judge = EntryJudge(definition: definition, write: write, now: start)
    let queue = try DatabaseQueue()
    var random = SeededRandom(seed: UInt64(seed))
    var fast = 0
    try queue.write { database in
      try installed.table.install(database)
      let decoder = OccurrenceDecoder(plan, now: start, clockLimitMilliseconds: judge.clockLimitMilliseconds)
      let statement = try RawStatement(database, installed.insertion)
      let delete = try RawStatement(database, "DELETE FROM camera")
      for _ in 0..<1500 {
        var fields: [Occurrence.FieldValue] = []
        for (column, field) in definition.fields.enumerated() where Int.random(in: 0..<20, using: &random) > 0 {
          if column == 6, Int.random(in: 0..<3, using: &random) > 0 { continue }
          fields.append(.init(name: field.name, value: value(column, &random)))
        }
        let offsets: [Int64] = [-5000, 0, 299_999, 300_001]
        let offset = offsets.randomElement(using: &random) ?? 0
        let sealed = seal(offset, suspect: Bool.random(using: &random))
        let bytes = Entry.occurrence(sealed, Occurrence(fields: fields)).bytes
        let slow = try? OccurrenceWriter.judged(bytes, 0..<bytes.count, by: judge)
        statement.bind("a", at: plan.nodePlace)
        statement.bind(1 as Int64, at: plan.incarnationPlace)
        statement.bind(1 as Int64, at: plan.sequencePlace)
        let stored: String? = try bytes.withUnsafeBytes { raw in
          guard decoder.bind(raw, to: statement) != nil else { return nil }
          try statement.run()
          return try row(database, installed.table)
        }
        try delete.run()
        decoder.statementChanged()
        guard let stored else { continue }
        fast += 1
        let (seal, occurrence) = try #require(slow, "the fast path took what the judge refuses: \(fields)")
        let expected = OccurrenceRow(
          occurrence, seal: seal, node: write.isEmpty ? .centre : try Fleet.node("a"), incarnation: 1,
          sequence: place(1), dataset: installed)
        expected.bind(to: statement, plan: plan)
        try statement.run()
        #expect(try row(database, installed.table) == stored)
        try delete.run()
      }
    }
    #expect(fast > 40)
  }

  @Test func `the digest over raw bytes is the digest over values`() throws {
    let definition = try Fleet.camera()
    let installed = InstalledDataset(definition)
    let plan = try #require(installed.plan)
    let queue = try DatabaseQueue()
    guard case .occurrence(_, let occurrence) = try sample(second: 4) else {
      throw TestFailure("no occurrence")
    }
    let bytes = try sample(second: 4).bytes
    try queue.write { database in
      try installed.table.install(database)
      let decoder = OccurrenceDecoder(plan, now: start, clockLimitMilliseconds: 0)
      let statement = try RawStatement(database, installed.insertion)
      let bound = try #require(bytes.withUnsafeBytes { decoder.bind($0, to: statement) })
      let key = definition.key.map { occurrence[$0] ?? .null }
      #expect(bound.digest == OccurrenceDigest.of(dataset: camera, key: key))
    }
  }

  @Test func `any prefix or flipped byte of an entry is safe`() throws {
    let installed = InstalledDataset(try Fleet.camera())
    let plan = try #require(installed.plan)
    let queue = try DatabaseQueue()
    let bytes = try sample(second: 4).bytes
    try queue.write { database in
      try installed.table.install(database)
      let decoder = OccurrenceDecoder(plan, now: start, clockLimitMilliseconds: 0)
      let statement = try RawStatement(database, installed.insertion)
      for count in 0..<bytes.count {
        #expect(bytes.prefix(count).withUnsafeBytes { decoder.bind($0, to: statement) } == nil)
      }
      for index in bytes.indices {
        for bit in 0..<8 {
          var flipped = bytes
          flipped[index] ^= 1 << UInt8(bit)
          _ = flipped.withUnsafeBytes { decoder.bind($0, to: statement) }
        }
      }
    }
  }
}
