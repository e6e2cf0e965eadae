/// The regions known by name, so that a file's kecamatan and desa columns give a code.
package struct RegionTable: Sendable, Equatable {
  package struct Region: Sendable, Equatable {
    package let code: RegionCode
    package let name: String
    package let aliases: [String]

    package init(code: RegionCode, name: String, aliases: [String] = []) {
      self.code = code
      self.name = name
      self.aliases = aliases
    }
  }

  package let regions: [Region]
  private let codesBySpelling: [String: [RegionCode]]

  package init(_ regions: [Region]) {
    self.regions = regions
    var spellings: [String: [RegionCode]] = [:]
    for region in regions {
      for spelling in Set(([region.name] + region.aliases).map(Self.folded)) {
        spellings[spelling, default: []].append(region.code)
      }
    }
    codesBySpelling = spellings
  }

  package func name(of code: RegionCode) -> String? { regions.first { $0.code == code }?.name }

  package func contains(_ code: RegionCode) -> Bool { regions.contains { $0.code == code } }

  /// The village called `village` in the kecamatan called `district`; nil when there is none or the names are ambiguous.
  package func village(named village: String, inDistrict district: String) -> RegionCode? {
    let districts = (codesBySpelling[Self.folded(district)] ?? []).filter { $0.text.utf8.count == 8 }
    let villages = (codesBySpelling[Self.folded(village)] ?? []).filter { code in
      code.text.utf8.count > 8 && districts.contains { $0.contains(code) }
    }
    return villages.count == 1 ? villages[0] : nil
  }

  /// Only letters and digits count, in upper case: `Donri-Donri` is `DONRI DONRI`.
  private static func folded(_ text: String) -> String {
    String(
      text.uppercased().unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) }.map(
        Character.init))
  }
}
