/// Why the agent does not start: one line with what a person can do, and the exit code (contract.md).
package struct AgentProblem: Error, Sendable, CustomStringConvertible {
  package let exitCode: Int32
  package let description: String

  package init(exitCode: Int32, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }

  /// Bad configuration.
  package static func configuration(_ description: String) -> AgentProblem {
    AgentProblem(exitCode: 78, description)
  }

  /// The other side is not reachable.
  package static func unreachable(_ description: String) -> AgentProblem {
    AgentProblem(exitCode: 69, description)
  }
}
