import Datasets
import Testing

@testable import Settings

@Suite struct DefinitionTests {
  @Test(
    "a wrong definition of records is a clear problem",
    arguments: [
      (
        "id = \"citizen\"", "id = \"people\"",
        "1: id: must be citizen, like the file's name; rename one of the two"
      ),
      (
        "\"citizen\"", "\"Person\"", "1: id: must be a dataset's name: lower-case letters, digits, underscores"
      ),
      ("\"record\"", "\"recrod\"", "2: kind: must be one of event, sample, record; did you mean record?"),
      ("version = 1", "version = 0", "3: version: must be from 1 to 1000000, found 0"),
      ("lane = \"record\"", "lane = \"fast\"", "7: lane: must be one of incident, record, event, sample"),
      ("\"born\"]", "\"bron\"]", "5: identity[2]: there is no field bron; did you mean born?"),
      ("\"born\"]", "\"height\"]", "5: identity[2]: a field of type decimal cannot identify anything"),
      ("\"born\"]", "\"nik\"]", "5: identity: names a field twice"),
      ("identity = [\"nik\", \"born\"]", "identity = []", "5: identity: must not be empty"),
      ("identity = ", "key = ", "5: key: is not for kind record; write identity instead"),
      ("scope = \"region\"", "scope = \"name\"", "6: scope: name must be of type region, is text"),
      ("scope = \"region\"", "scope = \"x\"", "6: scope: there is no field x"),
      (
        "scope = \"region\"\n", "",
        ": scope: is missing; name the field of type region that decides who reads and writes a record"
      ),
      ("\"name\"]", "\"nama\"]", "13: read[2].fields[2]: there is no field nama; did you mean name?"),
      ("region = \"own\"", "region = \"all\"", "10: read[1].region: must be one of own"),
      (
        "[\"mitra\"]", "[\"Mitra\"]",
        "12: read[2].roles[1]: must be a role's name: lower-case letters, digits, inner hyphens, or \"*\""
      ),
      (
        "[\"mitra\"]", "[]",
        "12: read[2].roles: must not be empty; remove the rule, or write \"*\" for every node"
      ),
      (
        "[[write]]\nroles = [\"dukcapil\", \"kecamatan\"]\n", "",
        ": write: is missing; write a [[write]] rule: without one no node may fill the dataset"
      ),
      (
        "[fields.born]", "[fields.lifecycle]",
        "32: fields.lifecycle: is a name that Simpul itself uses; rename the field"
      ),
      (
        "[fields.children]", "[fields.Children]",
        "65: fields.Children: is no field's name; use lower-case letters, digits and underscores, at most 48"
      ),
      (
        "max = 100\n", "", "23: fields.name.max: is missing; write max = the most characters that it may have"
      ),
      ("max = 100", "max = 0", "26: fields.name.max: must be from 1 to 16384, found 0"),
      (
        "type = \"date\"", "type = \"dat\"",
        "34: fields.born.type: must be one of text, integer, decimal, boolean, date, instant, code, list, nik, kk, nip, region, phone; did you mean date?"
      ),
      (
        "type = \"date\"", "type = \"date\"\nmaximum = \"tomorrow\"",
        "35: fields.born.maximum: must be one of today"
      ),
      (
        "type = \"date\"", "type = \"date\"\nmax = 3",
        "35: fields.born.max: unknown key; did you mean fields.name.max?"
      ),
      ("maximum = 300", "maximum = 3", "62: fields.height.maximum: must not be below minimum"),
      (
        "minimum = 0", "minimum = 0.5",
        "68: fields.children.minimum: must be an integer, found a decimal number"
      ),
      (
        "codes = \"life\"", "codes = \"live\"",
        "47: fields.life.codes: names no table of reference/codes; did you mean life?"
      ),
      (
        "personal = \"none\"", "personal = \"secret\"",
        "41: fields.region.personal: must be one of none, general, specific, identifier"
      ),
      (
        "personal = \"none\"\n", "",
        "37: fields.region.personal: is missing; write none, general, specific or identifier"
      ),
      (
        "policy = \"latest\"\n", "",
        "32: fields.born.policy: is missing; write one of review, latest, authority, union, monotone"
      ),
      (
        "policy = \"latest\"", "policy = \"newest\"",
        "35: fields.born.policy: must be one of review, latest, authority, union, monotone"
      ),
      (
        "policy = \"latest\"", "policy = \"union\"",
        "35: fields.born.policy: union is only for fields of type list"
      ),
      (
        "policy = \"latest\"", "policy = \"authority\"",
        "32: fields.born.authority: is missing: the policy authority needs one; write authority = [\"NODE\"], best first"
      ),
      (
        "policy = \"latest\"", "policy = \"latest\"\nauthority = [\"a\"]",
        "36: fields.born.authority: is only for the policies review and authority"
      ),
      (
        "policy = \"latest\"", "policy = \"latest\"\norder = [\"a\"]",
        "36: fields.born.order: is only for the policy monotone; remove it"
      ),
      (
        "policy = \"latest\"", "policy = \"monotone\"\norder = [\"a\", \"b\"]",
        "35: fields.born.policy: monotone is only for fields of type code"
      ),
      (
        "[\"disdukcapil\"]", "[\"Disdukcapil\"]",
        "20: fields.nik.authority[1]: must be a node's name: lower-case letters, digits, inner hyphens"
      ),
      ("\"kec-citta\"]", "\"disdukcapil\"]", "29: fields.name.authority: names a node twice"),
      (
        "order = [\"alive\", \"dead\"]\n", "",
        "44: fields.life.order: is missing; write order = [\"…\", \"…\"], furthest last"
      ),
      ("\"dead\"]", "\"deed\"]", "49: fields.life.order[2]: \"deed\" is no code of life; did you mean dead?"),
      ("\"dead\"]", "\"alive\"]", "49: fields.life.order: names a code twice"),
      (", \"dead\"]", "]", "49: fields.life.order: must name at least two codes, furthest last"),
      (
        "headers_desa = [\"Desa/Kel\"]\n", "",
        "37: fields.region.headers_desa: is missing: only both names together give a code"
      ),
      (
        "headers = [\"No. NIK\"]", "headers_desa = [\"x\"]",
        "22: fields.nik.headers_desa: is only for fields of type region"
      ),
      (
        "\"No. NIK\"", "\"NAME \"",
        "22: fields.nik.headers[1]: \"NAME \" already stands for name; remove one of the two"
      ),
      (
        "\"Kecamatan\"", "\" nama penduduk\"",
        "42: fields.region.headers_kecamatan[1]: \" nama penduduk\" already stands for name; remove one of the two"
      ),
      ("max = 100", "maks = 100", "26: fields.name.maks: unknown key; did you mean fields.name.max?"),
      ("identity = ", "identitas = ", "5: identitas: unknown key; did you mean identity?"),
    ])
  func record(old: String, new: String, line: String) throws {
    let fixture = try FleetFixture()
    try fixture.replace(old, by: new, in: "datasets/citizen.toml")
    let expected = "datasets/citizen.toml" + (line.hasPrefix(":") ? "" : ":") + line
    #expect(fixture.problems().contains(expected))
  }

