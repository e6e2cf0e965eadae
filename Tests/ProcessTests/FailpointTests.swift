import Failpoints
import Foundation
import Settings
import TestSupport
import Testing

@testable import Diagnostics

/// SIGKILL of either daemon at each of its failpoints, while offices work (ADR 0035).
@Suite(.serialized) struct FailpointTests {
  fileprivate enum Daemon: String { case office, fileOffice, centre }

  /// What has to go on so that a daemon passes its failpoint.
  private enum Work {
    /// People record and edit.
    case ordinary
    /// A file lies in the spool.
    case file
    /// The same, when SQLite is about to bring its long log into the store's own file.
    case checkpoint
    /// Somebody makes a backup.
    case backup
    /// A daemon starts on an empty disk.
    case firstStart
    /// An office's agent gets a new key.
    case joining
  }

  private struct Place {
    let failpoint: Failpoint
    var passing = 1
    let daemon: Daemon
    var work = Work.ordinary

    var order: FailpointOrder { FailpointOrder(failpoint, passing: passing) }
    var words: String { "the \(daemon.rawValue) at \(order.text)" }
  }

  private static let firstPlace = Place(failpoint: .schemaBeforeCommit, daemon: .centre, work: .firstStart)
  private static let places = [
    Place(failpoint: .storeOpened, daemon: .office),
    Place(failpoint: .welcomeStored, daemon: .office),
    Place(failpoint: .intakeBeforeCommit, passing: 2, daemon: .office),
    Place(failpoint: .intakeCommitted, passing: 2, daemon: .office),
    Place(failpoint: .batchSealed, daemon: .office),
    Place(failpoint: .ackReceived, daemon: .office),
    Place(failpoint: .ackStored, daemon: .office),
    Place(failpoint: .feedBeforeCursor, daemon: .office),
    Place(failpoint: .feedApplied, daemon: .office),
    Place(failpoint: .trimBeforeCommit, daemon: .office),

    Place(failpoint: .storeOpened, daemon: .centre),
    Place(failpoint: .definitionsInstalled, daemon: .centre),
    Place(failpoint: .helloAdmitted, daemon: .centre),
    Place(failpoint: .batchReceived, daemon: .centre),
    Place(failpoint: .batchBeforeCommit, passing: 2, daemon: .centre),
    Place(failpoint: .batchCommitted, daemon: .centre),
    Place(failpoint: .feedLoaded, daemon: .centre),
    Place(failpoint: .backupMade, daemon: .centre, work: .backup),
    Place(failpoint: .backupConfirmed, daemon: .centre, work: .backup),

    Place(failpoint: .keyReplaced, daemon: .office, work: .joining),
    Place(failpoint: .keyEnrolled, daemon: .centre, work: .joining),
    Place(failpoint: .schemaBeforeCommit, daemon: .office, work: .firstStart),

    Place(failpoint: .checkpointPage, passing: 30, daemon: .office, work: .checkpoint),
    Place(failpoint: .checkpointPage, passing: 30, daemon: .centre, work: .checkpoint),

    Place(failpoint: .fileRecorded, daemon: .fileOffice, work: .file),
    Place(failpoint: .fileMoved, daemon: .fileOffice, work: .file),
  ]

  @Test func `there is a place for every failpoint`() {
    #expect(Set(Self.places.map(\.failpoint)) == Set(Failpoint.allCases))
  }

  @Test func `every acknowledged record is at the centre once, at whatever place a daemon is killed`() async throws {
    try await RealFleet.run { fleet in
      try await Self.strikeFirstStart(ofCentre: fleet, Self.firstPlace)
      let staff = try await Staff(fleet)
      // A spool is looked at every other second: these places are waited for beside the others.
      async let files: Void = Self.strikeAll(Self.places.filter { $0.daemon == .fileOffice }, staff)
      try await Self.strikeAll(Self.places.filter { $0.daemon != .fileOffice }, staff)
      try await files
      try await staff.prove([staff.office, staff.fileOffice], isAtRest: true, "at the end")
    }
  }

  private static func strikeAll(_ places: [Place], _ staff: Staff) async throws {
    for place in places {
      do { try await strike(place, staff) } catch { throw TestFailure("\(place.words): \(error)") }
    }
  }

  /// Kills a daemon at a place, starts it again without, and holds what everybody was told against what there is.
  private static func strike(_ place: Place, _ staff: Staff) async throws {
    switch place.work {
    case .ordinary, .checkpoint:
      try await staff.kill(place.daemon)
      if place.work == .checkpoint { try await staff.fleet.lengthenLog(ofStoreIn: staff.directory(of: place.daemon)) }
      async let work: Void = staff.work()
      try await perish(place, staff)
      try await work
    case .file:
      try await staff.kill(place.daemon)
      async let work: Void = staff.files.export(50)
      try await perish(place, staff)
      // It may be on its way to the centre still: its rows are looked for at the end.
      return try await work
    case .backup: try await strikeBackup(place, staff)
    case .firstStart: try await strikeFirstStart(place, staff)
    case .joining: try await strikeJoining(place, staff)
    }
    try await staff.prove([staff.office], place.words)
  }

  /// Waits until the daemon has died at the place, and starts it again without.
  private static func perish(_ place: Place, _ staff: Staff) async throws {
    try await staff.fleet.perish(try staff.program(of: place.daemon), at: place.order)
    try await staff.start(place.daemon)
  }

