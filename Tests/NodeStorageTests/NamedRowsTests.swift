import Datasets
import Replication
import Testing

@testable import NodeStorage

/// What an import keeps of the rows of a table that name their records.
@Suite struct NamedRowsTests {
  private let record = RecordID(high: 1, low: 1)

  private func row(_ values: [String: String]) -> [(name: FieldName, value: Value)] {
    values.sorted { $0.key < $1.key }.map { (Fixture.field($0.key), .text($0.value)) }
  }

  @Test func `a contradiction is found in every field that any row before gave, and nowhere else`() {
    var rows = NamedRows()
    rows.add(row(["a": "1", "b": "2"]), of: record, line: 2)
    rows.add(row(["b": "2", "c": "3"]), of: record, line: 3)
    for same in [["a": "1"], ["c": "3", "b": "2"], ["d": "9"]] {
      #expect(rows.line(contradicting: row(same), of: record) == nil)
    }
    #expect(rows.line(contradicting: row(["a": "2"]), of: record) == 2)
    #expect(rows.line(contradicting: row(["a": "1", "b": "3"]), of: record) == 2)
    #expect(rows.line(contradicting: row(["c": "2", "d": "1"]), of: record) == 3)
    #expect(rows.line(contradicting: row(["a": "2"]), of: RecordID(high: 1, low: 2)) == nil)
  }

  @Test func `beyond its bound a row is kept as a whole, and one that says anything else contradicts it`() {
    var rows = NamedRows(cellsMax: 8)
    rows.add(row(["a": "1", "b": "2"]), of: record, line: 2)
    let other = RecordID(high: 1, low: 2)
    let many = (0..<20).map { "f\($0)" }
    rows.add(row(Dictionary(uniqueKeysWithValues: many.map { ($0, "1") })), of: other, line: 3)
    #expect(rows.line(contradicting: row(Dictionary(uniqueKeysWithValues: many.map { ($0, "1") })), of: other) == nil)
    #expect(rows.line(contradicting: row(["g": "1"]), of: other) == 3)
    // What was kept by then goes by its fields.
    #expect(rows.line(contradicting: row(["c": "1"]), of: record) == nil)
    #expect(rows.line(contradicting: row(["b": "1"]), of: record) == 2)
  }

  @Test func `more fields than a table has columns are kept as a whole too`() {
    var rows = NamedRows()
    let many = Dictionary(uniqueKeysWithValues: (0..<1_100).map { ("f\($0)", "1") })
    rows.add(row(many), of: record, line: 2)
    #expect(rows.line(contradicting: row(many), of: record) == nil)
    #expect(rows.line(contradicting: row(many.merging(["f7": "2"]) { $1 }), of: record) == 2)
  }

  @Test func `the runs of one import share what it remembers, and another import begins with nothing`() async throws {
    let store = try await TemporaryStore().open()
    let id = try #require(try await store.add([Fixture.person(1)]).records.first)
    func named(_ address: String) -> ImportRow {
      var row = ImportRow(Fixture.person(1, ["alamat": .text(address)]).row, id: id, isOfTable: true)
      row.row.fields.removeAll { $0.name != Fixture.field("alamat") }
      return row
    }
    let run = Fixture.run()
    let first = try await store.add([named("JL. A")], run, at: 2)
    // One object, however many batches: nothing is copied from one to the next.
    #expect(first.changed == 1 && first.run.rows === run.rows)
    let second = try await store.add([named("JL. B")], first.run, at: 3)
    #expect(second.rejected.map(\.problem.code) == ["repeated_id"] && second.changed == 0)
    let next = try await store.add([named("JL. B")], Fixture.run(), at: 4)
    #expect(next.rejected.isEmpty && next.changed == 1)
  }
}
