import Datasets

/// Reads `agents/reference/regions.toml`, and the part of it that a definition carries to the nodes.
enum RegionTableReader {
  private enum Level: String, CaseIterable {
    case kabupaten, kecamatan, desa, kelurahan

    /// How many parts of the code a region of this level has.
    var partCount: Int {
      switch self {
      case .kabupaten: 2
      case .kecamatan: 3
      case .desa, .kelurahan: 4
      }
    }
  }

  static func readFile(_ root: TableReader) -> RegionTable {
    if !root.has("region") {
      root.missing(
        "region",
        remedy: .init(id: "tulis satu [[region]] untuk tiap wilayah", en: "write a [[region]] for every region"))
    }
    let entries = root.tables("region")
    var regions: [RegionTable.Region] = []
    for entry in entries {
      guard let region = readNames(entry) else { continue }
      readPlace(entry, of: region.code)
      regions.append(region)
    }
    checkUnique(entries)
    root.finish()
    return RegionTable(regions)
  }

  /// The `[[region]]` tables of a definition; nil when it has none.
  static func readEmbedded(_ root: TableReader) -> RegionTable? {
    guard root.has("region") else { return nil }
    return RegionTable(root.tables("region").compactMap(readNames))
  }

  private static func readNames(_ entry: TableReader) -> RegionTable.Region? {
    let code = entry.region("code")
    let name = entry.requiredString("name")
    let aliases = entry.spellings("aliases")
    guard let code, let name else { return nil }
    return RegionTable.Region(code: code, name: name, aliases: aliases)
  }

  /// What only people and maps use: checked here, kept by nobody yet.
  private static func readPlace(_ entry: TableReader, of code: RegionCode) {
    let partCount = code.text.split(separator: ".").count
    if !entry.has("level") { entry.missing("level") }
    if let level = entry.choice("level", Level.self), level.partCount != partCount {
      entry.report(
        "level", .init(id: "tidak cocok dengan kode \(code)", en: "does not fit the code \(code)"))
    }
    if let parent = entry.region("parent"),
      parent.text != code.text.split(separator: ".").dropLast().joined(separator: ".")
    {
      entry.report(
        "parent",
        .init(id: "harus kode itu tanpa bagian terakhirnya", en: "must be the code without its last part"))
    }
    _ = entry.nonEmptyString("capital")
    for (key, limit) in [("lat", 90.0), ("lon", 180.0)] {
      if let degrees = entry.decimal(key), abs(degrees) > limit {
        entry.report(
          key,
          .init(
            id: "harus dari \(-limit) sampai \(limit) derajat", en: "must be from \(-limit) to \(limit) degrees"))
      }
    }
  }

  private static func checkUnique(_ entries: [TableReader]) {
    var seen: Set<String> = []
    for entry in entries {
      guard case .string(let code)? = entry.raw("code") else { continue }
      if !seen.insert(code).inserted {
        entry.report("code", .init(id: "wilayah lain memakai kode yang sama", en: "another region has the same code"))
      }
    }
  }
}
