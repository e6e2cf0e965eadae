/// What was most likely meant by names of kecamatan and desa as files and people write them.
extension RegionTable {
  private static let villageWords = ["kelurahan ", "kel. ", "kel.", "kel ", "desa ", "ds. ", "ds."]
  private static let districtWords = ["kecamatan ", "kec. ", "kec.", "kec "]

  /// A village as it may be written: by its name, then without the word for its kind. `Kel. Botto` is Botto.
  static func spellings(ofVillage name: String) -> [String] { spellings(name, prefixes: villageWords) }

  /// A kecamatan, likewise.
  static func spellings(ofDistrict name: String) -> [String] { spellings(name, prefixes: districtWords) }

  private static func spellings(_ name: String, prefixes: [String]) -> [String] {
    let folded = HeaderSpelling.folded(name)
    guard let prefix = prefixes.first(where: { folded.hasPrefix($0) }) else { return [folded] }
    return [folded, String(folded.dropFirst(prefix.count))]
  }

  /// The village that was most likely meant, `Botto (73.12.04.1003)`, or several; nil when none is near.
  ///
  /// - Parameter district: as it is written beside the village; empty where nothing is.
  func suggestion(forVillage village: String, inDistrict district: String = "") -> String? {
    // The last spelling is without the word for its kind.
    let words = Self.spellings(ofVillage: village).last ?? village
    let place = Self.spellings(ofDistrict: district).last ?? district
    let names = villages(near: words, inDistrict: place).map { "\($0.name) (\($0.code))" }
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }

  /// The kecamatan that was most likely meant by a name that none has, and the desa where that is none of it either;
  /// nil when none is near.
  func suggestion(forDistrict district: String, holding village: String) -> String? {
    let meant = districts(near: Self.spellings(ofDistrict: district).last ?? district)
    if meant.isEmpty { return nil }
    let names = meant.map(\.name).joined(separator: ", ")
    let isVillageRight = meant.contains { place in
      Self.spellings(ofVillage: village).contains { self.village(named: $0, inDistrict: place.name) != nil }
    }
    guard !isVillageRight, let near = suggestion(forVillage: village, inDistrict: district) else { return names }
    return "\(names), \(near)"
  }
}