  /// The backup is whole or not there, nothing is left beside the store, and the next one is made.
  private static func strikeBackup(_ place: Place, _ staff: Staff) async throws {
    let fleet = staff.fleet
    try await staff.kill(.centre)
    async let work: Void = staff.work()
    async let end: Void = fleet.perish(try fleet.centreProgram, at: place.order)
    try await fleet.centreIsReady()
    let file = fleet.layout.root + "/\(place.failpoint).sqlite"
    #expect(!(try await fleet.control(["backup", file]).end.isSuccess))
    try await end
    try await staff.start(.centre)
    #expect(FileManager.default.fileExists(atPath: file) == (place.failpoint == .backupConfirmed))
    #expect(!FileManager.default.fileExists(atPath: fleet.layout.centreDirectory + "/data/backup.sqlite"))
    let again = try await fleet.control(["backup", file, "--replace"])
    #expect(again.end.isSuccess, "\(again)")
    try await work
  }

  /// Before anybody has joined: the centre that dies in its first start begins as if it had not.
  private static func strikeFirstStart(ofCentre fleet: RealFleet, _ place: Place) async throws {
    try await fleet.kill(RealFleet.centreName)
    try FileManager.default.removeItem(atPath: fleet.layout.centreDirectory + "/data")
    try await fleet.perish(try fleet.centreProgram, at: place.order)
    try await fleet.startCentre()
  }

  /// The office's disk was replaced by an empty one.
  private static func strikeFirstStart(_ place: Place, _ staff: Staff) async throws {
    let fleet = staff.fleet
    try await staff.kill(.office)
    _ = try fleet.removeDisk(of: staff.office)
    let joined = try await fleet.processes.run(
      try fleet.joining(staff.office, with: try await fleet.invite(staff.office)))
    #expect(joined.isSuccess, "\(joined.text)")
    async let work: Void = staff.work()
    try await perish(place, staff)
    try await work
  }

  /// The same invitation leads to a key that counts, whoever died.
  private static func strikeJoining(_ place: Place, _ staff: Staff) async throws {
    let fleet = staff.fleet
    try await staff.kill(.office)
    let joining = try fleet.joining(staff.office, with: try await fleet.invite(staff.office))
    async let work: Void = staff.work()
    if place.daemon == .centre {
      try await staff.kill(.centre)
      async let end: Void = fleet.perish(try fleet.centreProgram, at: place.order)
      try await fleet.centreIsReady()
      #expect(!(try await fleet.processes.run(joining).isSuccess))
      try await end
      try await staff.start(.centre)
    } else {
      try await fleet.perish(joining, at: place.order)
    }
    let joined = try await fleet.processes.run(joining)
    #expect(joined.isSuccess, "\(joined.text)")
    try await staff.start(.office)
    try await work
  }
}

/// An office where people record and edit, one that only drops files, and what both were told.
private struct Staff: Sendable {
  let fleet: RealFleet
  let office: RealFleet.Office
  let fileOffice: RealFleet.Office
  let punches: PunchProducer
  let files: FileProducer
  let clerk: Clerk

  init(_ fleet: RealFleet) async throws {
    self.fleet = fleet
    // What was acknowledged is trimmed at the next start.
    office = try await fleet.open("kec-lalabata") { $0.buffer.retainAcknowledged = .zero }
    fileOffice = try await fleet.open("setda") { $0.spool.settle = .milliseconds(100) }
    punches = PunchProducer(office.daemon, device: "T1")
    files = FileProducer(fleet, fileOffice, device: "T2")
    clerk = Clerk(office.daemon)
    try await work()
  }

  /// A portion of what people do, until all of it is answered.
  func work() async throws {
    async let save: Void = clerk.work()
    for _ in 1...3 { try await punches.send(20) }
    try await save
  }

  func program(of daemon: FailpointTests.Daemon) throws -> DemoProgram {
    switch daemon {
    case .office: try fleet.program(of: office)
    case .fileOffice: try fleet.program(of: fileOffice)
    case .centre: try fleet.centreProgram
    }
  }

  /// Its `data_dir`.
  func directory(of daemon: FailpointTests.Daemon) -> String {
    switch daemon {
    case .office: fleet.layout.data(of: office.name)
    case .fileOffice: fleet.layout.data(of: fileOffice.name)
    case .centre: fleet.layout.centreDirectory + "/data"
    }
  }

  func kill(_ daemon: FailpointTests.Daemon) async throws { try await fleet.kill(try program(of: daemon).name) }

  func start(_ daemon: FailpointTests.Daemon) async throws {
    switch daemon {
    case .office: try await fleet.start(office)
    case .fileOffice: try await fleet.start(fileOffice)
    case .centre: try await fleet.startCentre()
    }
  }

  /// These offices and the centre have the same, and everything that anybody was told is at the centre.
  ///
  /// - Parameter isAtRest: whether all files have arrived too.
  func prove(_ offices: [RealFleet.Office], isAtRest: Bool = false, _ words: String) async throws {
    try await fleet.agree(offices, on: ["attendance"])
    try await fleet.agree([office], on: ["population"])
    for office in offices { try fleet.proveKept(office, words) }
    let arrived = isAtRest ? await files.acknowledged : []
    try await fleet.prove(
      acknowledged: [await punches.acknowledged, arrived], offered: await punches.offered + files.offered, words)
    try await fleet.prove(clerk, words)
    let residents = await Set(clerk.answered.keys).union(clerk.unanswered.keys)
    #expect(try await fleet.query("SELECT count(*) FROM population") == ["\(residents.count)"], "\(words)")
  }
}
