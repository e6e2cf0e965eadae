import Testing

@testable import Settings

/// A small fleet in a directory of its own: what is wrong with one change of it is what a test is about.
struct FleetFixture {
  let directory: TemporaryDirectory

  static let person = """
    id = "citizen"
    kind = "record"
    version = 1
    title = { id = "Orang", en = "Person" }
    identity = ["nik", "born"]
    scope = "region"
    lane = "record"
    [[read]]
    roles = ["kecamatan"]
    region = "own"
    [[read]]
    roles = ["mitra"]
    fields = ["nik", "name"]
    [[write]]
    roles = ["dukcapil", "kecamatan"]
    [fields.nik]
    title = { id = "NIK", en = "NIK" }
    type = "nik"
    policy = "review"
    authority = ["disdukcapil"]
    personal = "identifier"
    headers = ["No. NIK"]
    [fields.name]
    title = { id = "Nama", en = "Name" }
    type = "text"
    max = 100
    required = true
    policy = "authority"
    authority = ["disdukcapil", "kec-citta"]
    personal = "general"
    headers = ["Nama  Penduduk", "nama"]
    [fields.born]
    title = { id = "Lahir", en = "Born" }
    type = "date"
    policy = "latest"
    personal = "general"
    [fields.region]
    title = { id = "Wilayah", en = "Region" }
    type = "region"
    policy = "review"
    personal = "none"
    headers_kecamatan = ["Kecamatan"]
    headers_desa = ["Desa/Kel"]
    [fields.life]
    title = { id = "Status", en = "Status" }
    type = "code"
    codes = "life"
    policy = "monotone"
    order = ["alive", "dead"]
    personal = "general"
    [fields.phones]
    title = { id = "Telepon", en = "Phones" }
    type = "list"
    max = 20
    count_max = 5
    policy = "union"
    personal = "general"
    [fields.height]
    title = { id = "Tinggi \\"cm\\"", en = "Height" }
    type = "decimal"
    minimum = 20.5
    maximum = 300
    policy = "latest"
    personal = "specific"
    [fields.children]
    title = { id = "Anak", en = "Children" }
    type = "integer"
    minimum = 0
    policy = "latest"
    personal = "none"
    """

  static let punch = """
    id = "punch"
    kind = "event"
    version = 3
    title = { id = "Absen", en = "Punch" }
    key = ["device", "time"]
    lane = "event"
    [[write]]
    roles = ["*"]
    [fields.device]
    title = { id = "Alat", en = "Device" }
    type = "text"
    max = 64
    required = true
    personal = "none"
    [fields.time]
    title = { id = "Waktu", en = "Time" }
    type = "instant"
    required = true
    personal = "none"
    """

  static let life = """
    title = { id = "Hidup", en = "Life" }
    [[code]]
    code = "alive"
    title = { id = "Hidup", en = "Alive" }
    aliases = ["ADA", "AKTIF"]
    [[code]]
    code = "dead"
    title = { id = "Meninggal", en = "Dead" }
    """

  static let regions = """
    [[region]]
    code = "73.12"
    name = "Kabupaten Soppeng"
    level = "kabupaten"
    parent = "73"
    lat = -4.3
    lon = 119
    [[region]]
    code = "73.12.08"
    name = "Citta"
    level = "kecamatan"
    parent = "73.12"
    capital = "Citta"
    aliases = ["Cita"]
    [[region]]
    code = "73.12.08.2001"
    name = "Citta"
    level = "desa"
    parent = "73.12.08"
    """

  static let office = """
    title = { id = "Dinas Kependudukan", en = "Population Office" }
    kind = "skpd"
    region = "73.12"
    roles = ["dukcapil"]
    calendar = "normal"
    [uplink]
    limit_bps = 2000000
    """

  static let district = """
    title = { id = "Kecamatan Citta", en = "Citta District" }
    kind = "kecamatan"
    region = "73.12.08"
    roles = []
    calendar = "normal"
    """

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write("datasets/citizen.toml", Self.person)
    try directory.write("datasets/punch.toml", Self.punch)
    try directory.write("reference/codes/life.toml", Self.life)
    try directory.write("reference/regions.toml", Self.regions)
    try directory.write("skpd/disdukcapil.toml", Self.office)
    try directory.write("kecamatan/kec-citta.toml", Self.district)
    try directory.write("calendars/normal.toml", "")
  }

  func load() throws(SettingsProblems) -> FleetDirectory {
    try FleetDirectory.load(directory: directory.path, datasetsDirectory: directory.path + "/datasets")
  }

  /// The problems' lines, with paths as from the fleet's directory.
  func problems() -> [String] {
    problemLines { _ = try load() }.map {
      $0.replacing(directory.path + "/", with: "").replacing(directory.path, with: ".")
    }
  }

  /// Replaces the first `old` in a file, which must be there.
  func replace(_ old: String, by new: String, in file: String) throws {
    let text = try directory.read(file)
    let range = try #require(text.firstRange(of: old), "the file does not hold \(old)")
    try directory.write(file, text.replacingCharacters(in: range, with: new))
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    var result = self
    result.replaceSubrange(range, with: text)
    return result
  }
}
