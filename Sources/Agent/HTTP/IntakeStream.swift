import Collectors
import Datasets

/// The rows of one request on their way in: parsed as their bytes come, committed batch by batch, so that a body of any size
/// passes in the memory of one batch and of what the import keeps of rows: some 50 bytes for each that identifies nobody, or
/// names its record in a table.
struct IntakeStream: Sendable {
  /// A batch is also committed when its bytes reach this: two thousand rows may be of a megabyte each.
  private static let batchBytesMax = 4 << 20
  /// What is handed to the parser at once, which bounds the rows that come of it.
  private static let pieceBytesMax = 64 << 10

  private let intake: Intake
  private var delivery: Intake.Delivery
  private var parser: any RowParser
  private var rows: [IntakeRow] = []
  private var problems: [RejectedRow] = []
  private var bytes = 0
  /// Until the first byte has told one object from a list.
  private var awaitsForm: Bool
  private(set) var tally = IntakeTally()

  /// - Parameter mayBeOneRecord: a body that begins as an object is of one record, which somebody enters.
  init(intake: Intake, delivery: Intake.Delivery, parser: any RowParser, mayBeOneRecord: Bool = false) {
    awaitsForm = mayBeOneRecord
    self.intake = intake
    self.delivery = delivery
    self.parser = parser
  }

  /// - Throws: `IntakeRefusal` when nothing more can be taken; `tally` has what was taken before.
  mutating func push(_ chunk: [UInt8]) async throws {
    noteForm(chunk)
    if chunk.count <= Self.pieceBytesMax { return try await take(parser.push(chunk), bytes: chunk.count) }
    for start in stride(from: 0, to: chunk.count, by: Self.pieceBytesMax) {
      let piece = Array(chunk[start..<min(chunk.count, start + Self.pieceBytesMax)])
      try await take(parser.push(piece), bytes: piece.count)
    }
  }

  private mutating func noteForm(_ chunk: [UInt8]) {
    // Blanks of JSON, and the byte order mark that some programs begin with.
    guard awaitsForm, let first = chunk.first(where: { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) })
    else { return }
    awaitsForm = false
    if first == UInt8(ascii: "{") { delivery.isOneRecord() }
  }

  /// The body has ended; a body that was cut off must not come here, for its last row is half a row.
  mutating func finish() async throws {
    try await take(parser.finish(), bytes: 0)
    try await commit()
    tally.rejectWhole(rows: parser.refusedRows)
  }

  private mutating func take(_ parsed: [ParsedRow], bytes count: Int) async throws {
    bytes += count
    for row in parsed {
      switch row {
      case .row(let row): rows.append(row)
      case .problem(let problem): problems.append(problem)
      }
      if rows.count == Intake.batchRowsMax || problems.count == Intake.batchRowsMax { try await commit() }
    }
    if bytes >= Self.batchBytesMax { try await commit() }
  }

  private mutating func commit() async throws {
    let batch = rows
    rows.removeAll(keepingCapacity: true)
    bytes = 0
    var receipt = Intake.Receipt()
    do {
      if !batch.isEmpty { try await intake.take(batch, of: &delivery, into: &receipt) }
    } catch {
      // What was committed before the rest failed counts.
      tally.add(receipt)
      throw error
    }
    if !problems.isEmpty {
      receipt.rejected += problems
      receipt.rejected.sort { $0.line < $1.line }
      problems.removeAll(keepingCapacity: true)
    }
    tally.add(receipt)
  }
}
