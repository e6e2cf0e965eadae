import Datasets
import Machine
import Storage

/// Why the aggregator does not start: one line with what a person can do, and the exit code (contract.md).
package struct AggregatorProblem: Error, Sendable, CustomStringConvertible {
  package let exitCode: Int32
  package let description: String

  package init(exitCode: Int32, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }

  /// - Parameter language: of the daemon's settings.
  init(_ problem: any DataDirectoryProblem, _ language: Language) {
    self.init(exitCode: problem.needsOwner ? 78 : 1, "data_dir: \(problem.text(language))")
  }

  init(_ failure: ListenFailure, _ language: Language) {
    self.init(exitCode: failure.needsOwner ? 78 : 1, failure.text(language))
  }

  /// Of a store that cannot be opened.
  init(_ error: StoreError, _ language: Language) {
    let cause = error.cause.map { " (\($0))" } ?? ""
    let needsOwner = [.unusable, .newerFormat].contains(error.code)
    self.init(exitCode: needsOwner ? 78 : 1, error.text(language) + cause)
  }

  /// Bad configuration.
  package static func configuration(_ description: String) -> AggregatorProblem {
    AggregatorProblem(exitCode: 78, description)
  }
}
