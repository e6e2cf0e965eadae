import Datasets
import Foundation
import NodeStorage
import Replication
import Storage
import Testing
import Wire

/// What a dry run says is what the import then does, and it leaves nothing behind.
@Suite struct DryRunTests {
  /// The counts and refusals of an import, in a form to compare.
  private struct Sum: Equatable {
    var counts: [String: Int] = [:]
    var rejected: [String] = []
    var records: [RecordID] = []

    mutating func add(_ result: ImportResult) {
      let parts = [
        "accepted": result.accepted, "unchanged": result.unchanged, "changed": result.changed,
        "created": result.created, "held": result.held,
      ]
      counts.merge(parts) { $0 + $1 }
      rejected += result.rejected.map { "\($0.line) \($0.problem.code) \($0.problem.field ?? "-")" }
      records += result.records
    }
  }

  /// A file of people, some twice, some changed, some without a number or a birth date, some that no office may take.
  private struct Month {
    var random: SplitMix64

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func row(_ line: Int) -> ImportRow {
      let number = Int.random(in: 0..<60, using: &random)
      var changes: [String: Value] = [:]
      if chance(40) { changes["alamat"] = .text("JL. \(Int.random(in: 0..<4, using: &random))") }
      if chance(20) { changes["nama"] = .text("NAMA \(Int.random(in: 0..<4, using: &random))") }
      if chance(15) { changes["telepon"] = .text("0812345\(Int.random(in: 0..<4, using: &random))") }
      if chance(20) {
        changes["status_hidup"] = .text(["hidup", "pindah", "meninggal"].randomElement(using: &random) ?? "")
      }
      if chance(5) { changes["kode_wilayah"] = .text("73.12.05.1001") }
      if chance(10) { changes["tanggal_lahir"] = .date(CalendarDate(daysSinceEpoch: 4000)) }
      var row = Fixture.person(number, changes)
      if chance(10) { row.row.fields.removeAll { $0.name == Fixture.field("nik") } }
      if chance(10) { row.row.fields.removeAll { $0.name == Fixture.field("tanggal_lahir") } }
      if chance(5) { row.row.fields.removeAll { $0.name == Fixture.field("nama") } }
      if chance(10) { row.row.fields.append((Fixture.field("kolom_\(number % 3)"), .text("x"))) }
      row.row.line = line
      return row
    }

    mutating func batches(_ count: Int) -> [[ImportRow]] {
      let rows = (0..<count).map { row($0 + 2) }
      return stride(from: 0, to: count, by: 37).map { Array(rows[$0..<min(count, $0 + 37)]) }
    }
  }

  private func attempt(
    _ store: NodeStore, _ batches: [[ImportRow]], at seconds: Int64
  ) async throws -> (sum: Sum, outcomes: [ImportOutcome]) {
    let dryRun = try await store.dryRun(of: Fixture.population)
    var run = Fixture.run("siak")
    var sum = Sum()
    var outcomes: [ImportOutcome] = []
    for batch in batches {
      let result = try await dryRun.importRows(batch, run: run, now: Fixture.clock(seconds))
      #expect(result.first == nil && result.last == nil)
      run = result.run
      sum.add(result)
      outcomes += result.outcomes ?? []
    }
    return (sum, outcomes)
  }

  private func take(_ store: NodeStore, _ batches: [[ImportRow]], at seconds: Int64) async throws -> Sum {
    var run = Fixture.run("siak")
    var sum = Sum()
    for batch in batches {
      let result = try await store.importRows(Fixture.population, rows: batch, run: run, now: Fixture.clock(seconds))
      run = result.run
      sum.add(result)
    }
    return sum
  }

  /// The office corrects addresses and deletes somebody, as it does between two months.
  private func work(_ store: NodeStore, _ month: inout Month, at seconds: Int64) async throws {
    let here = RecordQuery(limit: 12, equals: [(Fixture.field("kode_wilayah"), .text("73.12.04.1001"))])
    for view in try await store.records(Fixture.population, here).elements {
      if month.chance(15) {
        _ = try await store.setLifecycle(
          Fixture.population, id: view.id, .deleted, version: view.version, reason: "ganda", now: Fixture.clock(seconds)
        )
      } else {
        _ = try await store.save(
          Fixture.population, id: view.id, values: [(Fixture.field("alamat"), .text("JL. KANTOR"))],
          version: view.version, now: Fixture.clock(seconds))
      }
    }
  }

