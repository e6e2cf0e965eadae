import Collectors
import Datasets
import Machine
import NodeStorage
import Terminals

/// The punches of one upload on their way in: line by line as its bytes come, committed piece by piece, so that a month of
/// punches passes in the memory of one piece.
///
/// Everything is on the disk before the terminal is answered: what is a punch as an event, what is none on the shelf, for a
/// terminal says a batch again and again until it is acknowledged, and one bad line must not hold up all after it.
struct TerminalUpload {
  /// What became of the lines.
  struct Tally: Sendable, Equatable {
    var lines = 0
    /// Punches, those that were there already among them.
    var accepted = 0
    var duplicates = 0
    var unreadable = 0
    /// Lines of a terminal that nobody has adopted.
    var shelved = 0
    /// Lines that are never kept: `PersonalLine`, and what is longer than any punch.
    var discarded = 0

    static func + (left: Tally, right: Tally) -> Tally {
      Tally(
        lines: left.lines + right.lines, accepted: left.accepted + right.accepted,
        duplicates: left.duplicates + right.duplicates, unreadable: left.unreadable + right.unreadable,
        shelved: left.shelved + right.shelved, discarded: left.discarded + right.discarded)
    }
  }

  /// Lines that share a transaction.
  static let pieceLinesMax = 2000
  /// Bytes of a line; a punch has some 50, a template thousands.
  static let lineBytesMax = 512

  private let serial: TerminalSerial
  let isAdopted: Bool
  private let intake: Intake
  private let shelf: TerminalShelf
  private var delivery: Intake.Delivery
  private var splitter = LineSplitter(lineBytesMax: TerminalUpload.lineBytesMax)
  private var lines: [[UInt8]] = []
  private(set) var tally = Tally()
  /// Lines of the last piece that could not be read.
  private(set) var unread: [[UInt8]] = []

  /// - Parameter isAdopted: whether the terminal is one of the office's; else all its lines go to the shelf.
  init(serial: TerminalSerial, isAdopted: Bool, dataset: DatasetName, intake: Intake, shelf: TerminalShelf) {
    self.serial = serial
    self.isAdopted = isAdopted
    self.intake = intake
    self.shelf = shelf
    delivery = .request(dataset, source: "iclock/\(serial)", idempotencyKey: nil)
  }

  /// - Throws: `IntakeRefusal` or `StoreError` when nothing more can be taken; what was committed before stays.
  mutating func push(_ chunk: [UInt8]) async throws {
    var complete: [LineSplitter.Line] = []
    splitter.push(chunk) { complete.append($0) }
    try await take(complete)
  }

  /// Takes what is left; nothing may be pushed afterwards but whole lines.
  mutating func finish() async throws {
    var complete: [LineSplitter.Line] = []
    splitter.finish { complete.append($0) }
    try await take(complete)
    try await commit()
  }

  private mutating func take(_ complete: [LineSplitter.Line]) async throws {
    for line in complete {
      if line.isTooLong || PersonalLine.holds(line.bytes) {
        tally.lines += 1
        tally.discarded += 1
      } else if line.bytes.contains(where: { $0 > 0x20 }) {
        lines.append(line.bytes)
        if lines.count == Self.pieceLinesMax { try await commit() }
      }
    }
  }

  private mutating func commit() async throws {
    let piece = lines
    lines.removeAll(keepingCapacity: true)
    guard !piece.isEmpty else { return }
    guard isAdopted else {
      try await shelf.put(piece, of: serial, .unknownTerminal, now: MachineClock.reading())
      tally.lines += piece.count
      tally.shelved += piece.count
      return
    }
    var parser = AttlogParser(layout: .push, device: serial.text)
    var rows: [IntakeRow] = []
    var places: Set<Int> = []
    for parsed in parser.push(Array(piece.joined(separator: [10])) + [10]) {
      switch parsed {
      case .row(let row): rows.append(row)
      case .problem(let problem): places.insert(problem.line)
      }
    }
    var receipt = Intake.Receipt()
    if !rows.isEmpty { try await intake.take(rows, of: &delivery, into: &receipt) }
    places.formUnion(receipt.rejected.map(\.line))
    // The parser counts the lines of the piece from 1.
    unread = places.sorted().compactMap { piece.indices.contains($0 - 1) ? piece[$0 - 1] : nil }
    if !unread.isEmpty { try await shelf.put(unread, of: serial, .unreadable, now: MachineClock.reading()) }
    tally.lines += piece.count
    tally.accepted += receipt.accepted
    tally.duplicates += receipt.duplicates
    tally.unreadable += unread.count
  }
}
