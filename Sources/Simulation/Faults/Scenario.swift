import Datasets
import Wire

/// What a seed makes of a world: how large it is, what its people do, and what goes wrong, how often.
package struct Scenario: Sendable, Equatable {
  package var seed: UInt64
  /// 2 to 38: the register's office and districts.
  package var offices: Int
  /// How long things go wrong, in virtual milliseconds.
  package var troubleMilliseconds: UInt64
  package var deeds: [Deed: Int]
  package var faults: [Fault: Int]
  package var bounds: Bounds
  package var mistake: Mistake?

  /// How long after the last fault everybody may take to agree, in virtual milliseconds.
  package static let calmMillisecondsMax: UInt64 = 900_000

  /// The world of a seed.
  ///
  /// - Parameter mistake: made on purpose, to see whether it is noticed.
  package init(seed: UInt64, mistake: Mistake? = nil) {
    let chance = Chance(seed: seed, "scenario")
    self.seed = seed
    self.mistake = mistake
    // Small worlds find as much as large ones and are told sooner: most seeds are small.
    offices = chance.happens(10) ? chance.below(33) + 6 : chance.below(3) + 2
    let size = chance.pick([1, 1, 1, 2, 4]) ?? 1
    troubleMilliseconds = chance.between(15_000, 60_000) * UInt64(size) / 2
    deeds = [:]
    for deed in Deed.allCases { deeds[deed] = chance.below(deed.most * size / 4 + 2) }
    faults = [:]
    // Each seed has some of the faults: with all of them at once most stories would be alike.
    for fault in Fault.allCases where chance.happens(fault.thousandths) { faults[fault] = chance.below(fault.most) + 1 }
    // Which disk is the office's is then a person's decision each time; here they are told one by one.
    if let told = [Fault.alternatingDisks, .twinDisks, .copiedMachine].first(where: faults.keys.contains) {
      for fault in Fault.whichDisk where fault != told { faults[fault] = nil }
    }
    bounds = chance.happens(500) ? Bounds(chance, mayLoseWelcomes: faults[.restoredCentre] != nil) : Bounds()
  }

  /// Whether an office may stand outside although nobody wants it so.
  var mayForgetKeys: Bool { faults[.restoredCentre] != nil && faults[.revokedOffice] != nil }

  /// Whether more than one disk has spoken for an office.
  var hasSeveralDisks: Bool { faults[.alternatingDisks] != nil || faults[.twinDisks] != nil }

  /// Whether an office may stay unknown: it keeps fewer of its older incarnations than it takes to be known again, which
  /// only narrow worlds do, or two of its disks have worked in turn.
  var mayForgetDisks: Bool {
    bounds != Bounds() && (faults[.restoredCentre] != nil || faults[.setBackOffice] != nil)
      || hasSeveralDisks
  }

  /// Whether a disk that was set back may have more incarnations to tell than one hello names: then it speaks as one that is
  /// superseded, like a second disk.
  private var tellsInSteps: Bool { faults[.setBackOffice] != nil && bounds.hellosAreNarrow }

  /// Whether an honest office may be refused for this: only where its line or its disk is not what a line or a disk is.
  func mayRefuse(_ code: Refusal.Code) -> Bool {
    switch code {
    // A copy of the line that an office has left, put into it later, is the disk of another line.
    case .fenced:
      hasSeveralDisks || tellsInSteps || [.setBackOffice, .copiedMachine].contains { faults[$0, default: 0] > 1 }
    case .brokenChain, .overCredit: faults[.doublingLine] != nil
    default: false
    }
  }

  package var words: String {
    let doings = Deed.allCases.compactMap { deed in deeds[deed].map { "\(deed.rawValue) \($0)" } }
    let troubles = Fault.allCases.compactMap { fault in faults[fault].map { "\(fault.rawValue) \($0)" } }
    return (mistake.map { "\($0.rawValue); " } ?? "") + (bounds == Bounds() ? "" : "narrow; ")
      + "\(offices) offices, \(troubleMilliseconds / 1000) s; " + (doings + troubles).joined(separator: ", ")
  }
}

/// What people at an office do.
package enum Deed: String, Sendable, CaseIterable {
  case recordsScan
  case takesSample
  case reportsIncident
  case registersPerson
  case editsPerson
  case movesPerson
  case deletesPerson
  case restoresPerson
  case resolvesConflict

  /// In a whole world.
  var most: Int {
    switch self {
    case .recordsScan, .takesSample: 40
    case .reportsIncident: 10
    case .registersPerson: 15
    case .editsPerson: 40
    case .movesPerson: 10
    case .deletesPerson, .restoresPerson: 5
    case .resolvesConflict: 10
    }
  }
}

/// What goes wrong.
package enum Fault: String, Sendable, CaseIterable {
  /// Both ends learn of it, sooner or later; what is on its way is lost.
  case cutLine
  /// Nothing arrives any more, and nobody is told.
  case swallowingLine
  /// An office has no line for a while.
  case partedOffice
  /// SIGKILL: the disk keeps what was written.
  case killedOffice
  case killedCentre
  /// At some call of the file system, within a transaction or not; the disk keeps what was synced and any part of the rest.
  case officeWithoutPower
  case centreWithoutPower
  /// A sync fails, and the next ones do not.
  case failingSync
  /// For a while there is little or no room.
  case fullDisk
  /// The wall clock of an office jumps, or goes too fast or too slow from now on.
  case wrongClock
  /// The centre's disk goes back to what it held earlier.
  case restoredCentre
  /// An office's disk does.
  case setBackOffice
  /// An office's key is revoked; later it joins with a new one, and its backlog is let in.
  case revokedOffice
  /// Definitions and read rules change while everybody works.
  case changedFiles
  /// For a while messages come twice.
  case doublingLine
  /// A copy of an office's disk works for a while in its place, and then the disk itself again.
  case alternatingDisks
  /// A copy of an office's disk works for a while in a second machine, at the same time.
  case twinDisks
  /// A running machine goes back to a snapshot of itself, and goes on under the incarnation that it had.
  case copiedMachine

  /// Those after which somebody has to say which disk is the office's, or which of its lines goes on.
  static let whichDisk: [Fault] = [
    .restoredCentre, .setBackOffice, .revokedOffice, .alternatingDisks, .twinDisks, .copiedMachine,
  ]

  /// Of a thousand seeds, how many have it.
  var thousandths: Int { [.alternatingDisks, .twinDisks, .copiedMachine].contains(self) ? 120 : 500 }

  var most: Int {
    switch self {
    case .cutLine: 8
    case .swallowingLine, .partedOffice: 4
    case .killedOffice, .officeWithoutPower: 5
    case .killedCentre, .centreWithoutPower: 3
    case .failingSync: 3
    case .fullDisk, .wrongClock: 3
    case .restoredCentre, .setBackOffice, .revokedOffice: 2
    case .changedFiles: 3
    case .doublingLine: 3
    case .alternatingDisks, .twinDisks: 1
    case .copiedMachine: 2
    }
  }
}
