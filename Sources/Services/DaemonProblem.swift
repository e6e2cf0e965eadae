package import Datasets
package import Failpoints
package import Machine
package import Storage

/// Why a daemon does not start, or its program's command did not do its work: one line with what a person can do, and the
/// exit code (contract.md).
package struct DaemonProblem: Error, Sendable, CustomStringConvertible {
  package let exitCode: Int32
  package let description: String

  package init(exitCode: Int32, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }

  /// - Parameter language: of the daemon's settings.
  package init(_ problem: any DataDirectoryProblem, _ language: Language) {
    self.init(exitCode: problem.needsOwner ? 78 : 1, "data_dir: \(problem.text(language))")
  }

  package init(_ failure: ListenFailure, _ language: Language) {
    self.init(exitCode: failure.needsOwner ? 78 : 1, failure.text(language))
  }

  /// Of a failpoint that the environment asks for.
  package init(_ problem: FailpointProblem, _ language: Language) {
    self.init(exitCode: 78, language(problem.indonesian, problem.english))
  }

  /// Of a store that cannot be opened.
  package init(_ error: StoreError, _ language: Language) {
    let cause = error.cause.map { " (\($0))" } ?? ""
    let needsOwner = [.unusable, .newerFormat].contains(error.code)
    self.init(exitCode: needsOwner ? 78 : 1, error.text(language) + cause)
  }

  /// Bad configuration.
  package static func configuration(_ description: String) -> DaemonProblem {
    DaemonProblem(exitCode: 78, description)
  }

  /// The other side is not reachable.
  package static func unreachable(_ description: String) -> DaemonProblem {
    DaemonProblem(exitCode: 69, description)
  }
}
