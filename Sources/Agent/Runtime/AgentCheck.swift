import Collectors
import Datasets
import Foundation
package import Machine
import NodeStorage
import Services
import Sessions
package import Settings
import Storage
import Transport

/// What `simpul-agent check` can say beyond the settings' own rules: whether their directories can be had, key and store are
/// those of this office, and the definitions in the store can be read.
package enum AgentCheck {
  /// Looks at key and store, which a daemon may have open, and changes nothing.
  ///
  /// - Parameter service: as `PlaceCheck.run`.
  /// - Returns: what is no mistake but should be known, for people: not joined yet, or what could not be looked at.
  /// - Throws: `DaemonProblem` as `AgentRuntime.run` would.
  package static func run(
    _ settings: AgentSettings, service: ServiceUser? = PlaceCheck.service
  ) throws -> [String] {
    let places = try PlaceCheck.run(
      dataDirectory: settings.dataDirectory, adminSocket: settings.adminSocket, settings.language, service: service)
    var notes = spool(settings)
    if let missing = settings.notJoined {
      // Before joining that is as it should be.
      notes.append(missing)
    } else if !isClosed(settings.dataDirectory) {
      _ = try AgentRuntime.loadKeys(settings)
    }
    do {
      for problem in Catalogue().prepare(try stored(settings) ?? [], fleetKeys: []).problems {
        notes.append(
          BilingualText(
            id: "\(problem.name): teks dari pusat tidak dapat dibaca (\(problem.reason)); yang terakhir terbaca tetap "
              + "berlaku, mungkin program di sini lebih lama daripada pusat",
            en:
              "\(problem.name): the centre's text cannot be read (\(problem.reason)); the last one that could stays in "
              + "force, this program may be older than the centre"))
      }
    } catch let error as StoreError where error.code == .inputOutput {
      notes.append(error.text)
    } catch let error as StoreError {
      throw DaemonProblem(error, settings.language)
    }
    return places + notes.map { $0(settings.language) }
  }

  /// The daemon starts without the spool and waits for it.
  private static func spool(_ settings: AgentSettings) -> [BilingualText] {
    guard let directory = settings.spool.directory else { return [] }
    do throws(SpoolFailure) {
      try SpoolDirectory(root: directory).check()
      return []
    } catch {
      // What this user may not enter, the daemon's may.
      if error.code == EACCES, geteuid() != 0 { return [] }
      let words = String(cString: strerror(error.code))
      return [
        BilingualText(
          id: "spool.directory: \(directory) tidak dapat dibaca (\(words)): tidak ada berkas yang diambil; buat atau "
            + "perbaiki: install -d -o simpul -g simpul-spool -m 2770 \(directory)",
          en:
            "spool.directory: \(directory) cannot be read (\(words)): no file is taken; make or mend it: install -d -o "
            + "simpul -g simpul-spool -m 2770 \(directory)")
      ]
    }
  }

  private static func stored(_ settings: AgentSettings) throws -> [StoredDocument]? {
    try NodeStore.look(at: settings.storePath, node: settings.node)
  }

  /// Whether this user may not enter the directory: whether the daemon can read its key there is not to be told.
  private static func isClosed(_ directory: String) -> Bool { access(directory, X_OK) != 0 && errno == EACCES }
}
