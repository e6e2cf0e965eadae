package import CentreStorage
package import Datasets
import Foundation
package import Logging
import Machine
import Services
package import Settings
import Storage
import Synchronization
import Wire

/// The fleet as files: installed at the start and again whenever a file under `agents/` changes, without a restart.
///
/// A change that does not load, or does not fit the stored data, is reported and what is in force stays in force.
package final class FleetWatcher: Sendable {
  private let directory: String
  private let datasetsDirectory: String
  private let store: CentreStore
  private let logger: Logger
  private let state: Mutex<(fleet: FleetDirectory, stamp: [String])>
  private let trouble = Mutex<FleetProblem?>(nil)

  /// Loads and installs the fleet.
  /// - Parameter language: of what is thrown.
  /// - Throws: `DaemonProblem` naming every problem of the files.
  package init(
    directory: String, datasetsDirectory: String, store: CentreStore, language: Language, logger: Logger
  ) async throws {
    self.directory = directory
    self.datasetsDirectory = datasetsDirectory
    self.store = store
    self.logger = logger
    let stamp = Self.stamp([directory, datasetsDirectory])
    let fleet: FleetDirectory
    do {
      fleet = try FleetDirectory.load(directory: directory, datasetsDirectory: datasetsDirectory)
      for note in try await Self.install(fleet, datasetsDirectory, into: store) { logger.warning("\(note)") }
      try await store.rederive(now: MachineClock.wall())
    } catch {
      throw FleetFit.problem(error, language)
    }
    state = Mutex((fleet, stamp))
  }

  package var current: FleetDirectory { state.withLock { $0.fleet } }

  /// Why the files as they are now are not in force; nil when they are.
  package var problem: FleetProblem? { trouble.withLock { $0 } }

  /// Looks every few seconds until cancelled.
  /// - Parameter changed: called after a new fleet is in force.
  package func run(every interval: Duration = .seconds(2), changed: @Sendable () async -> Void) async {
    var isDerived = true
    var last: [String]?
    while !Task.isCancelled {
      do { try await Task.sleep(for: interval) } catch { return }
      if !isDerived { isDerived = await rederive() }
      let stamp = Self.stamp([directory, datasetsDirectory])
      guard stamp != state.withLock({ $0.stamp }) else { continue }
      // Files on their way (rsync, git) look different at the next look: half a fleet must never be in force.
      guard stamp == last else {
        last = stamp
        continue
      }
      do {
        let fleet = try FleetDirectory.load(directory: directory, datasetsDirectory: datasetsDirectory)
        for note in try await Self.install(fleet, datasetsDirectory, into: store) { logger.warning("\(note)") }
        state.withLock { $0 = (fleet, stamp) }
        trouble.withLock { $0 = nil }
        logger.notice("the fleet's files have changed and are in force")
        await changed()
        // After the sessions were told: nodes derive what they are sent by the definitions that they have.
        isDerived = await rederive()
      } catch let error as StoreError where error.code != .unusable {
        // Not the files: they are tried again at the next look.
        note(error)
        logger.error("the fleet's files have changed and cannot be put in force yet: \(error)")
      } catch {
        // What is missing may come to be missed no more without a change of the files: an office is revoked.
        let mayPass = error is FilesGone
        if !mayPass { state.withLock { $0.stamp = stamp } }
        if note(error) { logger.error("the fleet's files have changed but are not in force: \(error)") }
      }
    }
  }

  /// - Returns: whether it is another problem than was known.
  @discardableResult
  private func note(_ error: any Error) -> Bool {
    let now = MachineClock.wall()
    return trouble.withLock { trouble in
      let before = trouble
      // What is tried again and again began when it was first found.
      trouble = FleetProblem(error, directory: directory, since: before?.since ?? now)
      return trouble != before
    }
  }

  /// - Returns: false when it has to be tried again.
  private func rederive() async -> Bool {
    do {
      let count = try await store.rederive(now: MachineClock.wall())
      if count > 0 { logger.notice("\(count) records look otherwise by the fleet's new definitions") }
      return true
    } catch {
      logger.error("the records there are do not follow the fleet's new definitions yet: \(error)")
      return false
    }
  }

  /// - Returns: what people should know of the definitions that came into force.
  private static func install(
    _ fleet: FleetDirectory, _ datasetsDirectory: String, into store: CentreStore
  ) async throws -> [SettingsProblem] {
    let notes = try FleetFit.check(
      fleet, datasetsDirectory: datasetsDirectory, against: try await store.storedFleet())
    try await store.install(
      definitions: fleet.datasets.map(\.definition),
      texts: fleet.datasets.map { Document(name: $0.definition.name.text, text: $0.text) },
      profiles: fleet.profiles,
      profileTexts: Dictionary(
        fleet.profiles.map { ($0.node, ProfileDocument($0).text) }, uniquingKeysWith: { first, _ in first }),
      now: MachineClock.wall())
    return notes
  }

  /// Path, size and time of every file, sorted: cheap to compare, and different after any change.
  private static func stamp(_ directories: [String]) -> [String] {
    var stamp: Set<String> = []
    for directory in directories {
      guard let files = FileManager.default.enumerator(atPath: directory) else { continue }
      for case let file as String in files where file.hasSuffix(".toml") {
        let facts = files.fileAttributes ?? [:]
        let time = (facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        stamp.insert("\(directory)/\(file) \(facts[.size] ?? 0) \(time)")
      }
    }
    return stamp.sorted()
  }
}

/// Why a change of the fleet's files is not in force.
package struct FleetProblem: Sendable, Equatable {
  package struct Place: Sendable, Equatable {
    /// The file, with the line where it is known; else the directory.
    package let subject: String
    package let reason: BilingualText
    /// What to do, where the problem itself says so.
    package let remedy: BilingualText?
  }

  package let places: [Place]
  package let since: Timestamp

  init(_ error: any Error, directory: String, since: Timestamp) {
    self.since = since
    switch error {
    case let problems as SettingsProblems:
      places = problems.all.map { Place(subject: $0.subject, reason: $0.evidence, remedy: $0.remedy) }
    case let gone as FilesGone: places = [Place(subject: directory, reason: gone.text, remedy: nil)]
    case let error as StoreError: places = [Place(subject: directory, reason: error.text, remedy: nil)]
    default: places = [Place(subject: directory, reason: .verbatim("\(error)"), remedy: nil)]
    }
  }
}

/// Files that are missing although the centre still needs what they say: they may be on their way.
enum FilesGone: Error, CustomStringConvertible {
  /// Profiles of offices that may still connect.
  case profiles([NodeName])
  /// Definitions of datasets that the centre holds data of.
  case definitions([DatasetName])

  var text: BilingualText {
    switch self {
    case .profiles(let nodes):
      let names = nodes.map(\.text).joined(separator: ", ")
      return BilingualText(
        id: "profil \(names) tidak ada lagi: kembalikan, atau akhiri dulu kantornya: simpulctl nodes revoke KANTOR "
          + "--reason \"ALASAN\"",
        en: "the profile of \(names) is gone: put it back, or end the office first: simpulctl nodes revoke OFFICE "
          + "--reason \"TEXT\"")
    case .definitions(let datasets):
      let names = datasets.map(\.text).joined(separator: ", ")
      return BilingualText(
        id: "definisi \(names) tidak ada lagi, padahal datanya ada di pusat: kembalikan berkas datasets/NAMA.toml",
        en: "the definition of \(names) is gone, but the centre holds its data: put datasets/NAME.toml back")
    }
  }

  var description: String { "\(text.indonesian) (\(text.english))" }
}
