package import Datasets
import Foundation
package import Machine

/// What a daemon would refuse of the directories that its settings name, asked without starting it.
package enum PlaceCheck {
  /// Made by the units at their start, and gone while none runs (RuntimeDirectory, systemd.exec(5)).
  private static let madeByUnit = "/run/simpul"
  /// Made by the units at their start, and given to their user where they are another's (StateDirectory, systemd.exec(5)).
  private static let givenByUnit: Set<String> = ["/var/lib/simpul-agent", "/var/lib/simpul-aggregator"]

  /// Whom root asks for, who gets every directory himself; nil for anybody else, and where the units' user is not there.
  package static var service: ServiceUser? { geteuid() == 0 ? ServiceUser(named: "simpul") : nil }

  /// Leaves everything as it is. What this user may not look at, the daemon's may: nothing is said of it.
  ///
  /// - Parameter service: told what it will not get of what this user gets. No mistake: the daemon may run as this user.
  /// - Returns: what should be known, for people.
  /// - Throws: `DaemonProblem` as at the start.
  package static func run(
    dataDirectory: String, adminSocket: String, _ language: Language, service: ServiceUser? = PlaceCheck.service
  ) throws -> [String] {
    do { try MachineFacts.tryPrivateDirectory(dataDirectory) } catch let failure as DirectoryFailure {
      guard failure.isForbidden, geteuid() != 0 else { throw DaemonProblem(failure, language) }
    } catch let problem as any DataDirectoryProblem {
      throw DaemonProblem(problem, language)
    }
    do throws(ListenFailure) { try Listening.checkSocket(adminSocket, setting: "admin_socket") } catch {
      guard (error.isForbidden && geteuid() != 0) || error.missingDirectory == madeByUnit else {
        throw DaemonProblem(error, language)
      }
    }
    guard let service, !givenByUnit.contains(dataDirectory), let obstacle = service.obstacle(to: dataDirectory) else {
      return []
    }
    return ["data_dir: \(obstacle.text(language))"]
  }
}