  @Test(
    "a wrong definition of events is a clear problem",
    arguments: [
      ("\"time\"]", "\"tim\"]", "5: key[2]: there is no field tim; did you mean time?"),
      ("key = ", "identity = ", "5: identity: is not for kind event; write key instead"),
      (
        "required = true\npersonal", "personal",
        "5: key[1]: device must be required, as a part of the key; write required = true in [fields.device]"
      ),
      ("lane = ", "scope = \"device\"\nlane = ", "6: scope: is only for kind record; remove it"),
      ("[\"*\"]", "[\"*\"]\nregion = \"own\"", "9: write[1].region: needs a scope: the dataset has none"),
      (
        "[[write]]", "[[read]]\nroles = [\"*\"]\nfields = [\"device\"]\n[[write]]",
        "9: read[1].fields: is only for kind record; remove it, or declare a second dataset without the other fields"
      ),
      (
        "max = 64", "max = 64\npolicy = \"latest\"",
        "13: fields.device.policy: is only for records: events and samples are never merged; remove it"
      ),
      (
        "max = 64", "max = 64\norder = [\"a\"]",
        "13: fields.device.order: is only for the policy monotone; remove it"
      ),
    ])
  func event(old: String, new: String, line: String) throws {
    let fixture = try FleetFixture()
    try fixture.replace(old, by: new, in: "datasets/punch.toml")
    #expect(fixture.problems().contains("datasets/punch.toml:" + line))
  }

