package import Datasets
import Foundation
import Machine

/// What a daemon would refuse of the directories that its settings name, asked without starting it.
package enum PlaceCheck {
  /// Made by the units at their start, and gone while none runs (RuntimeDirectory, systemd.exec(5)).
  private static let madeByUnit = "/run/simpul"

  /// Leaves everything as it is. What this user may not look at, the daemon's may: nothing is said of it.
  ///
  /// - Throws: `DaemonProblem` as at the start.
  package static func run(dataDirectory: String, adminSocket: String, _ language: Language) throws {
    do { try MachineFacts.tryPrivateDirectory(dataDirectory) } catch let failure as DirectoryFailure {
      guard failure.isForbidden, geteuid() != 0 else { throw DaemonProblem(failure, language) }
    } catch let problem as any DataDirectoryProblem {
      throw DaemonProblem(problem, language)
    }
    do throws(ListenFailure) { try Listening.checkSocket(adminSocket, setting: "admin_socket") } catch {
      guard !(error.isForbidden && geteuid() != 0), error.missingDirectory != madeByUnit else { return }
      throw DaemonProblem(error, language)
    }
  }
}
