import Datasets
import Testing

@testable import Settings

@Suite struct FleetTests {
  @Test func `a fleet is read whole and sorted`() throws {
    let fleet = try FleetFixture().load()
    #expect(fleet.profiles.map(\.node.text) == ["disdukcapil", "kec-citta"])
    #expect(fleet.datasets.map(\.definition.name.text) == ["citizen", "punch"])
    #expect(fleet.codeTables.map(\.name) == ["life"])
    #expect(fleet.regions.regions.map(\.code.text) == ["73.12", "73.12.08", "73.12.08.2001"])
    let office = try #require(NodeName("disdukcapil").flatMap(fleet.profile))
    #expect(office.title == BilingualText(id: "Dinas Kependudukan", en: "Population Office"))
    #expect(office.kind == "skpd")
    #expect(office.region.text == "73.12")
    #expect(office.roles == ["dukcapil"])
    #expect(office.uplink == UplinkLimit(bitsPerSecond: 2_000_000))
    #expect(NodeName("kec-citta").flatMap(fleet.profile)?.uplink == UplinkLimit())
  }

  @Test func `a definition is read as it stands, its fields in the order of the file`() throws {
    let fleet = try FleetFixture().load()
    let document = try #require(DatasetName("citizen").flatMap(fleet.dataset))
    let person = document.definition
    #expect(
      person.fields.map(\.name.text) == [
        "nik", "name", "born", "region", "life", "phones", "height", "children",
      ])
    #expect(person.kind == .record)
    #expect(person.lane == .record)
    #expect(person.identity.map(\.text) == ["nik", "born"])
    #expect(person.scope?.text == "region")
    #expect(person.read.map(\.ownRegionOnly) == [true, false])
    #expect(person.read.map { $0.fields?.map(\.text) } == [nil, ["nik", "name"]])
    #expect(person.write.map(\.roles) == [["dukcapil", "kecamatan"]])
    let life = CodeTable(
      name: "life",
      codes: [
        .init(code: "alive", title: BilingualText(id: "Hidup", en: "Alive"), aliases: ["ADA", "AKTIF"]),
        .init(code: "dead", title: BilingualText(id: "Meninggal", en: "Dead")),
      ])
    #expect(
      person.fields.map(\.type) == [
        .nik, .text(lengthMax: 100), .date, .region, .code(life), .list(lengthMax: 20, countMax: 5),
        .decimal(minimum: 20.5, maximum: 300), .integer(minimum: 0, maximum: nil),
      ])
    #expect(
      person.fields.map(\.policy.word) == [
        "review", "authority", "latest", "review", "monotone", "union", "latest", "latest",
      ])
    #expect(person.fields[4].policy == .monotone(order: ["alive", "dead"]))
    #expect(person.fields[1].authority.map(\.text) == ["disdukcapil", "kec-citta"])
    #expect(person.fields.map(\.isRequired) == [false, true, false, false, false, false, false, false])
    #expect(person.fields[0].personal == .identifier)
    #expect(person.fields[1].headers == ["Nama  Penduduk", "nama"])
    #expect(person.fields[3].districtHeaders == ["Kecamatan"])
    #expect(person.fields[3].villageHeaders == ["Desa/Kel"])
    #expect(document.regions == fleet.regions)
  }

  @Test(
    "a wrong profile is a clear problem",
    arguments: [
      (
        "kind = \"skpd\"", "kind = \"kecamatan\"",
        "skpd/disdukcapil.toml:2: kind: must be skpd, like the file's folder"
      ),
      ("73.12", "7312", "skpd/disdukcapil.toml:3: region: must be a region's code such as \"73.12.04\""),
      ("73.12", "73.13", "skpd/disdukcapil.toml:3: region: is not in reference/regions.toml"),
      ("\"normal\"", "\"shift\"", "skpd/disdukcapil.toml:5: calendar: there is no calendars/shift.toml"),
      ("roles = [\"dukcapil\"]\n", "", "skpd/disdukcapil.toml: roles: is missing"),
      (
        "[\"dukcapil\"]", "[\"dukcapl\"]",
        "skpd/disdukcapil.toml:4: roles: no dataset names the role dukcapl; did you mean dukcapil?"
      ),
      (
        "[\"dukcapil\"]", "[\"*\"]",
        "skpd/disdukcapil.toml:4: roles[1]: must be a role's name: lower-case letters, digits, inner hyphens"
      ),
      (
        "limit_bps", "limit",
        "skpd/disdukcapil.toml:7: uplink.limit: unknown key; did you mean uplink.limit_bps?"
      ),
      ("2000000", "0", "skpd/disdukcapil.toml:7: uplink.limit_bps: must be from 1 to 1000000000000, found 0"),
      (", en = \"Population Office\"", "", "skpd/disdukcapil.toml:1: title.en: is missing"),
      ("title = ", "titel = ", "skpd/disdukcapil.toml:1: titel: unknown key; did you mean title?"),
    ])
  func profile(old: String, new: String, line: String) throws {
    let fixture = try FleetFixture()
    try fixture.replace(old, by: new, in: "skpd/disdukcapil.toml")
    #expect(fixture.problems().contains(line))
  }

  @Test func `a role or an authority that nobody is is named where it is misspelt, and there alone`() throws {
    let table = [
      (
        "roles = [\"dukcapil\", \"kecamatan\"]", "roles = [\"dukcapil\", \"kecamtan\"]",
        "datasets/citizen.toml:15: write[1].roles: no office has the role kecamtan; did you mean kecamatan?"
      ),
      (
        "\"kec-citta\"]", "\"kec-cita\"]",
        "datasets/citizen.toml:29: fields.name.authority: there is no office kec-cita; did you mean kec-citta?"
      ),
    ]
    for (old, new, line) in table {
      let fixture = try FleetFixture()
      try fixture.replace("roles = []", by: "roles = [\"kecamatan\"]", in: "kecamatan/kec-citta.toml")
      try fixture.replace(old, by: new, in: "datasets/citizen.toml")
      #expect(fixture.problems() == [line])
      // What is left out of a file that cannot be read is not missed in the others too.
      try fixture.replace("limit_bps", by: "limit", in: "skpd/disdukcapil.toml")
      #expect(fixture.problems().count == 1)
    }
  }

  @Test func `names that Simpul's own tables and files have are refused with the line`() throws {
    let fixture = try FleetFixture()
    try fixture.replace("[fields.height]", by: "[fields.version]", in: "datasets/citizen.toml")
    #expect(
      fixture.problems().contains { $0.hasPrefix("datasets/citizen.toml:58: fields.version: is a name that Simpul") })
    let other = try FleetFixture()
    try other.directory.write(
      "datasets/quarantine.toml", FleetFixture.punch.replacing("\"punch\"", with: "\"quarantine\""))
    #expect(other.problems().contains { $0.hasPrefix("datasets/quarantine.toml:1: id: is a name that Simpul") })
  }

  private static let hours = """
    2000000
    [[uplink.hours]]
    days = ["mon", "fri"]
    start = "07:30"
    end = "16:00"
    limit_bps = 1000000
    [[uplink.hours]]
    days = ["fri"]
    start = "16:00"
    end = "24:00"
    limit_bps = 500000
    """

  @Test func `an uplink may have other limits in some hours, and a node reads what the centre read`() throws {
    let fixture = try FleetFixture()
    try fixture.replace("2000000", by: Self.hours, in: "skpd/disdukcapil.toml")
    let office = try #require(NodeName("disdukcapil").flatMap(try fixture.load().profile))
    let expected = UplinkLimit(
      bitsPerSecond: 2_000_000,
      hours: [
        .init(days: [.monday, .friday], start: 450, end: 960, bitsPerSecond: 1_000_000),
        .init(days: [.friday], start: 960, end: 1440, bitsPerSecond: 500_000),
      ])
    #expect(office.uplink == expected)
    #expect(try ProfileDocument.parse(ProfileDocument(office).text).profile == office)
  }

  @Test(
    "wrong hours of an uplink are a clear problem",
    arguments: [
      (
        "start = \"07:30\"", "start = \"7:30\"",
        "skpd/disdukcapil.toml:10: uplink.hours[1].start: must be a time from \"00:00\" to \"24:00\""
      ),
      (
        "\"24:00\"", "\"24:01\"",
        "skpd/disdukcapil.toml:16: uplink.hours[2].end: must be a time from \"00:00\" to \"24:00\""
      ),
      (
        "\"24:00\"", "\"06:00\"",
        "skpd/disdukcapil.toml:16: uplink.hours[2].end: is not after start; write hours past midnight as two entries, "
          + "to 24:00 and from 00:00"
      ),
      (
        "start = \"16:00\"", "start = \"15:59\"",
        "skpd/disdukcapil.toml:15: uplink.hours[2].start: overlaps other hours of a day; let one end where the next begins"
      ),
      (
        "[\"fri\"]", "[\"jum\"]",
        "skpd/disdukcapil.toml:14: uplink.hours[2].days[1]: must be one of mon, tue, wed, thu, fri, sat, sun"
      ),
      ("limit_bps = 500000", "", "skpd/disdukcapil.toml:13: uplink.hours[2].limit_bps: is missing"),
      (
        "limit_bps = 500000", "limit = 500000",
        "skpd/disdukcapil.toml:17: uplink.hours[2].limit: unknown key; did you mean uplink.hours.limit_bps?"
      ),
    ])
  func uplinkHours(old: String, new: String, line: String) throws {
    let fixture = try FleetFixture()
    try fixture.replace("2000000", by: Self.hours.replacing(old, with: new), in: "skpd/disdukcapil.toml")
    let problems = fixture.problems()
    #expect(problems.contains(line), "\(problems)")
  }

  @Test func `names of nodes are well-formed, the centre's own is not given away, and none is there twice`()
    throws
  {
    let fixture = try FleetFixture()
    for name in ["scc", "Dinas", "a_b", "disdukcapil"] {
      try fixture.directory.write("kecamatan/\(name).toml", FleetFixture.district)
    }
    let problems = fixture.problems()
    #expect(problems.count == 4)
    for name in ["scc", "Dinas", "a_b"] {
      #expect(problems.contains { $0.hasPrefix("kecamatan/\(name).toml: the file's name is no node's name") })
    }
    #expect(problems.contains("kecamatan/disdukcapil.toml: the folder skpd has a profile of this name too"))
  }

  @Test func `a kecamatan's profile has a kecamatan's region`() throws {
    let fixture = try FleetFixture()
    try fixture.replace("73.12.08", by: "73.12", in: "kecamatan/kec-citta.toml")
    #expect(
      fixture.problems() == [
        "kecamatan/kec-citta.toml:3: region: must be a kecamatan's code such as \"73.12.04\""
      ])
  }

  @Test(
    "a wrong code table is a clear problem",
    arguments: [
      ("\"dead\"", "\"alive\"", "reference/codes/life.toml:7: code[2].code: another entry has the same code"),
      (
        "Meninggal", "ada",
        "reference/codes/life.toml:5: code[1].aliases: \"ADA\" already means the code \"dead\"; remove one of the two"
      ),
      (
        "\"AKTIF\"", "\"Dead\"",
        "reference/codes/life.toml:5: code[1].aliases: \"Dead\" already means the code \"dead\"; remove one of the two"
      ),
      (
        "\"AKTIF\"", "\" \"",
        "reference/codes/life.toml:5: code[1].aliases[2]: must be a text that is not empty"
      ),
      (
        "aliases", "alias",
        "reference/codes/life.toml:5: code[1].alias: unknown key; did you mean code[1].aliases?"
      ),
      ("code = \"dead\"\n", "", "reference/codes/life.toml:6: code[2].code: is missing"),
    ])
  func codeTable(old: String, new: String, line: String) throws {
    let fixture = try FleetFixture()
    try fixture.replace(old, by: new, in: "reference/codes/life.toml")
    #expect(fixture.problems().contains(line))
  }

  @Test(
    "a wrong region is a clear problem",
    arguments: [
      (
        "\"73.12.08\"", "\"73.12.8\"",
        "reference/regions.toml:9: region[2].code: must be a region's code such as \"73.12.04\""
      ),
      (
        "\"kecamatan\"", "\"desa\"",
        "reference/regions.toml:11: region[2].level: does not fit the code 73.12.08"
      ),
      (
        "parent = \"73.12\"", "parent = \"73\"",
        "reference/regions.toml:12: region[2].parent: must be the code without its last part"
      ),
      (
        "lat = -4.3", "lat = -94.3",
        "reference/regions.toml:6: region[1].lat: must be from -90.0 to 90.0 degrees"
      ),
      (
        "code = \"73.12.08\"", "code = \"73.12\"",
        "reference/regions.toml:9: region[2].code: another region has the same code"
      ),
      (
        "capital", "capitol",
        "reference/regions.toml:13: region[2].capitol: unknown key; did you mean region[2].capital?"
      ),
    ])
  func region(old: String, new: String, line: String) throws {
    let fixture = try FleetFixture()
    try fixture.replace(old, by: new, in: "reference/regions.toml")
    #expect(fixture.problems().contains(line))
  }

  @Test func `a directory with nothing in it is probably the wrong one`() throws {
    let directory = try TemporaryDirectory()
    let lines = problemLines {
      _ = try FleetDirectory.load(directory: directory.path, datasetsDirectory: directory.path + "/datasets")
    }
    #expect(
      lines == [
        "\(directory.path)/datasets: holds no definitions; name the directory of the datasets' *.toml files",
        "\(directory.path): holds no profiles; name the directory with the folders skpd and kecamatan",
      ])
  }

  @Test func `a directory that is not there is the one problem`() {
    #expect(
      problemLines {
        _ = try FleetDirectory.load(directory: "/nonexistent", datasetsDirectory: "/nonexistent/datasets")
      } == [
        "/nonexistent: fleet.directory: there is no such directory; "
          + "name in the settings the directory with the folders skpd and kecamatan"
      ])
  }

  @Test func `problems of several files are shown together, and other files are left alone`() throws {
    let fixture = try FleetFixture()
    try fixture.directory.write("datasets/.hidden.toml", "not TOML")
    try fixture.directory.write("datasets/notes.txt", "not TOML")
    #expect(fixture.problems().isEmpty)
    try fixture.directory.write("datasets/broken.toml", "a = ")
    try fixture.replace("limit_bps", by: "limit", in: "skpd/disdukcapil.toml")
    let problems = fixture.problems()
    #expect(problems.count == 2)
    #expect(problems.first?.hasPrefix("datasets/broken.toml:1: ") == true)
  }

  @Test func `only a dataset that finds codes by names needs the regions`() throws {
    let fixture = try FleetFixture()
    try fixture.directory.remove("reference/regions.toml")
    #expect(
      fixture.problems() == [
        "reference/regions.toml: is missing: the dataset citizen finds codes by the names of regions"
      ])
    try fixture.directory.remove("datasets/citizen.toml")
    try fixture.replace("[\"dukcapil\"]", by: "[]", in: "skpd/disdukcapil.toml")
    #expect(fixture.problems().isEmpty)
  }

  @Test func `without a folder of calendars none is checked`() throws {
    let fixture = try FleetFixture()
    try fixture.directory.remove("calendars")
    #expect(fixture.problems().isEmpty)
  }
}
