/// What `SIMPUL_FAILPOINT=NAME[:N]` asks for: to die at the N-th passing of a place, the first unless it says so.
package struct FailpointOrder: Sendable, Equatable {
  package static let variable = "SIMPUL_FAILPOINT"

  package let failpoint: Failpoint
  /// From 1.
  package let passing: Int

  package init(_ failpoint: Failpoint, passing: Int = 1) {
    self.failpoint = failpoint
    self.passing = passing
  }

  /// As the variable has it.
  package var text: String { passing == 1 ? failpoint.rawValue : "\(failpoint.rawValue):\(passing)" }

  /// - Throws: for a name that is none, and for an N that is no whole number from 1.
  package init(_ text: String) throws(FailpointProblem) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let failpoint = Failpoint(rawValue: String(name)) else {
      throw .unknownName(text)
    }
    guard parts.count == 2 else {
      self.init(failpoint)
      return
    }
    guard let passing = Int(parts[1]), passing >= 1, "\(passing)" == parts[1] else { throw .badPassing(text) }
    self.init(failpoint, passing: passing)
  }

  /// - Parameter isCompiledIn: whether the build has failpoints; one that has none refuses the variable, so that no test
  ///   passes because nothing was tried.
  /// - Returns: nil where the variable is not set.
  package static func read(
    _ environment: [String: String], isCompiledIn: Bool = Failpoint.isCompiledIn
  ) throws(FailpointProblem) -> FailpointOrder? {
    guard let text = environment[variable] else { return nil }
    guard isCompiledIn else { throw .notCompiledIn }
    return try FailpointOrder(text)
  }
}

/// Why `SIMPUL_FAILPOINT` cannot be followed, and what to do.
package enum FailpointProblem: Error, Sendable, Equatable {
  case unknownName(String)
  case badPassing(String)
  case notCompiledIn

  package var indonesian: String {
    let variable = FailpointOrder.variable
    switch self {
    case .unknownName(let text): return "\(variable)=\(text): tidak ada titik itu; yang ada: \(Self.names)"
    case .badPassing(let text): return "\(variable)=\(text): setelah titik dua harus bilangan bulat mulai 1"
    case .notCompiledIn:
      return
        "\(variable): program ini dibuat tanpa titik mati; hapus variabel itu, atau pakai hasil `swift build` biasa"
    }
  }

  package var english: String {
    let variable = FailpointOrder.variable
    switch self {
    case .unknownName(let text): return "\(variable)=\(text): there is no such failpoint; there are: \(Self.names)"
    case .badPassing(let text): return "\(variable)=\(text): behind the colon goes a whole number from 1"
    case .notCompiledIn:
      return "\(variable): this build has no failpoints; unset the variable, or take a debug build"
    }
  }

  private static var names: String { Failpoint.allCases.map(\.rawValue).joined(separator: ", ") }
}
