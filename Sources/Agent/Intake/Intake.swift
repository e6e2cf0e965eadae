import Collectors
package import Datasets
import Logging
import Machine
package import NodeStorage
import Replication
package import Sessions
import Storage

/// The one way in for rows: HTTP, socket, spool and collectors validate and commit through it.
package struct Intake: Sendable {
  /// What became of the rows of one request, after their commit is on the disk.
  package struct Receipt: Sendable {
    package var accepted = 0
    package var duplicates = 0
    /// Of the accepted, the ones that made a record, event or sample.
    package var created = 0
    /// Of the accepted, the ones that changed a record.
    package var changed = 0
    /// Of the rejected, the values that wait for a person.
    package var held = 0
    package var rejected: [RejectedRow] = []
    package var first: Datasets.Sequence?
    package var last: Datasets.Sequence?
    /// The records of rows that were taken, in order; empty for events and samples.
    package var records: [RecordID] = []
    package var unknown = UnknownFields()
    package var remarks = IntakeRemarks()
    /// What would become of each row of records; only where they are tried out.
    package var outcomes: [ImportOutcome] = []

    package init() {}

    mutating func add(_ other: Receipt) {
      accepted += other.accepted
      duplicates += other.duplicates
      created += other.created
      changed += other.changed
      held += other.held
      unknown.add(other.unknown)
      remarks.add(other.remarks)
      outcomes += other.outcomes
      rejected += other.rejected
      first = first ?? other.first
      last = other.last ?? last
      records += other.records
    }
  }

  /// Rows of a request or file that is given in several batches.
  package struct Delivery: Sendable {
    package let dataset: DatasetName
    package let source: String
    var run: ImportRun?
    var kind: ImportRun.Kind
    /// Somebody enters the one row (`isOneRecord`).
    private(set) var isTyped = false
    /// A row with a field that the definition does not know is refused instead of kept.
    var refusesUnknown = false
    /// Where the rows are tried out instead of taken.
    package var dryRun: DryRun?

    package static func file(_ dataset: DatasetName, source: String) -> Delivery {
      Delivery(dataset: dataset, source: source, run: nil, kind: .file)
    }

    /// - Parameter idempotencyKey: the request's own; without one, rows that identify nobody are told by their content
    ///   and how often it came, as in a file.
    package static func request(_ dataset: DatasetName, source: String, idempotencyKey: String?) -> Delivery {
      Delivery(
        dataset: dataset, source: source, run: nil,
        kind: idempotencyKey.map { .request(idempotencyKey: $0) } ?? .file)
    }

    /// The request turned out to be of one record that somebody enters, not of a file's rows: whoever it does not
    /// identify is new (ADR 0019), and what it says of somebody known is this office's word.
    mutating func isOneRecord() {
      isTyped = true
      if kind == .file { kind = .once }
    }
  }

  /// At most this many events or samples share a transaction.
  package static let batchRowsMax = 2000
  /// At most this many rows of records do: a resident in all its forms takes some 20 kB while it is taken in.
  package static let recordBatchRowsMax = 500

  let store: NodeStore
  let catalogue: Catalogue
  private let clock: CentreClock
  let isTrying = Flag()
  private let appended: @Sendable (DatasetName, DatasetDefinition.Lane, Datasets.Sequence) async -> Void

  /// - Parameters:
  ///   - clock: what dates and times of rows are held against.
  ///   - appended: told what was committed, so that it may go at once.
  package init(
    store: NodeStore, catalogue: Catalogue, clock: CentreClock,
    appended: @escaping @Sendable (DatasetName, DatasetDefinition.Lane, Datasets.Sequence) async -> Void
  ) {
    self.store = store
    self.catalogue = catalogue
    self.clock = clock
    self.appended = appended
  }

  /// Validates and commits a batch; good rows are taken, the others come back with line, field and reason.
  ///
  /// - Parameter receipt: what was taken is added to it, also when the rest then fails.
  /// - Throws: `IntakeRefusal` when nothing more can be taken.
  package func take(
    _ rows: [IntakeRow], of delivery: inout Delivery, into receipt: inout Receipt
  ) async throws {
    guard let dataset = catalogue.dataset(delivery.dataset) else { throw Self.unknown(delivery.dataset, catalogue) }
    guard !dataset.write.isEmpty else { throw Self.notPermitted(dataset.definition) }
    let isRecord = dataset.definition.kind == .record
    let batchRowsMax = isRecord ? Self.recordBatchRowsMax : Self.batchRowsMax
    for start in stride(from: 0, to: rows.count, by: batchRowsMax) {
      let batch = rows[start..<min(rows.count, start + batchRowsMax)]
      let part =
        isRecord
        ? try await importRecords(batch, dataset, &delivery) : try await recordOccurrences(batch, dataset, delivery)
      receipt.add(part)
      // At once: it is committed, whatever becomes of the next.
      if let last = part.last { await appended(delivery.dataset, dataset.definition.lane, last) }
    }
    receipt.rejected.sort { $0.line < $1.line }
  }

  private func recordOccurrences(
    _ rows: ArraySlice<IntakeRow>, _ dataset: Catalogue.Dataset, _ delivery: Delivery
  ) async throws -> Receipt {
    var receipt = Receipt()
    var valid: [ValidRow] = []
    valid.reserveCapacity(rows.count)
    let now = clock.now()
    for row in rows {
      switch dataset.validator.validate(row, now: now) {
      case .success(let checked):
        if let problem = dataset.validator.missingRequired(checked)
          ?? receipt.note(checked, dataset.validator, delivery)
        {
          receipt.rejected.append(RejectedRow(line: row.line, problem: problem))
        } else {
          receipt.remarks.add(checked)
          valid.append(checked)
        }
      case .failure(let problem): receipt.rejected.append(RejectedRow(line: row.line, problem: problem))
      }
    }
    if valid.isEmpty { return receipt }
    let batch = valid
    let result = try await refusing(dataset.definition, isTrying: delivery.dryRun != nil) {
      let now = MachineClock.reading()
      if let dryRun = delivery.dryRun { return try await dryRun.record(batch, now: now) }
      return try await store.record(dataset.definition.name, rows: batch, now: now)
    }
    receipt.accepted = result.accepted
    receipt.duplicates = result.duplicates
    receipt.created = result.accepted - result.duplicates
    receipt.rejected += result.rejected
    receipt.first = result.first
    receipt.last = result.last
    return receipt
  }

  private func importRecords(
    _ rows: ArraySlice<IntakeRow>, _ dataset: Catalogue.Dataset, _ delivery: inout Delivery
  ) async throws -> Receipt {
    let fleetKeys = catalogue.current.fleetKeys
    guard !fleetKeys.isEmpty else { throw Self.notJoinedYet }
    var receipt = Receipt()
    var valid: [ImportRow] = []
    valid.reserveCapacity(rows.count)
    let now = clock.now()
    for row in rows {
      switch Self.importRow(row, dataset, fleetKeys, now: now) {
      case .success(let checked):
        if let problem = receipt.note(checked.row, dataset.validator, delivery) {
          receipt.rejected.append(RejectedRow(line: row.line, problem: problem))
        } else {
          receipt.remarks.add(checked.row)
          valid.append(checked)
        }
      case .failure(let problem): receipt.rejected.append(RejectedRow(line: row.line, problem: problem))
      }
    }
    if valid.isEmpty { return receipt }
    let run =
      delivery.run
      ?? ImportRun(
        source: delivery.source, kind: delivery.kind, isTyped: delivery.isTyped, fleetKeys: fleetKeys,
        // The first byte is the fleet key's version; 0 stands for random.
        randomID: { RecordID(high: MachineFacts.random64() >> 8, low: MachineFacts.random64()) })
    let batch = valid
    let dryRun = delivery.dryRun
    let result = try await refusing(dataset.definition, isTrying: dryRun != nil) {
      let now = MachineClock.reading()
      if let dryRun { return try await dryRun.importRows(batch, run: run, now: now) }
      return try await store.importRows(dataset.definition.name, rows: batch, run: run, now: now)
    }
    delivery.run = result.run
    receipt.accepted = result.accepted
    receipt.duplicates = result.unchanged
    receipt.created = result.created
    receipt.changed = result.changed
    receipt.held = result.held
    receipt.outcomes = result.outcomes ?? []
    receipt.rejected += result.rejected
    receipt.first = result.first
    receipt.last = result.last
    receipt.records = result.records
    return receipt
  }

  /// Turns what the store refuses as a whole into words for the producer.
  func refusing<Result>(
    _ definition: DatasetDefinition, isTrying: Bool, _ body: () async throws -> Result
  ) async throws -> Result {
    do { return try await body() } catch let error as StoreError {
      switch error.code {
      case .full: throw isTrying ? Self.noRoomToTry : Self.bufferFull
      case .notFound: throw Self.unknown(definition.name, catalogue)
      case .outdated: throw Self.decidedAnew
      default:
        throw IntakeRefusal(
          .unavailable,
          message: BilingualText(
            id: "Penyimpanan kantor bermasalah; data belum disimpan. Coba lagi, lalu jalankan simpulctl status.",
            en: "The office's store failed; nothing was kept. Try again, then run simpulctl status."))
      }
    }
  }
}
