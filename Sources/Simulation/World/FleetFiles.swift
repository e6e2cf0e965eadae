import Datasets
import Settings
import Wire

/// The datasets and offices of a simulated fleet, in the very texts that a centre hands out.
struct FleetFiles: Sendable {
  static let population = "population"
  static let attendance = "attendance"
  static let incident = "incident"
  static let camera = "camera"

  let version: Int
  let definitions: [DefinitionDocument]
  let profiles: [ProfileDocument]

  /// - Parameters:
  ///   - officeCount: the first keeps the register, the others are districts.
  ///   - version: from 1; the second has a field more, and every other one lets fewer offices read incidents.
  /// - Throws: `SettingsProblems` for a mistake in the texts below.
  init(officeCount: Int, version: Int) throws {
    self.version = version
    definitions = try [
      Self.populationText(version), Self.attendanceText, Self.incidentText(version), Self.cameraText,
    ].map { text in try DefinitionDocument.parse(text) }
    profiles = try (0..<officeCount).map { number in try ProfileDocument.parse(Self.profileText(number)) }
  }

  /// Villages of a district, or of all of them for the office that keeps the register.
  func villages(of profile: NodeProfile) -> [String] {
    let districts = profile.kind == "kecamatan" ? [profile.region.text] : Self.districts(profiles.count)
    return districts.flatMap { ["\($0).1001", "\($0).1002"] }
  }

  private static func districts(_ officeCount: Int) -> [String] {
    (1..<max(2, officeCount)).map { district($0) }
  }

  private static func district(_ number: Int) -> String {
    "73.12." + (number < 10 ? "0\(number)" : "\(number)")
  }

  private static func profileText(_ number: Int) -> String {
    let (name, kind, region, role) =
      number == 0
      ? ("disdukcapil", "skpd", "73.12", "dukcapil")
      : ("kec-\(number)", "kecamatan", district(number), "kecamatan")
    return """
      node = "\(name)"
      title = { id = "\(name)", en = "\(name)" }
      kind = "\(kind)"
      region = "\(region)"
      roles = ["\(role)"]
      calendar = "normal"
      """
  }

  private static func populationText(_ version: Int) -> String {
    """
    id = "population"
    kind = "record"
    version = \(min(version, 2))
    title = { id = "Kependudukan", en = "Population" }
    identity = ["nomor"]
    scope = "kode_wilayah"
    lane = "record"
    [[read]]
    roles = ["dukcapil"]
    [[read]]
    roles = ["kecamatan"]
    region = "own"
    [[write]]
    roles = ["dukcapil"]
    [[write]]
    roles = ["kecamatan"]
    region = "own"
    \(field("nomor", "required = true\npolicy = \"review\"\nauthority = [\"disdukcapil\"]"))
    \(field("nama", "required = true\npolicy = \"review\"\nauthority = [\"disdukcapil\"]"))
    \(field("kode_wilayah", type: "region", "required = true\npolicy = \"review\"\nauthority = [\"disdukcapil\"]"))
    \(field("alamat", "policy = \"latest\""))
    \(field("agama", "policy = \"authority\"\nauthority = [\"disdukcapil\"]"))
    \(version > 1 ? field("telepon", "policy = \"latest\"") : "")
    """
  }

  private static let attendanceText = scanText("attendance", kind: "event", lane: "event")

  private static let cameraText = scanText("camera", kind: "sample", lane: "sample")

  private static func scanText(_ id: String, kind: String, lane: String) -> String {
    """
    id = "\(id)"
    kind = "\(kind)"
    version = 1
    title = { id = "\(id)", en = "\(id)" }
    key = ["device", "pin", "time"]
    lane = "\(lane)"
    [[read]]
    roles = ["dukcapil"]
    [[write]]
    roles = ["*"]
    \(field("device", "required = true"))
    \(field("pin", "required = true"))
    \(field("time", type: "instant", "required = true"))
    """
  }

  private static func incidentText(_ version: Int) -> String {
    """
    id = "incident"
    kind = "event"
    version = 1
    title = { id = "Insiden", en = "Incident" }
    key = ["nomor"]
    lane = "incident"
    [[read]]
    roles = ["\(version.isMultiple(of: 2) ? "dukcapil" : "*")"]
    [[write]]
    roles = ["*"]
    \(field("nomor", "required = true"))
    \(field("uraian", ""))
    """
  }

  private static func field(_ name: String, type: String = "text", _ rest: String) -> String {
    """
    [fields.\(name)]
    title = { id = "\(name)", en = "\(name)" }
    type = "\(type)"
    \(type == "text" ? "max = 100" : "")
    personal = "none"
    \(rest)
    """
  }
}
