import Collectors
package import Datasets
import Logging
import Machine
package import NodeStorage
import Replication
import Storage

/// The one way in for rows: HTTP, socket, spool and collectors validate and commit through it.
package struct Intake: Sendable {
  /// What became of the rows of one request, after their commit is on the disk.
  package struct Receipt: Sendable {
    package var accepted = 0
    package var duplicates = 0
    package var rejected: [RejectedRow] = []
    package var first: Datasets.Sequence?
    package var last: Datasets.Sequence?
    /// The records of rows that were taken, in order; empty for events and samples.
    package var records: [RecordID] = []

    package init() {}

    mutating func add(_ other: Receipt) {
      accepted += other.accepted
      duplicates += other.duplicates
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
    let kind: ImportRun.Kind

    package static func file(_ dataset: DatasetName, source: String) -> Delivery {
      Delivery(dataset: dataset, source: source, run: nil, kind: .file)
    }

    /// - Parameter idempotencyKey: the request's own; without one, rows that identify nobody are new every time they
    ///   are one object, and counted by content when they are a file's worth.
    package static func request(_ dataset: DatasetName, source: String, idempotencyKey: String?) -> Delivery {
      Delivery(
        dataset: dataset, source: source, run: nil,
        kind: idempotencyKey.map { .request(idempotencyKey: $0) } ?? .file)
    }
  }

  /// At most this many events or samples share a transaction.
  package static let batchRowsMax = 2000
  /// At most this many rows of records do: a resident in all its forms takes some 20 kB while it is taken in.
  package static let recordBatchRowsMax = 500

  private let store: NodeStore
  private let catalogue: Catalogue
  private let appended: @Sendable (DatasetName, DatasetDefinition.Lane, Datasets.Sequence) async -> Void

  /// - Parameter appended: told what was committed, so that it may go at once.
  package init(
    store: NodeStore, catalogue: Catalogue,
    appended: @escaping @Sendable (DatasetName, DatasetDefinition.Lane, Datasets.Sequence) async -> Void
  ) {
    self.store = store
    self.catalogue = catalogue
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
        isRecord ? try await importRecords(batch, dataset, &delivery) : try await recordOccurrences(batch, dataset)
      receipt.add(part)
      // At once: it is committed, whatever becomes of the next.
      if let last = part.last { await appended(delivery.dataset, dataset.definition.lane, last) }
    }
    receipt.rejected.sort { $0.line < $1.line }
  }

  private func recordOccurrences(
    _ rows: ArraySlice<IntakeRow>, _ dataset: Catalogue.Dataset
  ) async throws -> Receipt {
    var receipt = Receipt()
    var valid: [ValidRow] = []
    valid.reserveCapacity(rows.count)
    for row in rows {
      switch dataset.validator.validate(row) {
      case .success(let checked):
        if let problem = dataset.validator.missingRequired(checked) {
          receipt.rejected.append(RejectedRow(line: row.line, problem: problem))
        } else {
          valid.append(checked)
        }
      case .failure(let problem): receipt.rejected.append(RejectedRow(line: row.line, problem: problem))
      }
    }
    if valid.isEmpty { return receipt }
    let batch = valid
    let result = try await refusing(dataset.definition) {
      try await store.record(dataset.definition.name, rows: batch, now: MachineClock.reading())
    }
    receipt.accepted = result.accepted
    receipt.duplicates = result.duplicates
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
    for row in rows {
      switch Self.importRow(row, dataset.validator) {
      case .success(let checked): valid.append(checked)
      case .failure(let problem): receipt.rejected.append(RejectedRow(line: row.line, problem: problem))
      }
    }
    if valid.isEmpty { return receipt }
    let run =
      delivery.run
      ?? ImportRun(
        source: delivery.source, kind: delivery.kind, fleetKeys: fleetKeys,
        // The first byte is the fleet key's version; 0 stands for random.
        randomID: { RecordID(high: MachineFacts.random64() >> 8, low: MachineFacts.random64()) })
    let batch = valid
    let result = try await refusing(dataset.definition) {
      try await store.importRows(dataset.definition.name, rows: batch, run: run, now: MachineClock.reading())
    }
    delivery.run = result.run
    receipt.accepted = result.accepted
    receipt.duplicates = result.unchanged
    receipt.rejected += result.rejected
    receipt.first = result.first
    receipt.last = result.last
    receipt.records = result.records
    return receipt
  }

  /// A row may name its record in a column `id`, as exports do.
  private static func importRow(_ row: IntakeRow, _ validator: RowValidator) -> Result<ImportRow, FieldProblem> {
    var row = row
    var id: RecordID?
    if let index = row.fields.firstIndex(where: { $0.name == "id" }) {
      let value = row.fields.remove(at: index).value
      guard case .text(let text) = value, let known = RecordID(text) else {
        return .failure(
          FieldProblem(
            field: "id", code: "not_an_id",
            reason: BilingualText(
              id: "Kolom id bukan id Simpul (32 angka heksadesimal). Kosongkan kolom ini untuk penduduk baru.",
              en: "The id is none of Simpul's (32 hexadecimal digits). Leave it out for a new record.")))
      }
      id = known
    }
    return validator.validate(row).map { ImportRow($0, id: id) }
  }

  /// Turns what the store refuses as a whole into words for the producer.
  private func refusing<Result>(
    _ definition: DatasetDefinition, _ body: () async throws -> Result
  ) async throws -> Result {
    do { return try await body() } catch let error as StoreError {
      switch error.code {
      case .full: throw Self.bufferFull
      case .notFound: throw Self.unknown(definition.name, catalogue)
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

extension Intake {
  static let bufferFull = IntakeRefusal(
    .bufferFull,
    message: BilingualText(
      id: "Tempat penyimpanan kantor penuh; data belum disimpan. Kosongkan disk atau naikkan buffer.quota.",
      en: "The office's buffer is full; nothing was kept. Free some disk or raise buffer.quota."))

  static let notJoinedYet = IntakeRefusal(
    .unavailable,
    message: BilingualText(
      id: "Kantor ini belum pernah tersambung ke pusat, sehingga kuncinya belum ada. Coba lagi setelah tersambung.",
      en: "This office has never been connected to the centre, so it has no fleet key. Try again once it has."))

  static func unknown(_ dataset: DatasetName, _ catalogue: Catalogue) -> IntakeRefusal {
    if catalogue.current.profile == nil {
      return IntakeRefusal(
        .unavailable,
        message: BilingualText(
          id: "Kantor ini belum menerima definisi data dari pusat. Coba lagi setelah tersambung.",
          en: "This office has not received its definitions from the centre. Try again once it is connected."))
    }
    return IntakeRefusal(
      .unknownDataset,
      message: BilingualText(
        id: "Dataset \(dataset) tidak dikenal di kantor ini.", en: "There is no dataset \(dataset) at this office."))
  }

  static func notPermitted(_ definition: DatasetDefinition) -> IntakeRefusal {
    IntakeRefusal(
      .notPermitted,
      message: BilingualText(
        id: "Kantor ini tidak berwenang menulis data \(definition.title.indonesian).",
        en: "This office may not write \(definition.title.english) data."))
  }
}
