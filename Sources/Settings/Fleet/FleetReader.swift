import Datasets

/// Reads the fleet's files one after the other and collects what is wrong in any of them.
final class FleetReader {
  let directory: String
  let datasetsDirectory: String
  let problems = ProblemList()
  /// What was read, by file: later checks say the line too.
  private var roots: [String: TableReader] = [:]

  init(directory: String, datasetsDirectory: String) {
    self.directory = directory
    self.datasetsDirectory = datasetsDirectory
  }

  func codeTables() -> [CodeTable] {
    files(in: directory + "/reference/codes").compactMap { file in
      open(file).flatMap { CodeTableReader.readFile($0, name: file.name) }
    }
  }

  /// Nil when there is no such file: only datasets that need names of regions miss it.
  func regions() -> RegionTable? {
    let path = directory + "/reference/regions.toml"
    guard BoundedFile.exists(path) else { return nil }
    return open((path, "regions")).map(RegionTableReader.readFile)
  }

  func datasets(codeTables: [CodeTable], regions: RegionTable?) -> [DefinitionDocument] {
    let files = files(in: datasetsDirectory)
    if files.isEmpty {
      problems.append(
        SettingsProblem(
          .missing, file: datasetsDirectory, reason: .init(id: "tidak berisi definisi", en: "holds no definitions"),
          remedy: .init(
            id: "sebutkan direktori berkas *.toml untuk dataset",
            en: "name the directory of the datasets' *.toml files")))
    }
    let tables = Dictionary(codeTables.map { ($0.name, $0) }) { first, _ in first }
    return files.compactMap { file in
      guard let root = open(file) else { return nil }
      let reader = DefinitionReader(
        root: root, codeTables: tables, codeTablesPlace: directory + "/reference/codes")
      let definition = reader.read()
      root.finish()
      guard let definition else { return nil }
      if definition.name.text != file.name {
        root.report(
          "id",
          .init(
            id: "harus \(file.name), sama dengan nama berkasnya", en: "must be \(file.name), like the file's name"),
          remedy: .init(id: "ganti nama salah satunya", en: "rename one of the two"))
      }
      if definition.needsRegions, regions == nil {
        problems.append(
          SettingsProblem(
            .missing, file: directory + "/reference/regions.toml",
            reason: .init(
              id: "belum ada: dataset \(definition.name) mencari kode dari nama wilayah",
              en: "is missing: the dataset \(definition.name) finds codes by the names of regions")))
      }
      return DefinitionDocument(definition: definition, regions: regions)
    }.sorted { $0.definition.name < $1.definition.name }
  }

  // MARK: - Profiles

  func profiles(regions: RegionTable?) -> [NodeProfile] {
    var folders: [NodeName: String] = [:]
    var profiles: [NodeProfile] = []
    var hasFiles = false
    for folder in ["skpd", "kecamatan"] {
      for file in files(in: "\(directory)/\(folder)") {
        hasFiles = true
        guard let root = open(file), let node = node(file) else { continue }
        let profile = ProfileReader(root: root, node: node).read()
        root.finish()
        guard let profile else { continue }
        check(profile, in: folder, regions: regions, root)
        if let other = folders.updateValue(folder, forKey: node) {
          problems.append(
            SettingsProblem(
              .invalid, file: file.path,
              reason: .init(
                id: "folder \(other) juga berisi profil dengan nama ini",
                en: "the folder \(other) has a profile of this name too")))
        }
        profiles.append(profile)
      }
    }
    if !hasFiles {
      problems.append(
        SettingsProblem(
          .missing, file: directory, reason: .init(id: "tidak berisi profil", en: "holds no profiles"),
          remedy: .init(
            id: "sebutkan direktori yang berisi folder skpd dan kecamatan",
            en: "name the directory with the folders skpd and kecamatan")))
    }
    return profiles.sorted { $0.node < $1.node }
  }

  private func node(_ file: (path: String, name: String)) -> NodeName? {
    if let node = NodeName(file.name), node != .centre { return node }
    problems.append(
      SettingsProblem(
        .invalid, file: file.path,
        reason: .init(id: "nama berkas ini bukan nama node", en: "the file's name is no node's name"),
        remedy: .init(
          id: "pakai huruf kecil, angka, dan tanda hubung di tengah; \"scc\" adalah nama pusat sendiri",
          en: "use lower-case letters, digits and inner hyphens; \"scc\" is the centre's own")))
    return nil
  }

  private func check(_ profile: NodeProfile, in folder: String, regions: RegionTable?, _ root: TableReader) {
    if profile.kind != folder {
      root.report(
        "kind",
        .init(id: "harus \(folder), sama dengan folder berkasnya", en: "must be \(folder), like the file's folder"))
    }
    if folder == "kecamatan", profile.region.district != profile.region {
      root.report(
        "region",
        .mustBe(.init(id: "kode kecamatan seperti \"73.12.04\"", en: "a kecamatan's code such as \"73.12.04\"")))
    } else if let regions, !regions.contains(profile.region) {
      root.report(
        "region",
        .init(id: "tidak ada di reference/regions.toml", en: "is not in reference/regions.toml"))
    }
    let calendars = directory + "/calendars"
    if BoundedFile.exists(calendars), !BoundedFile.exists("\(calendars)/\(profile.calendar).toml") {
      let file = "calendars/\(profile.calendar).toml"
      root.report("calendar", .init(id: "tidak ada \(file)", en: "there is no \(file)"))
    }
  }

  /// Only where every file could be read: what is left out of a broken one would be missed in all others.
  func checkNames(_ profiles: [NodeProfile], _ definitions: [DatasetDefinition]) {
    guard problems.isEmpty else { return }
    FleetNames(
      profiles.compactMap { profile in
        roots["\(directory)/\(profile.kind)/\(profile.node).toml"].map { (profile, $0) }
      },
      definitions.compactMap { definition in
        roots["\(datasetsDirectory)/\(definition.name).toml"].map { (definition, $0) }
      }
    ).check()
  }

  // MARK: - Files

  /// The TOML files of a folder with their names; none when there is no such folder.
  private func files(in folder: String) -> [(path: String, name: String)] {
    guard BoundedFile.exists(folder) else { return [] }
    do throws(SettingsProblem) {
      return try BoundedFile.tomlNames(in: folder).map { ("\(folder)/\($0)", String($0.dropLast(5))) }
    } catch {
      problems.append(error)
      return []
    }
  }

  private func open(_ file: (path: String, name: String)) -> TableReader? {
    do throws(SettingsProblem) {
      let text = try BoundedFile.text(at: file.path)
      do throws(SettingsProblems) {
        let root = TableReader(try TOMLDocument(text, name: file.path), problems: problems)
        roots[file.path] = root
        return root
      } catch {
        problems.append(error)
      }
    } catch {
      problems.append(error)
    }
    return nil
  }
}
