import API
import Datasets
import Foundation
import HTTPServing
import Replication
import Testing
import Wire

@Suite struct RenderingTests {
  private let definition: DatasetDefinition

  init() throws { definition = try Fixture.people() }

  @Test(arguments: [
    ("nik", "7312044101900001", "731204******0001"), ("no_kk", "7312040101100005", "731204******0005"),
    ("nip", "198503072009012005", "198503********2005"), ("paspor", "A1234567", "***"),
    ("nama", "ANDI", "ANDI"),
  ])
  func `identifiers are masked and nothing else`(field: String, value: String, shown: String) throws {
    let masked = RecordRendering(definition, disclosure: .masked(for: .viewer))
    #expect(masked.value(.text(value), of: try name(field), in: nil) == .string(shown))
    let revealed = RecordRendering(definition, disclosure: .revealed(Looks()))
    #expect(revealed.value(.text(value), of: try name(field), in: nil) == .string(value))
  }

  @Test func `what nobody declared may be anything and is masked`() throws {
    let masked = RecordRendering(definition, disclosure: .masked(for: .viewer))
    #expect(masked.value(.text("7312044101900001"), of: try name("apa_ini"), in: nil) == .string("***"))
    let unknown = RecordRendering(nil, disclosure: .masked(for: .viewer))
    #expect(unknown.value(.integer(5), of: try name("nama"), in: nil) == .string("***"))
    #expect(masked.value(.text("deleted"), of: .lifecycle, in: nil) == .string("deleted"))
    #expect(masked.value(.null, of: try name("nik"), in: nil) == .null)
  }

  @Test func `siblings and history are masked like records`() throws {
    let masked = RecordRendering(definition, disclosure: .masked(for: .viewer))
    let author = Author(
      node: try #require(NodeName("disdukcapil")), incarnation: Incarnation(generation: 1, random: 2))
    let dot = Dot(author: author, sequence: Datasets.Sequence.none.next)
    let nik = Value.text("7312044101900001")
    let record = RecordID(high: 1, low: 2)
    var state = RecordState()
    let change = Change(
      record: record, traits: [.creation, .resolution],
      edits: [.init(field: try name("nik"), value: nik, saw: .empty)], reason: "uji")
    state.apply(change, dot: dot, time: Timestamp(milliseconds: 0), isSuspect: true)
    let reply = masked.conflict(
      ConflictID(dataset: definition.name, record: record, field: try name("nik")), policy: "review",
      state: .open,
      shown: nik, base: nik, version: RecordVersion(of: state, record: record, definition: definition),
      siblings: state[try name("nik")].siblings)
    #expect(reply.shown == .string("731204******0001"))
    #expect(reply.base == reply.shown)
    #expect(reply.siblings.map(\.value) == [reply.shown])
    #expect(reply.siblings.first?.time == "1970-01-01T08:00:00+08:00")
    let entry = masked.change(
      change, dot: dot, at: Timestamp(milliseconds: 0), isSuspect: true, disposition: "applied")
    #expect(entry.fields == ["nik": .string("731204******0001")])
    #expect(entry.traits == ["creation", "resolution"])
  }

  @Test func `members that the contract names are there without a value too`() throws {
    func text(_ value: some Encodable) throws -> String {
      String(decoding: try APICoding.encoder.encode(value), as: UTF8.self)
    }
    #expect(try text(RecordsReply(records: [], next: nil)) == #"{"next":null,"records":[]}"#)
    #expect(try text(ConflictsReply(conflicts: [], next: nil)) == #"{"conflicts":[],"next":null}"#)
    #expect(
      try text(IntakeReply(accepted: 0, duplicates: 0, rejected: [], rejectedTotal: 0, stream: nil))
        == #"{"accepted":0,"duplicates":0,"rejected":[],"rejected_total":0,"stream":null}"#)
    let node = NodeReply(
      node: "a", state: "offline", backlog: BacklogReply(changes: 0, bytes: 0, oldest: nil), streams: [])
    #expect(
      try text(node)
        == #"{"backlog":{"bytes":0,"changes":0,"oldest":null},"clock_offset_ms":null,"disk_free_bytes":null,"#
        + #""last_seen":null,"node":"a","rtt_ms":null,"state":"offline","streams":[],"version":null}"#)
    #expect(
      try APICoding.decoder.decode(NodeReply.self, from: APICoding.encoder.encode(node)) == node)
  }
}

@Suite struct RecordInputTests {
  private let input: RecordInput

  init() throws {
    input = RecordInput(
      try Fixture.people(), regions: nil, now: Timestamp(milliseconds: 1_795_000_000_000), stored: [])
  }

  private func code(_ members: [String: JSONValue]) -> String? {
    do {
      _ = try input.values(members)
      return nil
    } catch { return (error as? FieldProblem)?.code }
  }

  @Test func `values get the types of their fields`() throws {
    let values = try input.values([
      "nama": .string(" ANDI "), "sex": .string("perempuan"), "anak": .string("3"),
      "lahir": .string("05-08-1968"),
      "nik": .integer(7_312_044_101_900_001), "paspor": .null,
    ])
    let texts = Dictionary(values.map { ($0.name.text, $0.value) }, uniquingKeysWith: { first, _ in first })
    #expect(texts["nama"] == .text("ANDI"))
    #expect(texts["sex"] == .text("P"))
    #expect(texts["anak"] == .integer(3))
    #expect(texts["lahir"] == CalendarDate(year: 1968, month: 8, day: 5).map { .date($0) })
    #expect(texts["nik"] == .text("7312044101900001"))
    #expect(texts["paspor"] == .null)
  }

  @Test func `masked values, required nulls and undeclared fields are refused`() {
    #expect(code(["nik": .string("731204******0001")]) == "masked")
    #expect(code(["paspor": .string("***")]) == "masked")
    #expect(code(["nama": .null]) == "required")
    #expect(code(["hobi": .string("x")]) == "unknown_field")
    #expect(code(["lifecycle": .string("deleted")]) != nil)
    #expect(code([:]) == nil)
  }

  @Test func `a resolution may also choose what a record is`() throws {
    #expect(try input.value(.string("deleted"), of: .lifecycle) == .text("deleted"))
    #expect(throws: FieldProblem.self) { try input.value(.string("gone"), of: .lifecycle) }
    #expect(try input.value(.null, of: .aliasOf) == .null)
    #expect(throws: FieldProblem.self) { try input.value(.string("12"), of: .aliasOf) }
    #expect(throws: FieldProblem.self) { try input.value(.string("-"), of: try name("nik")) }
  }
}