  @Test func `an event may do without authority, policy and read rules`() throws {
    let fleet = try FleetFixture().load()
    let punch = try #require(DatasetName("punch").flatMap(fleet.dataset)).definition
    #expect(punch.kind == .event)
    #expect(punch.version == 3)
    #expect(punch.key.map(\.text) == ["device", "time"])
    #expect(punch.read.isEmpty)
    #expect(punch.scope == nil)
  }

  @Test func `the texts handed to nodes give the same definitions again, and need no other file`() throws {
    let fleet = try FleetFixture().load()
    for document in fleet.datasets {
      let copy = try DefinitionDocument.parse(document.text)
      #expect(copy == document)
      #expect(DefinitionDocument(definition: copy.definition, regions: copy.regions) == document)
    }
    #expect(fleet.datasets.map { $0.regions == nil } == [false, true])
    for profile in fleet.profiles {
      let document = ProfileDocument(profile)
      #expect(try ProfileDocument.parse(document.text) == document)
      #expect(try ProfileDocument.parse(document.text).profile == profile)
    }
  }

  @Test func `a newer centre's keys are ignored, wrong values are not`() throws {
    let fleet = try FleetFixture().load()
    let text = try #require(fleet.datasets.first).text
    let newer =
      "colour = \"red\"\n"
      + text.replacing("[fields.nik]\n", with: "[fields.nik]\nshape = { round = true }\n")
    #expect(try DefinitionDocument.parse(newer).definition == fleet.datasets.first?.definition)
    #expect(
      problemLines { _ = try DefinitionDocument.parse(text.replacing("type = \"nik\"", with: "type = 5")) }
        == [
          "definition:22: fields.nik.type: must be a string, found an integer"
        ])
    let profile = ProfileDocument(try #require(fleet.profiles.first)).text
    #expect(try ProfileDocument.parse("colour = 1\n" + profile).profile == fleet.profiles.first)
    #expect(problemLines { _ = try ProfileDocument.parse("colour = 1") }.count == 1)
  }

  @Test(
    "a damaged text from outside is refused",
    arguments: [
      "", "id = \"x\"", "\0", "fields = 1", "[fields]", "code_table = 1\nregion = [1]", "fields.a = 1",
    ])
  func damaged(text: String) {
    #expect(!problemLines { _ = try DefinitionDocument.parse(text) }.isEmpty)
    #expect(!problemLines { _ = try ProfileDocument.parse(text) }.isEmpty)
  }

  @Test func `a definition whose tables did not come along is refused`() throws {
    let fleet = try FleetFixture().load()
    let text = try #require(fleet.datasets.first).text
    let withoutCodes = text.replacing(
      "[[code_table]]\nname = \"life\"", with: "[[code_table]]\nname = \"other\"")
    #expect(
      problemLines { _ = try DefinitionDocument.parse(withoutCodes) }.first?.contains("names no table")
        == true)
    let start = try #require(text.firstRange(of: "[[region]]")).lowerBound
    #expect(
      problemLines { _ = try DefinitionDocument.parse(String(text[..<start])) } == [
        "definition: region: is missing; the centre must send the regions along"
      ])
  }
}
