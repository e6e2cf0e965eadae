/// Why the aggregator does not start: one line with what a person can do, and the exit code (contract.md).
package struct AggregatorProblem: Error, Sendable, CustomStringConvertible {
  package let exitCode: Int32
  package let description: String

  package init(exitCode: Int32, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }

  /// Bad configuration.
  package static func configuration(_ description: String) -> AggregatorProblem {
    AggregatorProblem(exitCode: 78, description)
  }
}
