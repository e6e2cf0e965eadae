import Datasets
import Testing

@testable import Settings

@Suite struct EvolutionTests {
  private let old: DatasetDefinition
  private var new: DatasetDefinition

  init() throws {
    let fleet = try FleetFixture().load()
    old = try #require(fleet.datasets.first).definition
    new = old
    new.version = 2
  }

  private func name(_ text: String) throws -> FieldName { try #require(FieldName(text)) }

  @Test func `the same definition replaces itself`() { #expect(old.incompatibilities(with: old).isEmpty) }

  @Test func `what only adds is fine`() throws {
    var new = new
    let added = try name("note")
    new.fields.insert(
      FieldDefinition(name: added, title: BilingualText(id: "C", en: "N"), type: .text(lengthMax: 5)), at: 1)
    new.title = BilingualText(id: "Baru", en: "New")
    new.fields[0].headers.append("NIK lama")
    new.fields[0].policy = .latest
    new.fields[2].type = .text(lengthMax: 200)
    new.fields[2].isRequired = false
    new.read = []
    #expect(new.incompatibilities(with: old).isEmpty)
  }

  @Test func `what takes away is named`() throws {
    var new = new
    new.fields.removeAll { $0.name.text == "born" }
    #expect(new.incompatibilities(with: old) == ["the field born was removed"])
    new = self.new
    new.fields[2].type = .instant
    #expect(new.incompatibilities(with: old) == ["the field born changed its type from date to instant"])
    new = self.new
    new.identity = [try name("nik")]
    #expect(new.incompatibilities(with: old) == ["the identity changed"])
    new = self.new
    new.key = [try name("nik")]
    new.scope = nil
    new.kind = .event
    #expect(
      new.incompatibilities(with: old) == [
        "the kind changed from record to event", "the key changed", "the scope changed",
      ])
  }

  @Test func `the version rises`() {
    var new = new
    new.version = 1
    new.title = BilingualText(id: "Baru", en: "New")
    #expect(new.incompatibilities(with: old) == ["version 1 is already taken by another content: raise it"])
    #expect(old.incompatibilities(with: self.new) == ["version 1 is lower than 2"])
  }

  @Test func `values that were valid stay valid`() throws {
    let narrower: [(FieldType, FieldType, String)] = [
      (.text(lengthMax: 10), .text(lengthMax: 9), "takes fewer characters"),
      (.list(lengthMax: 9, countMax: 9), .list(lengthMax: 9, countMax: 8), "takes fewer or shorter texts"),
      (.integer(minimum: nil, maximum: 9), .integer(minimum: 0, maximum: 9), "has a narrower range"),
      (.integer(minimum: 0, maximum: 9), .integer(minimum: 0, maximum: 8), "has a narrower range"),
      (.decimal(minimum: 0, maximum: nil), .decimal(minimum: 0, maximum: 1), "has a narrower range"),
      (.code(table("a", "b")), .code(table("b", "c")), "lost the code a"),
      (.nik, .text(lengthMax: 16), "changed its type from nik to text"),
    ]
    for (older, newer, reason) in narrower {
      #expect(
        try definition(newer, version: 2).incompatibilities(with: definition(older, version: 1)) == [
          "the field f \(reason)"
        ])
    }
    let wider: [(FieldType, FieldType)] = [
      (.integer(minimum: 0, maximum: 9), .integer(minimum: -1, maximum: nil)),
      (.decimal(minimum: 0, maximum: 9), .decimal(minimum: nil, maximum: 9.5)),
      (.code(table("a")), .code(table("b", "a"))),
    ]
    for (older, newer) in wider {
      #expect(
        try definition(newer, version: 2).incompatibilities(with: definition(older, version: 1)).isEmpty)
    }
  }

  @Test func `nothing becomes required`() throws {
    var new = new
    new.fields[0].isRequired = true
    new.fields.append(
      FieldDefinition(
        name: try name("must"), title: BilingualText(id: "M", en: "M"), type: .date, isRequired: true))
    #expect(
      new.incompatibilities(with: old) == ["the field nik became required", "the new field must is required"])
  }

  private func table(_ codes: String...) -> CodeTable {
    CodeTable(name: "t", codes: codes.map { .init(code: $0, title: BilingualText(id: $0, en: $0)) })
  }

  private func definition(_ type: FieldType, version: Int) throws -> DatasetDefinition {
    DatasetDefinition(
      name: try #require(DatasetName("d")), kind: .event, version: version,
      title: BilingualText(id: "D", en: "D"),
      lane: .event,
      fields: [FieldDefinition(name: try name("f"), title: BilingualText(id: "F", en: "F"), type: type)])
  }
}
