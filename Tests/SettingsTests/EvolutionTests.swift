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

  /// In English; that each says the same in Indonesian, and what to do, is expected of all.
  private func reasons(_ new: DatasetDefinition, over old: DatasetDefinition) -> [String] {
    new.incompatibilities(with: old).map { found in
      #expect(found.reason.indonesian != found.reason.english)
      #expect(!found.remedy.indonesian.isEmpty && found.remedy.indonesian != found.remedy.english)
      return "\(found.key): \(found.reason.english)"
    }
  }

  @Test func `the same definition replaces itself`() { #expect(reasons(old, over: old).isEmpty) }

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
    #expect(reasons(new, over: old).isEmpty)
  }

  @Test func `what takes away is named`() throws {
    var new = new
    new.fields.removeAll { $0.name.text == "born" }
    #expect(reasons(new, over: old) == ["fields.born: this field is gone"])
    new = self.new
    new.fields[2].type = .instant
    #expect(reasons(new, over: old) == ["fields.born: changed its type from date to instant"])
    new = self.new
    new.identity = [try name("nik")]
    #expect(reasons(new, over: old) == ["identity: changed"])
    new = self.new
    new.key = [try name("nik")]
    new.scope = nil
    new.kind = .event
    #expect(
      reasons(new, over: old) == [
        "kind: changed from record", "key: changed", "scope: changed",
      ])
  }

  @Test func `the version rises`() {
    var new = new
    new.version = 1
    new.title = BilingualText(id: "Baru", en: "New")
    #expect(reasons(new, over: old) == ["version: is still 1, but the file differs from what is installed under it"])
    #expect(reasons(old, over: self.new) == ["version: 1 is lower than the installed 2"])
  }

  @Test func `a lower version, and one that was not raised, are mended by a higher one`() {
    #expect(old.incompatibilities(with: new).map(\.remedy.english) == ["write version = 3"])
    var new = new
    new.version = 1
    new.title = BilingualText(id: "Baru", en: "New")
    #expect(new.incompatibilities(with: old).map(\.remedy.indonesian) == ["tulis version = 2"])
    #expect(new.incompatibilities(with: old).map(\.isForbidden) == [false])
    #expect(old.incompatibilities(with: self.new).map(\.isForbidden) == [true])
  }

  @Test func `codes and spellings are added in their own files`() throws {
    let older = try definition(.code(table("a")), version: 1)
    #expect(reasons(try definition(.code(table("a", "b")), version: 1), over: older).isEmpty)
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
        reasons(try definition(newer, version: 2), over: try definition(older, version: 1)) == [
          "fields.f: \(reason)"
        ])
    }
    let wider: [(FieldType, FieldType)] = [
      (.integer(minimum: 0, maximum: 9), .integer(minimum: -1, maximum: nil)),
      (.decimal(minimum: 0, maximum: 9), .decimal(minimum: nil, maximum: 9.5)),
      (.code(table("a")), .code(table("b", "a"))),
    ]
    for (older, newer) in wider {
      #expect(
        reasons(try definition(newer, version: 2), over: try definition(older, version: 1)).isEmpty)
    }
  }

  @Test func `nothing becomes required`() throws {
    var new = new
    new.fields[0].isRequired = true
    new.fields.append(
      FieldDefinition(
        name: try name("must"), title: BilingualText(id: "M", en: "M"), type: .date, isRequired: true))
    #expect(
      reasons(new, over: old) == ["fields.nik: became required", "fields.must: a new field must not be required"])
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
