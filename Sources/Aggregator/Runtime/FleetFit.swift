import CentreStorage
import Datasets
import Services
import Settings
import Storage
import Wire

/// The fleet's files held against what the centre has stored: `run`, a running centre and `check` say the same of them.
enum FleetFit {
  /// Reads the fleet's files, and holds them against the store if there is one, which a daemon may have open.
  ///
  /// - Returns: what people should know and what could not be looked at; nothing is changed.
  /// - Throws: `DaemonProblem` as `AggregatorRuntime.run` would.
  static func check(_ settings: AggregatorSettings) throws -> [String] {
    do {
      let fleet = try FleetDirectory.load(
        directory: settings.fleet.directory, datasetsDirectory: settings.datasets.directory)
      guard let stored = try StoredFleet.look(at: settings.storePath) else { return [] }
      return try check(fleet, datasetsDirectory: settings.datasets.directory, against: stored)
        .map { $0.text(settings.language) }
    } catch let error as StoreError where error.code == .inputOutput {
      return [error.text(settings.language)]
    } catch {
      throw problem(error, settings.language)
    }
  }

  /// - Returns: what people should know of definitions that may take the place of the stored ones.
  /// - Throws: `SettingsProblems` with the file of each definition that cannot take the place of the stored one,
  ///   `FilesGone`.
  static func check(
    _ fleet: FleetDirectory, datasetsDirectory: String, against stored: StoredFleet
  ) throws -> [SettingsProblem] {
    // An office without a profile may read and write nothing: its copy would be swept and its edits quarantined. A
    // dataset without a definition would leave every office's copy.
    let known = Set(fleet.profiles.map(\.node))
    let gone = stored.offices.filter { !known.contains($0) }
    guard gone.isEmpty else { throw FilesGone.profiles(gone) }
    let defined = Set(fleet.datasets.map(\.definition.name))
    let undefined = stored.datasetsWithData.filter { !defined.contains($0) }
    guard undefined.isEmpty else { throw FilesGone.definitions(undefined) }
    var notes: [SettingsProblem] = []
    var problems: [SettingsProblem] = []
    for document in fleet.datasets {
      let definition = document.definition
      guard let before = stored.definitions.first(where: { $0.name == definition.name.text }),
        before.text != document.text, let older = try? DefinitionDocument.parse(before.text).definition
      else { continue }
      for found in definition.incompatibilities(with: older) {
        let problem = SettingsProblem(
          .invalid, file: "\(datasetsDirectory)/\(definition.name).toml", key: found.key, reason: found.reason,
          remedy: found.remedy)
        if found.isForbidden { problems.append(problem) } else { notes.append(problem) }
      }
    }
    if let problems = SettingsProblems(problems) { throw problems }
    return notes
  }

  /// Why the centre does not start with these files.
  static func problem(_ error: any Error, _ language: Language) -> DaemonProblem {
    switch error {
    // The files may be on their way: systemd tries again.
    case let gone as FilesGone: DaemonProblem(exitCode: 1, gone.text(language))
    case let problems as SettingsProblems: .configuration(problems.text(language))
    // Else the store failed, not the files: systemd tries again.
    case let error as StoreError: DaemonProblem(error, language)
    default: .configuration("\(error)")
    }
  }
}
