import Diagnostics
import Foundation

/// A month of three offices and their centre in minutes: the programs as they are, every day of so many seconds, with
/// what offices record, daily backups, power cuts, cut lines and a centre that is restarted on Sundays.
///
/// What a month makes worse shows here: memory, open files and stores that grow with time instead of with the data.
struct MonthBench {
  let directory: String
  let agents: String
  let dayCount: Int
  let daySeconds: Int
  let retainDays: Int
  let residentCount: Int
  /// Every process lives the whole month.
  let isUndisturbed: Bool

  /// For what the day's end waits for, on a busy machine.
  private static let limit = Duration.seconds(300)
  private static let linesPrinted = 10

  private let programs = BenchPrograms()
  private var day: Duration { .seconds(daySeconds) }

  func run() async throws {
    print(
      "month: \(dayCount) days of \(daySeconds) s, \(MonthWork.offices.count) offices, \(residentCount) residents, "
        + "acknowledged entries are kept for \(retainDays) days")
    var work = MonthWork(residentCount: residentCount)
    var readings = MonthReadings(dayCount: dayCount, programs: programs)
    var fleet = try await MonthFleet.start(
      MonthWork.offices, directory: directory, agents: agents, retention: day * retainDays, programs: programs)
    do {
      try await taken([fleet.export(work.register(0))])
      try await caughtUp(fleet)
      print(MonthReadings.heading)
      let start = ContinuousClock.now
      for number in 1...dayCount {
        try await live(number, &fleet, &work)
        try readings.read(fleet, day: number, recorded: work.recorded)
        if number.isMultiple(of: max(1, dayCount / Self.linesPrinted)) || number == dayCount {
          print(readings.lines.joined(separator: "\n"))
          // Somebody looks on, or a file keeps it.
          fflush(nil)
        }
      }
      report("a day took", (ContinuousClock.now - start).seconds / Double(dayCount), "s on average")
    } catch {
      await fleet.end()
      throw error
    }
    await fleet.end()
    readings.tell()
    try MonthProof(storePath: fleet.centre.storePath).check(work)
    if let leak = readings.leak { throw BenchFailure(description: leak) }
  }

  // MARK: A day

  private func live(_ number: Int, _ fleet: inout MonthFleet, _ work: inout MonthWork) async throws {
    let dawn = ContinuousClock.now
    func wait(forShare share: Double) async throws {
      try await Task.sleep(until: dawn + day * share, clock: .continuous)
    }

    var files = try work.morning(number).map(fleet.export)
    let (clerks, edits) = (MonthClerks(fleet), work.edits(number))
    async let edited: Void = clerks.enter(edits)
    try await wait(forShare: 0.3)
    if !isUndisturbed, let office = Self.powerCut(number) { try fleet.killAgent(office, on: number) }
    if !isUndisturbed, MonthWork.isSunday(number) {
      try fleet.restartCentre(on: number)
      let socket = BenchPrograms.centreSocket(directory)
      try await programs.wait("the centre") { try programs.status(socket) != nil }
    }
    try await wait(forShare: 0.5)
    let night = Self.lineCut(number)
    if let night { await fleet.offices[night.office].line.cut(night.cut) }
    files += try work.evening(number).map(fleet.export)
    try await wait(forShare: 0.7)
    try fleet.backUp()
    try await wait(forShare: 0.85)
    if let night { try await fleet.offices[night.office].line.heal() }

    try await edited
    try await taken(files)
    try await caughtUp(fleet)
    try await wait(forShare: 1)
  }

  /// Each agent loses its power every fifth day, each on another: both thirds of a month then have processes of the same
  /// ages, and an agent trims when it starts.
  private static func powerCut(_ number: Int) -> Int? {
    MonthWork.offices.indices.first { number % 5 == $0 * 2 % 5 }
  }

  /// Every third night the line of one office in turn is cut, once so that the other end is gone and once in silence.
  private static func lineCut(_ number: Int) -> (office: Int, cut: TCPRelay.Cut)? {
    guard number.isMultiple(of: 3) else { return nil }
    return (number / 3 % MonthWork.offices.count, number.isMultiple(of: 2) ? .silent : .refused)
  }

  // MARK: Waiting

  /// Waits until the agents have taken these files, which they move away once the rows are on the disk.
  private func taken(_ files: [String]) async throws {
    try await programs.wait("the spool", within: Self.limit) {
      !files.contains { FileManager.default.fileExists(atPath: $0) }
    }
  }

  private func caughtUp(_ fleet: MonthFleet) async throws {
    let deadline = ContinuousClock.now + Self.limit
    while ContinuousClock.now < deadline {
      if await fleet.isCaughtUp() { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw BenchFailure(description: "the offices' backlogs were not empty within \(Self.limit)")
  }
}
