import Datasets
import Settings

/// Which offices of the fleet play which part.
struct DemoCast: Sendable {
  /// Every office, sorted.
  let offices: [NodeName]
  /// Keeps the population register.
  let register: NodeName
  /// Is cut off.
  let cutOff: NodeName
  /// Where somebody moves to.
  let neighbour: NodeName
  let kecamatan: [NodeName]
  /// Has an agreement about some fields.
  let partner: NodeName
  /// Has no rule for the population.
  let outsider: NodeName
  /// Sees everybody's attendance.
  let personnel: NodeName
  /// Bring files of terminals.
  let withTerminals: [NodeName]
  /// Bring samples of cameras.
  let withCameras: [NodeName]
  let villages: [DemoVillage]
  /// The fields that the partner may see, sorted, and all of the dataset.
  let agreedFields: [String]
  let allFields: [String]

  /// - Throws: `CommandFailure` when the fleet lacks an office that the demo needs.
  init(_ fleet: FleetDirectory, language: Language) throws(CommandFailure) {
    offices = fleet.profiles.map(\.node)
    register = try Self.office("disdukcapil", fleet, language)
    cutOff = try Self.office("kec-lalabata", fleet, language)
    neighbour = try Self.office("kec-ganra", fleet, language)
    partner = try Self.office("dinsos", fleet, language)
    outsider = try Self.office("dispora", fleet, language)
    personnel = try Self.office("bkpsdm", fleet, language)
    var terminals: [NodeName] = []
    for name in ["bkpsdm", "dinkes", "disdik", "kec-citta", "setda"] {
      terminals.append(try Self.office(name, fleet, language))
    }
    withTerminals = terminals
    withCameras = [
      try Self.office("diskominfo", fleet, language), try Self.office("dishub", fleet, language),
    ]
    kecamatan = fleet.profiles.filter { $0.kind == "kecamatan" }.map(\.node)
    villages = DemoVillage.all(of: fleet.regions)
    let population = DatasetName("population").flatMap { fleet.dataset($0) }?.definition
    guard let population, let profile = fleet.profile(of: partner), !villages.isEmpty else {
      throw Self.missing("datasets/population.toml, reference/regions.toml", language)
    }
    allFields = population.fields.map(\.name.text)
    let agreed = Access(rules: population.read, profile: profile).fields(scope: nil) ?? []
    agreedFields = agreed.map(\.text).sorted()
  }

  private static func office(
    _ name: String, _ fleet: FleetDirectory, _ language: Language
  ) throws(CommandFailure) -> NodeName {
    guard let node = NodeName(name), fleet.profile(of: node) != nil else {
      throw missing("\(name).toml", language)
    }
    return node
  }

  private static func missing(_ what: String, _ language: Language) -> CommandFailure {
    CommandFailure(
      .configuration,
      language(
        "berkas armada tidak memuat \(what), yang dipakai demo; beri --agents DIR yang lain",
        "the fleet's files lack \(what), which the demo needs; give another --agents DIR"))
  }
}

/// A desa or kelurahan with its kecamatan.
struct DemoVillage: Sendable, Equatable {
  let code: RegionCode
  let name: String
  let district: RegionCode
  let districtName: String

  /// All of the table, in its order.
  static func all(of regions: RegionTable) -> [DemoVillage] {
    regions.regions.compactMap { region in
      guard let district = region.code.district, district != region.code,
        let districtName = regions.name(of: district)
      else { return nil }
      return DemoVillage(code: region.code, name: region.name, district: district, districtName: districtName)
    }
  }
}
