package import Datasets

/// All that the centre decides about its offices, from the files of `agents/`.
package struct FleetDirectory: Sendable {
  /// Sorted by node.
  package let profiles: [NodeProfile]
  /// Sorted by name.
  package let datasets: [DefinitionDocument]
  /// Sorted by name; also those that no dataset uses, which title the numbers of integer fields.
  package let codeTables: [CodeTable]
  package let regions: RegionTable

  /// Reads and checks every file.
  /// - Parameter directory: holds `skpd`, `kecamatan`, `calendars` and `reference`.
  /// - Throws: all problems of all files.
  package static func load(
    directory: String, datasetsDirectory: String
  ) throws(SettingsProblems) -> FleetDirectory {
    // Else everything that would be in it were missing one by one.
    guard BoundedFile.exists(directory) else {
      throw SettingsProblems(
        SettingsProblem(
          .missing, file: directory, key: "fleet.directory",
          reason: .init(id: "direktori ini tidak ada", en: "there is no such directory"),
          remedy: .init(
            id: "tulis di pengaturan direktori yang berisi folder skpd dan kecamatan",
            en: "name in the settings the directory with the folders skpd and kecamatan")))
    }
    let reader = FleetReader(directory: directory, datasetsDirectory: datasetsDirectory)
    let codeTables = reader.codeTables()
    let regions = reader.regions()
    let datasets = reader.datasets(codeTables: codeTables, regions: regions)
    let profiles = reader.profiles(regions: regions)
    reader.checkNames(profiles, datasets.map(\.definition))
    try reader.problems.check()
    return FleetDirectory(
      profiles: profiles, datasets: datasets, codeTables: codeTables, regions: regions ?? RegionTable([]))
  }

  package func profile(of node: NodeName) -> NodeProfile? { profiles.first { $0.node == node } }

  package func dataset(_ name: DatasetName) -> DefinitionDocument? {
    datasets.first { $0.definition.name == name }
  }
}
