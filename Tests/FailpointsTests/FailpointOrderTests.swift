import Testing

@testable import Failpoints

@Suite struct FailpointOrderTests {
  @Test func `nothing is asked for where the variable is not set`() throws {
    #expect(try FailpointOrder.read(["PATH": "/bin", "SIMPUL_FAILPOINTS": "x"]) == nil)
    #expect(try FailpointOrder.read([:], isCompiledIn: false) == nil)
  }

  @Test(arguments: Failpoint.allCases)
  func `a name means the first passing, and N another one`(failpoint: Failpoint) throws {
    let name = failpoint.rawValue
    #expect(try FailpointOrder.read(["SIMPUL_FAILPOINT": name]) == FailpointOrder(failpoint, passing: 1))
    #expect(try FailpointOrder.read(["SIMPUL_FAILPOINT": "\(name):1"]) == FailpointOrder(failpoint, passing: 1))
    #expect(try FailpointOrder.read(["SIMPUL_FAILPOINT": "\(name):37"]) == FailpointOrder(failpoint, passing: 37))
    #expect(try FailpointOrder(FailpointOrder(failpoint, passing: 2).text).passing == 2)
  }

  @Test(arguments: ["", "nowhere", "Ack_stored", " ack_stored", "ack_stored ", "ackStored", ":1", "nowhere:1"])
  func `an unknown name is refused with the names that there are`(text: String) throws {
    let problem = try #require(throws: FailpointProblem.self) {
      try FailpointOrder.read(["SIMPUL_FAILPOINT": text])
    }
    #expect(problem == .unknownName(text))
    for words in [problem.indonesian, problem.english] {
      #expect(words.hasPrefix("SIMPUL_FAILPOINT=\(text):"))
      for failpoint in Failpoint.allCases { #expect(words.contains(failpoint.rawValue)) }
    }
  }

  @Test(arguments: ["0", "-1", "", " 1", "1 ", "+1", "01", "1.5", "1:1", "one", "99999999999999999999"])
  func `an N that is no whole number from 1 is refused`(passing: String) throws {
    let text = "ack_stored:\(passing)"
    let problem = try #require(throws: FailpointProblem.self) {
      try FailpointOrder.read(["SIMPUL_FAILPOINT": text])
    }
    #expect(problem == .badPassing(text))
    #expect(problem.english.contains(text) && problem.indonesian.contains(text))
  }

  @Test func `a build without failpoints refuses whatever is asked of it`() throws {
    for text in ["ack_stored", "nowhere", ""] {
      #expect(throws: FailpointProblem.notCompiledIn) {
        try FailpointOrder.read(["SIMPUL_FAILPOINT": text], isCompiledIn: false)
      }
    }
  }

  @Test func `names are words that a shell takes as they are`() {
    for failpoint in Failpoint.allCases {
      #expect(failpoint.rawValue.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") }, "\(failpoint)")
    }
  }
}
