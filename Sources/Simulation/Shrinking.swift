extension Simulation {
  /// The smallest story that still ends badly, as far as it is found by leaving out: whole faults and deeds first, then
  /// halves of them, then time and offices.
  ///
  /// - Throws: when the simulation itself cannot be set up.
  package static func shrunk(_ scenario: Scenario) async throws -> Scenario {
    var smallest = scenario
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      for candidate in smallest.smaller where try await !Simulation(candidate).run().isGood {
        smallest = candidate
        isSmaller = true
        break
      }
    }
    return smallest
  }
}

extension Scenario {
  /// Scenarios with a little less in them, the boldest cuts first.
  fileprivate var smaller: [Scenario] {
    var scenarios: [Scenario] = []
    func add(_ change: (inout Scenario) -> Void) {
      var scenario = self
      change(&scenario)
      if scenario != self { scenarios.append(scenario) }
    }
    for fault in Fault.allCases { add { $0.faults[fault] = nil } }
    for deed in Deed.allCases { add { $0.deeds[deed] = nil } }
    if offices > 2 { add { $0.offices = 2 } }
    add { $0.bounds = Bounds() }
    for fault in Fault.allCases { add { $0.faults[fault] = $0.faults[fault].map { $0 > 1 ? $0 / 2 : $0 } } }
    for deed in Deed.allCases { add { $0.deeds[deed] = $0.deeds[deed].map { $0 > 1 ? $0 / 2 : $0 } } }
    return scenarios
  }
}
