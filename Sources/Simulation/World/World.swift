import Datasets
import Foundation
import Logging
import Replication
import Settings
import Wire

/// A centre and its offices, all that happens to them, and what must never happen: in one thread, on virtual time, from one
/// seed.
final class World {
  /// How a machine ends.
  enum End {
    case killed
    case powerLost
  }

  /// Wall time when the world begins.
  static let beginning = Timestamp(milliseconds: 1_790_000_000_000)

  let scenario: Scenario
  /// Those in force at the centre.
  private(set) var files: FleetFiles
  let promises = Promises()
  let sealed = SealedEntries()
  let logger = Logger(label: "simpul.simulation") { _ in SwiftLogNoOpLogHandler() }
  private(set) var trace: Trace
  private let timeline = Timeline()
  private(set) var offices: [Office] = []
  /// Machines with a copy of an office's disk.
  var twins: [Office] = []
  private(set) lazy var centre = Centre(self, disk: centreDisk)
  private let centreDisk: SimulatedDisk
  private var lineCount: UInt64 = 0
  private let lineChance: Chance
  var isCalm = false
  /// Offices whose own disk is not in their machine: nobody agrees with what is in a drawer.
  var disksAside = 0
  /// What must never happen, in words; the story ends with the first.
  private(set) var violations: [String] = []

  /// - Throws: when the simulation itself cannot be set up.
  init(_ scenario: Scenario, keepsLines: Bool) throws {
    self.scenario = scenario
    trace = Trace(keepsLines: keepsLines)
    files = try FleetFiles(officeCount: scenario.offices, version: 1)
    lineChance = Chance(seed: scenario.seed, "lines")
    centreDisk = try SimulatedDisk()
    for (number, document) in files.profiles.enumerated() {
      offices.append(try Office(document.profile, number: number, world: self))
    }
  }

  /// Gives back what the world took of the machine that simulates.
  func remove() {
    for office in offices + twins { office.remove() }
    centre.remove()
  }

  /// - Throws: `CocoaError` where they cannot be written.
  func keepDisks(at path: String) throws {
    let disks = [("centre", centre.disk)] + offices.map { ($0.name.text, $0.disk) }
    for (name, disk) in disks {
      let directory = "\(path)/\(name)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      for (file, bytes) in disk.contents { try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/\(file)")) }
    }
  }

  var now: UInt64 { timeline.now }
  var stepCount: UInt64 { timeline.stepCount }

  func plan(after delay: UInt64, _ action: @escaping Timeline.Action) { timeline.plan(after: delay, action) }

  func note(_ words: String) { trace.note("\(now) \(words)") }

  /// - Parameter disk: whose name, which is another each time, is no part of the story.
  func note(_ words: String, _ error: any Error, of disk: SimulatedDisk) {
    note("\(words): \("\(error)".replacing(disk.root, with: "/"))")
  }

  func violated(_ words: String) {
    note("VIOLATED \(words)")
    violations.append("at \(now) ms: \(words)")
  }

  /// Whether a mistake is made now, that is made so often in a thousand.
  func makes(_ mistake: Mistake, _ chance: Chance, _ thousandths: Int) -> Bool {
    scenario.mistake == mistake && chance.happens(thousandths)
  }

  // MARK: The story

  /// Trouble first, then calm until everybody agrees.
  ///
  /// - Returns: what kept them from agreeing, nil when they do.
  func run() async -> String? {
    await centre.begins()
    for office in offices { await office.starts() }
    planTicks()
    planTrouble()
    await step(until: now + scenario.troubleMilliseconds)
    heal()
    let end = now + Scenario.calmMillisecondsMax
    var difference: String? = "nobody looked"
    while now < end, difference != nil, violations.isEmpty {
      await step(until: now + 10_000)
      if scenario.mayForgetKeys { await centre.invitesTheForgotten() }
      await centre.invitesTheFenced()
      difference = disksAside > 0 ? "a disk is not where it belongs" : await Agreement(self).difference()
    }
    if difference == nil, violations.isEmpty { await promises.check(self) }
    return difference
  }

  private func step(until end: UInt64) async {
    while violations.isEmpty, await timeline.step(until: end) {}
  }

  private func planTicks() {
    plan(after: 250) { [unowned self] in
      await centre.ticks()
      planTicks()
    }
  }

  /// The fleet's files get their next version; the centre puts it in force when it looks.
  func changeFiles() {
    do { files = try FleetFiles(officeCount: scenario.offices, version: files.version + 1) } catch {
      violated("the fleet's files are wrong: \(error)")
    }
  }

  // MARK: Lines

  /// Opens a line, or says why not, after a while.
  func connect(_ office: Office, attempt: Int) {
    plan(after: lineChance.between(5, 200)) { [unowned self] in
      guard office.isConnecting(attempt) else { return }
      // A parted office hears nothing at all: it gives up by itself.
      if office.partedUntil > now { return }
      guard centre.knows(key: office.key), isCalm || !lineChance.happens(50) else {
        return office.lineClosed("no way")
      }
      lineCount += 1
      office.lineOpened(
        Line(number: lineCount, office: office, key: office.key, world: self, chance: lineChance))
    }
  }
}
