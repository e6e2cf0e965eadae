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
    var codes = Self.bySpelling(regions).mapValues { $0.map(\.code) }
    // In the place of a kecamatan's name may stand its code: whole, or as it is counted within the regency.
    for code in regions.map(\.code) where code.text.utf8.count == 8 {
      for spelling in [Self.folded(code.text), String(code.text.suffix(2))] {
        codes[spelling, default: []].append(code)
      }
    }
    codesBySpelling = codes
  }

  /// Every region by what people call it: a desa with its kecamatan, since other kecamatan may have one of that name.
  package var titles: [(code: RegionCode, title: String)] {
    let names = Dictionary(regions.map { ($0.code, $0.name) }, uniquingKeysWith: { first, _ in first })
    return regions.map { region in
      let district = region.code.isVillage ? region.code.district.flatMap { names[$0] } : nil
      return (region.code, district.map { "\(region.name), \($0)" } ?? region.name)
    }
  }

  package func name(of code: RegionCode) -> String? { regions.first { $0.code == code }?.name }

  package func contains(_ code: RegionCode) -> Bool { regions.contains { $0.code == code } }

  /// The village called `village` in the kecamatan of this name or code; nil when there is none or the names are ambiguous.
  package func village(named village: String, inDistrict district: String) -> RegionCode? {
    let districts = districts(called: district)
    let villages = (codesBySpelling[Self.folded(village)] ?? []).filter { code in
      code.text.utf8.count > 8 && districts.contains { $0.contains(code) }
    }
    return villages.count == 1 ? villages[0] : nil
  }

  /// The villages that `village` and `district` most likely stand for, where no village has these very names.
  ///
  /// - Returns: at most three, by name; empty when nothing is near.
  package func villages(near village: String, inDistrict district: String) -> [Region] {
    let meant = districts(near: district)
    let inside = regions.filter { region in
      region.code.text.utf8.count > 8 && (meant.isEmpty || meant.contains { $0.code.contains(region.code) })
    }
    return Array(nearest(to: village, among: inside).sorted { $0.name < $1.name }.prefix(3))
  }

  /// Whether `name` is a kecamatan's name or code: `Lalabata`, `73.12.04`, `731204`, or `04` within the regency.
  package func hasDistrict(named name: String) -> Bool { !districts(called: name).isEmpty }

  private func districts(called name: String) -> [RegionCode] {
    (codesBySpelling[Self.folded(name)] ?? []).filter { $0.text.utf8.count == 8 }
  }

  /// The kecamatan that `name` stands for, or else most likely does; empty when nothing is near.
  package func districts(near name: String) -> [Region] {
    let called = districts(called: name)
    let meant =
      called.isEmpty
      ? nearest(to: name, among: regions.filter { $0.code.text.utf8.count == 8 })
      : regions.filter { called.contains($0.code) }
    return meant.sorted { $0.name < $1.name }
  }

  /// The regions whose name is spelt like `name`, or else nearest to it.
  private func nearest(to name: String, among regions: [Region]) -> [Region] {
    let spellings = Self.bySpelling(regions)
    return EditDistance.nearest(to: Self.folded(name), among: spellings.keys).flatMap { spellings[$0] } ?? []
  }

  private static func bySpelling(_ regions: [Region]) -> [String: [Region]] {
    var spellings: [String: [Region]] = [:]
    for region in regions {
      for spelling in Set(([region.name] + region.aliases).map(folded)) {
        spellings[spelling, default: []].append(region)
      }
    }
    return spellings
  }

  /// Only letters and digits count, in upper case: `Donri-Donri` is `DONRI DONRI`.
  private static func folded(_ text: String) -> String {
    String(
      text.uppercased().unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) }.map(
        Character.init))
  }
}
