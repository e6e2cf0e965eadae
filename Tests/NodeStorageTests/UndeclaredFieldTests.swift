import Datasets
import NodeStorage
import Replication
import Storage
import Testing

/// Fields that the definition does not know are kept, and never hold up what it knows (ADR 0020).
@Suite struct UndeclaredFieldTests {
  private func person(_ number: Int, _ fields: [(String, Value)]) -> ImportRow {
    var row = Fixture.person(number)
    row.row.fields += fields.map { (Fixture.field($0.0), $0.1) }
    return row
  }

  @Test func `an additional column is kept, shown, changed and cleared like any other`() async throws {
    let temporary = try TemporaryStore()
    let store = try await temporary.open()
    let note = Fixture.field("keterangan")
    let rows = [person(1, [("keterangan", .text("pindahan")), ("kolom_5", .text("x"))])]
    #expect(try await store.add(rows).created == 1)
    #expect(try await store.add(rows, at: 2).unchanged == 1)
    #expect(try await store.person(1)[note] == .text("pindahan"))
    #expect(
      try temporary.sql("SELECT extra FROM population") == [#"{"keterangan":"pindahan","kolom_5":"x"}"#])
    let cleared = try await store.add([person(1, [("keterangan", .null)])], at: 3)
    #expect(cleared.changed == 1)
    #expect(try await store.person(1)[note] ?? .null == .null)
  }

  @Test func `a write rule of some fields takes no others`() async throws {
    var definition = Fixture.populationDefinition
    definition.write = [
      AccessRule(roles: ["kecamatan"], ownRegionOnly: true, fields: definition.fields.map(\.name))
    ]
    let store = try await TemporaryStore().open(definitions: [definition])
    let result = try await store.add([person(1, []), person(2, [("keterangan", .text("x"))])])
    #expect(result.created == 1 && result.rejected.map(\.problem.code) == ["write_rule"])
  }

  @Test func `names beyond the limit are refused row by row, and all else goes on`() async throws {
    let store = try await TemporaryStore().open()
    func row(_ number: Int, _ names: Range<Int>) -> ImportRow {
      person(number, names.map { ("kolom_\($0)", .text("x")) })
    }
    // Rows that are refused anyhow take no place.
    let foreign = ("kode_wilayah", Value.text("73.12.05.1001"))
    for number in 0..<12 {
      var refused = row(900 + number, number * 60..<number * 60 + 60)
      refused.row.fields.removeAll { $0.name == Fixture.field("kode_wilayah") }
      refused.row.fields.append((Fixture.field(foreign.0), foreign.1))
      #expect(try await store.add([refused]).created == 0)
    }
    #expect(try await store.add([row(1, 5000..<5060)], at: 2).created == 1)
    let result = try await store.add(
      [row(2, 5058..<5064), row(3, 5064..<5065), person(4, []), row(5, 5000..<5001)], at: 3)
    #expect(result.created == 3 && result.rejected.map(\.line) == [4])
    #expect(result.rejected.map(\.problem.field) == ["kolom_5064"])
    #expect(result.rejected.allSatisfy { $0.problem.reason.indonesian.contains("tidak terdaftar") })
    #expect(try await store.add([person(6, [])], at: 4).created == 1)
  }

  @Test func `an event keeps them too, and says the same with them in another order`() async throws {
    let store = try await TemporaryStore().open()
    var row = Fixture.punch(1)
    row.fields += [(Fixture.field("suhu"), .text("36.5")), (Fixture.field("kosong"), .null)]
    let result = try await store.record(Fixture.attendance, rows: [row], now: Fixture.clock(1))
    #expect(result.accepted == 1 && result.rejected.isEmpty)
    let seen = try #require(try await store.occurrences(Fixture.attendance).elements.first)
    #expect(seen[Fixture.field("suhu")] == .text("36.5") && seen[Fixture.field("kosong")] == nil)
    let again = try await store.record(Fixture.attendance, rows: [row], now: Fixture.clock(2))
    #expect(again.duplicates == 1)
  }

  @Test func `what cannot be kept as text is refused by name`() async throws {
    let store = try await TemporaryStore().open()
    let rows = [
      person(1, [("panjang", .text(String(repeating: "x", count: 4_001)))]),
      person(2, [("bel", .text("a\u{7}"))]),
      person(3, [("angka", .integer(1))]),
    ]
    let result = try await store.add(rows)
    #expect(result.rejected.map(\.problem.field) == ["panjang", "bel", "angka"] && result.created == 0)
  }
}