  @Test(arguments: 1...5)
  func `what a dry run counts is what the import then does, month after month`(seed: UInt64) async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    var month = Month(random: SplitMix64(seed: seed))
    for round in 0..<3 {
      let seconds = Int64(round * 10 + 1)
      let batches = month.batches(150)
      let before = try temporary.contents()
      let tried = try await attempt(store, batches, at: seconds)
      #expect(try temporary.contents() == before, "month \(round): the dry run wrote")
      #expect(tried.outcomes.count == 150)
      let taken = try await take(store, batches, at: seconds)
      #expect(tried.sum == taken, "month \(round)")
      #expect(tried.outcomes.count { $0.kind == .new } == taken.counts["created"])
      #expect(tried.outcomes.count { $0.kind == .changed } == taken.counts["changed"])
      #expect(tried.outcomes.count { $0.kind == .same } == taken.counts["unchanged"])
      try await work(store, &month, at: seconds + 5)
    }
    #expect(try await store.heldValues().isEmpty == false, "no month was held: the test proves less than it says")
  }

  @Test func `a value is listed with what is shown now, and a held one says so`() async throws {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1), Fixture.person(2)], Fixture.run("siak"))
    let view = try await store.person(1)
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(Fixture.field("alamat"), .text("JL. KANTOR"))],
      version: view.version, now: Fixture.clock(2))
    let rows = [
      Fixture.person(1, ["alamat": .text("JL. BERKAS"), "telepon": .text("081234567")]),
      Fixture.person(2), Fixture.person(1, ["alamat": .text("JL. LAIN")]),
    ]
    let outcomes = try await attempt(store, [rows], at: 3).outcomes
    #expect(outcomes.map(\.kind) == [.changed, .same, .held])
    let first = try #require(outcomes.first)
    #expect(first.record == view.id && first.fields.map(\.name.text) == ["telepon", "alamat"])
    #expect(first.fields.map(\.isHeld) == [false, true])
    #expect(first.fields.map(\.old) == [nil, .text("JL. KANTOR")])
    #expect(first.fields.map(\.new) == [.text("081234567"), .text("JL. BERKAS")])
  }

  @Test func `a number of somebody else and another name are told`() async throws {
    var definition = Fixture.populationDefinition
    definition.person = PersonFields(
      number: Fixture.field("nik"), name: Fixture.field("nama"), birthDate: Fixture.field("tanggal_lahir"))
    let store = try await TemporaryStore().open(definitions: [definition])
    _ = try await store.add([Fixture.person(1, ["nama": .text("HASANUDDIN")])], Fixture.run("siak"))
    let born = CalendarDate(year: 1950, month: 1, day: 1).map { Value.date($0) } ?? .null
    let rows = [
      Fixture.person(1, ["nama": .text("HASANUDIN")]), Fixture.person(1, ["nama": .text("MARYAM")]),
      Fixture.person(1, ["nama": .text("HASANUDDIN"), "tanggal_lahir": born]), Fixture.person(2),
    ]
    let outcomes = try await attempt(store, [rows], at: 2).outcomes
    #expect(outcomes.map(\.kind) == [.changed, .changed, .new, .new])
    #expect(outcomes.map(\.suspicion) == [nil, .otherName, .sameNumber, nil])
  }

  @Test func `events are tried out too, known ones and those of one file twice`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    _ = try await store.record(Fixture.attendance, rows: (0..<50).map { Fixture.punch($0) }, now: Fixture.clock(1))
    let rows = (Array(30..<80) + Array(60..<90)).map { Fixture.punch($0) } + [Fixture.punch(3, verify: 9)]
    let before = try temporary.contents()
    let dryRun = try await store.dryRun(of: Fixture.attendance)
    var tried = try await dryRun.record(Array(rows[..<40]), now: Fixture.clock(2))
    let rest = try await dryRun.record(Array(rows[40...]), now: Fixture.clock(2))
    #expect(try temporary.contents() == before)
    tried.accepted += rest.accepted
    tried.duplicates += rest.duplicates
    tried.variants += rest.variants
    let taken = try await store.record(Fixture.attendance, rows: rows, now: Fixture.clock(2))
    #expect(taken.duplicates == 40 && taken.variants == 1)
    #expect(
      (tried.accepted, tried.duplicates, tried.variants) == (taken.accepted, taken.duplicates, taken.variants))
  }

  @Test func `the office goes on writing meanwhile, and nothing stays on the disk`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    _ = try await store.add([Fixture.person(1)], Fixture.run("siak"))
    let names = try FileManager.default.contentsOfDirectory(atPath: temporary.directory).sorted()
    let dryRun = try await store.dryRun(of: Fixture.population)
    var run = Fixture.run("siak")
    run = try await dryRun.importRows([Fixture.person(2)], run: run, now: Fixture.clock(2)).run
    #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.directory).sorted() == names)
    // Made at the office after the dry run began; names of fields of its own too.
    var other = Fixture.person(3)
    other.row.fields.append((Fixture.field("catatan"), .text("x")))
    _ = try await store.add([other], Fixture.run("siak"), at: 3)
    let result = try await dryRun.importRows([other, Fixture.person(2)], run: run, now: Fixture.clock(4))
    #expect(result.unchanged == 2 && result.created == 0)
  }

  @Test func `a definition that changes meanwhile ends it, and a full disk does`() async throws {
    let full = Locking(false)
    let store = try await TemporaryStore().open(freeBytes: { full.value ? 0 : .max })
    let dryRun = try await store.dryRun(of: Fixture.population)
    full.value = true
    await #expect(throws: StoreError.self) {
      _ = try await dryRun.importRows([Fixture.person(1)], run: Fixture.run(), now: Fixture.clock(1))
    }
    full.value = false
    var definition = Fixture.populationDefinition
    definition.fields.append(Fixture.field("agama", .text(lengthMax: 20)))
    try await store.install([definition], profile: Fixture.profile)
    await #expect {
      _ = try await dryRun.importRows([Fixture.person(1)], run: Fixture.run(), now: Fixture.clock(1))
    } throws: { ($0 as? StoreError)?.code == .outdated }
  }
}

/// Safe because every use holds the lock.
private final class Locking: @unchecked Sendable {
  private let lock = NSLock()
  private var stored: Bool

  init(_ value: Bool) { stored = value }

  var value: Bool {
    get { lock.withLock { stored } }
    set { lock.withLock { stored = newValue } }
  }
}
