/// Why the watchdog was not fed: which check, and what is wrong with its part.
package struct WatchdogComplaint: Equatable, Sendable {
  /// The check's name.
  package let check: String
  /// What was found, as the end of a sentence that begins with the name.
  package let reason: String
}

/// What a round of checks concluded.
package enum WatchdogVerdict: Equatable, Sendable {
  /// Every part advances.
  case feed
  /// At least one part does not; in the order of the checks.
  case withhold([WatchdogComplaint])
}

/// Decides, without clock or tasks, whether a round of checks may feed the watchdog.
///
/// A check that has not come back is never started a second time; when it comes back late, its answer counts
/// for the round that is open then, because it proves that the part moves again.
struct WatchdogRounds {
  private let names: [String]
  private let deadline: Duration
  private var isOut: [Bool]
  private var findings: [WatchdogFinding?]
  private var isOpen = false
  private(set) var number: UInt64 = 0

  init(names: [String], deadline: Duration) {
    self.names = names
    self.deadline = deadline
    self.isOut = Array(repeating: false, count: names.count)
    self.findings = Array(repeating: nil, count: names.count)
  }

  /// A new round begins; answers with the checks to ask, by index.
  mutating func roundBegan() -> [Int] {
    number &+= 1
    isOpen = true
    findings = Array(repeating: nil, count: names.count)
    let asked = names.indices.filter { !isOut[$0] }
    for index in asked { isOut[index] = true }
    return asked
  }

  /// A check came back; answers with the verdict when it was the last one of the open round.
  mutating func checkFinished(_ index: Int, _ finding: WatchdogFinding) -> WatchdogVerdict? {
    isOut[index] = false
    guard isOpen else { return nil }
    findings[index] = finding
    return findings.contains(nil) ? nil : close()
  }

  /// The deadline of round `number` passed; answers with its verdict unless it was closed before.
  mutating func deadlinePassed(_ number: UInt64) -> WatchdogVerdict? {
    isOpen && number == self.number ? close() : nil
  }

  private mutating func close() -> WatchdogVerdict {
    isOpen = false
    var complaints: [WatchdogComplaint] = []
    for (name, finding) in zip(names, findings) {
      switch finding {
      case .advancing: continue
      case .stalled(let reason): complaints.append(WatchdogComplaint(check: name, reason: reason))
      case nil:
        complaints.append(WatchdogComplaint(check: name, reason: "did not answer within \(deadline)"))
      }
    }
    return complaints.isEmpty ? .feed : .withhold(complaints)
  }
}
