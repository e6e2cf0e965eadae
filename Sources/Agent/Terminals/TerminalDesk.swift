import Datasets
import Logging
import Machine
import NodeStorage
import Synchronization
import Terminals

/// Who may hand in punches: the terminals of the settings, and those that were adopted by command.
final class TerminalDesk: Sendable {
  /// By whom a terminal was made one of the office's.
  enum Adoption: String, Sendable {
    case settings
    case command
    case none
  }

  /// One that is adopted, has called, or of which something lies on the shelf.
  struct Terminal: Sendable, Equatable {
    let serial: TerminalSerial
    var adoption: Adoption
    /// When it was adopted by command.
    var adoptedAt: Timestamp?
    /// Nil while it has not called since the agent started.
    var facts: TerminalStanding.Facts?
    var shelf: [TerminalShelf.Summary] = []
  }

  /// How long until what could not be taken off the shelf is tried again: definitions may not have come yet.
  private static let retryAfter: Duration = .seconds(60)

  let standing = TerminalStanding()
  let shelf: TerminalShelf
  let logger: Logger
  private let allowed: Set<TerminalSerial>
  private let adopted: Mutex<[TerminalSerial: Timestamp]>
  private let intake: Intake
  private let dataset: DatasetName
  private let counters: IntakeCounters

  /// - Parameter allowed: of the settings.
  /// - Throws: what reading the store throws.
  init(
    allowed: [TerminalSerial], shelf: TerminalShelf, intake: Intake, dataset: DatasetName, logger: Logger,
    counters: IntakeCounters = .process
  ) async throws {
    self.allowed = Set(allowed)
    self.shelf = shelf
    self.intake = intake
    self.dataset = dataset
    self.logger = logger
    self.counters = counters
    adopted = Mutex(try await shelf.adopted())
  }

  func isAdopted(_ serial: TerminalSerial) -> Bool { adoption(of: serial) != .none }

  private func adoption(of serial: TerminalSerial) -> Adoption {
    if allowed.contains(serial) { return .settings }
    return adopted.withLock { $0[serial] } == nil ? .none : .command
  }

  // MARK: Punches

  /// Notes that a terminal has called.
  func note(_ serial: TerminalSerial, _ change: (inout TerminalStanding.Facts) -> Void = { _ in }) {
    let isAdopted = isAdopted(serial)
    let isFirst = standing.note(serial, at: MachineClock.wall(), isAdopted: isAdopted, change)
    if isFirst, !isAdopted {
      logger.notice(
        "a terminal that is not adopted has called: simpulctl terminals adopt \(serial)",
        metadata: ["terminal": "\(serial)"])
    }
  }

  func upload(of serial: TerminalSerial) -> TerminalUpload {
    TerminalUpload(serial: serial, isAdopted: isAdopted(serial), dataset: dataset, intake: intake, shelf: shelf)
  }

  /// Notes an upload that was taken.
  func note(_ tally: TerminalUpload.Tally, of serial: TerminalSerial, stamp: TerminalStamp?) {
    let now = MachineClock.wall()
    note(serial) { facts in
      if tally.lines > 0 { facts.punchesAt = now }
      facts.accepted += tally.accepted
      facts.duplicates += tally.duplicates
      facts.stamp = stamp ?? facts.stamp
    }
    count(tally)
    if tally.unreadable + tally.discarded > 0 {
      logger.warning(
        "a terminal handed in lines that are no punches",
        metadata: [
          "terminal": "\(serial)", "unreadable": "\(tally.unreadable)", "discarded": "\(tally.discarded)",
        ])
    }
  }

  private func count(_ tally: TerminalUpload.Tally) {
    counters.add(
      accepted: tally.accepted, duplicates: tally.duplicates, rejected: tally.unreadable, to: dataset)
  }

  // MARK: Adopting

  /// Takes a terminal for one of the office's from now on; again changes nothing.
  func adopt(_ serial: TerminalSerial) async throws {
    guard adoption(of: serial) == .none else { return }
    let now = MachineClock.wall()
    try await shelf.adopt(serial, at: now)
    adopted.withLock { $0[serial] = $0[serial] ?? now }
  }

  /// Tries what lies on the shelf of an adopted terminal (again).
  ///
  /// - Returns: what became of those lines.
  /// - Throws: as `TerminalUpload.push`; what was not taken still lies there.
  func takeIn(_ serial: TerminalSerial) async throws -> TerminalUpload.Tally {
    // Those that wait may leave some that are unreadable, which need not be tried twice.
    let unreadable = try await takeOffShelf(serial, .unreadable)
    let waiting = try await takeOffShelf(serial, .unknownTerminal)
    return unreadable + waiting
  }

  /// Lets a terminal go again; what it handed in stays.
  ///
  /// - Returns: whether a command had adopted it.
  func release(_ serial: TerminalSerial) async throws -> Bool {
    let was = try await shelf.release(serial)
    adopted.withLock { _ = $0.removeValue(forKey: serial) }
    return was
  }

  /// All that are known in any way, by serial number.
  func terminals() async throws -> [Terminal] {
    var terminals: [TerminalSerial: Terminal] = [:]
    func change(_ serial: TerminalSerial, _ body: (inout Terminal) -> Void) {
      body(&terminals[serial, default: Terminal(serial: serial, adoption: adoption(of: serial))])
    }
    for serial in allowed { change(serial) { _ in } }
    for (serial, at) in adopted.withLock({ $0 }) { change(serial) { $0.adoptedAt = at } }
    for facts in standing.all { change(facts.serial) { $0.facts = facts } }
    for summary in try await shelf.summaries() { change(summary.serial) { $0.shelf.append(summary) } }
    return terminals.values.sorted { $0.serial < $1.serial }
  }

  /// Takes in what terminals handed in before they were adopted, or before the settings named them, until it is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        for summary in try await shelf.summaries()
        where summary.reason == .unknownTerminal && isAdopted(summary.serial) {
          _ = try await takeOffShelf(summary.serial, .unknownTerminal)
        }
      } catch {
        logger.warning("lines of adopted terminals cannot be taken in yet: \(error)")
      }
      do { try await Task.sleep(for: Self.retryAfter) } catch { return }
    }
  }

  private func takeOffShelf(
    _ serial: TerminalSerial, _ reason: TerminalShelf.Reason
  ) async throws -> TerminalUpload.Tally {
    var tally = TerminalUpload.Tally()
    var last: Int64 = 0
    while true {
      let lines = try await shelf.lines(of: serial, reason, after: last, limit: TerminalUpload.pieceLinesMax)
      guard let end = lines.last?.number else { break }
      last = end
      var upload = upload(of: serial)
      guard upload.isAdopted else { break }
      try await upload.push(Array(lines.map(\.bytes).joined(separator: [10])) + [10])
      try await upload.finish()
      tally = tally + upload.tally
      // What is unreadable still lies there as such. Twice is as once: an event that is there is a duplicate.
      let unread = Set(upload.unread)
      try await shelf.remove(
        lines.filter { reason == .unknownTerminal || !unread.contains($0.bytes) }.map(\.number))
    }
    count(tally)
    return tally
  }
}
