import Datasets
import Synchronization
import Terminals

/// What is known of the terminals that have called since the agent started: for doctor, the list and the handshake.
final class TerminalStanding: Sendable {
  struct Facts: Sendable, Equatable {
    let serial: TerminalSerial
    /// When it called last, whatever it wanted.
    var heardAt: Timestamp
    /// When it handed in punches last; nil while it has not.
    var punchesAt: Timestamp?
    /// Punches taken since the agent started, those that were there already among them.
    var accepted = 0
    var duplicates = 0
    var figures: TerminalFigures?
    /// How far it said that it goes, of the last upload that was taken.
    var stamp: TerminalStamp?
  }

  /// Further serial numbers of strangers are not noted: whoever reaches the port may make them up.
  private static let strangersMax = 512

  private let terminals = Mutex<[TerminalSerial: Facts]>([:])

  /// - Parameter isAdopted: whether it is noted however many there are.
  /// - Returns: whether it called for the first time.
  @discardableResult
  func note(
    _ serial: TerminalSerial, at now: Timestamp, isAdopted: Bool, _ change: (inout Facts) -> Void = { _ in }
  ) -> Bool {
    terminals.withLock { terminals in
      let known = terminals[serial]
      guard known != nil || isAdopted || terminals.count < Self.strangersMax else { return false }
      var facts = known ?? Facts(serial: serial, heardAt: now)
      facts.heardAt = now
      change(&facts)
      terminals[serial] = facts
      return known == nil
    }
  }

  subscript(serial: TerminalSerial) -> Facts? { terminals.withLock { $0[serial] } }

  var all: [Facts] { terminals.withLock { Array($0.values) } }
}
