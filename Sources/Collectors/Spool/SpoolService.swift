package import Datasets
import Dispatch

/// Watches the spool and hands the rows of whole files to the intake.
///
/// A file is moved only after its rows' commit. A crash in between makes it be read again, which changes
/// nothing: the intake recognises rows
/// that it has. It runs on a queue of its own, because reading files would block the cooperative pool.
package actor SpoolService {
  /// Commits a batch of rows. `source` names the import memory; `isFirst` says that a file begins with it.
  package typealias Intake =
    @Sendable (_ dataset: DatasetName, _ source: String, _ isFirst: Bool, _ batch: [IntakeRow]) async throws ->
    IntakeOutcome
  /// The definition by which files of a dataset are read and its regions; nil when there is no such dataset.
  ///
  /// Throws `IntakeRefusal(.unavailable)` while the definitions have not come from the centre yet.
  package typealias Definitions =
    @Sendable (_ dataset: DatasetName) async throws -> (definition: DatasetDefinition, regions: RegionTable?)?

  private struct Retry {
    var delay: Duration
    var at: ContinuousClock.Instant
  }

  private let settings: SpoolSettings
  private let directory: SpoolDirectory
  private let definitions: Definitions
  private let intake: Intake
  private let datasets: @Sendable () -> [DatasetName]
  private let report: @Sendable (SpoolEvent) -> Void
  private let scanned: @Sendable (SpoolScan) -> Void
  private let queue = SpoolQueue()
  private var scanner: SpoolScanner
  private var retries: [String: Retry] = [:]
  /// Datasets' directories that could not be made or entered, as they were reported.
  private var obstacles: Set<String> = []
  /// Why the last look at the spool failed, as it was reported.
  private var failure: SpoolFailure?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - datasets: those for whose files there is to be a directory; asked at every scan.
  ///   - report: called on the service's queue; must not block.
  ///   - scanned: called after every look at the spool, likewise.
  package init(
    settings: SpoolSettings, definitions: @escaping Definitions, intake: @escaping Intake,
    datasets: @escaping @Sendable () -> [DatasetName] = { [] },
    report: @escaping @Sendable (SpoolEvent) -> Void = { _ in },
    scanned: @escaping @Sendable (SpoolScan) -> Void = { _ in }
  ) {
    self.settings = settings
    self.definitions = definitions
    self.intake = intake
    self.datasets = datasets
    self.report = report
    self.scanned = scanned
    directory = SpoolDirectory(root: settings.directory)
    scanner = SpoolScanner(settle: settings.settle)
  }

  /// Scans and takes files until the task is cancelled; a file on its way is then left where it is.
  package func run() async {
    while !Task.isCancelled {
      await runOnce(at: .now)
      try? await Task.sleep(for: settings.scanInterval)
    }
  }

  /// One scan, and every file that is whole and due.
  package func runOnce(at now: ContinuousClock.Instant) async {
    do throws(SpoolFailure) {
      // Without the spool itself nothing below it can be had either: that is said once.
      try directory.check()
      for dataset in datasets() { makeDirectory(of: dataset, at: now) }
      let snapshot = try directory.snapshot()
      scanned(SpoolScan(snapshot))
      let ready = scanner.observe(snapshot, at: now)
      if failure != nil { report(.scanRecovered) }
      failure = nil
      let paths = Set(ready.map(\.path))
      for path in retries.keys.filter({ !paths.contains($0) }).sorted() {
        retries[path] = nil
        report(.waitEnded(path: path))
      }
      for file in ready where !Task.isCancelled {
        if let retry = retries[file.path], retry.at > now { continue }
        let outcome = await processOne(file)
        // Cut short by the daemon's end, which is nothing to report: the file is still there.
        if Task.isCancelled, case .postponed = outcome { return }
        note(outcome, of: file.path, at: now)
      }
    } catch {
      // Every two seconds the same would fill the log.
      guard failure != error else { return }
      failure = error
      report(.scanFailed(error))
    }
  }

  /// One directory that cannot be had keeps no other dataset's files back; it is named among what waits.
  private func makeDirectory(of dataset: DatasetName, at now: ContinuousClock.Instant) {
    let path = dataset.text + "/"
    do throws(SpoolFailure) {
      try directory.makeDirectory(dataset.text)
      if obstacles.remove(path) != nil { report(.waitEnded(path: path)) }
    } catch {
      guard obstacles.insert(path).inserted else { return }
      let message = BilingualText(id: "\(error)", en: "\(error)")
      report(
        .finished(
          .postponed(SpoolPostponement(path: path, code: .notWritable, message: message, directory: dataset.text))))
    }
  }

  /// Takes one file, whole or not; `runOnce` calls it only for whole ones.
  package func processOne(_ file: SpoolFile) async -> SpoolOutcome {
    var delivery = SpoolDelivery(file: file, settings: settings, directory: directory)
    if let obstacle = delivery.obstacle {
      return .postponed(
        delivery.postponement(.notWritable, .notWritable(obstacle), directory: obstacle))
    }
    do {
      let source = try await deliver(&delivery)
      return try delivery.finish(source)
    } catch let refusal as IntakeRefusal {
      delivery.abandon()
      switch refusal.code {
      case .bufferFull: return .postponed(delivery.postponement(.bufferFull, refusal.message))
      case .unavailable: return .postponed(delivery.postponement(.unavailable, refusal.message))
      case .notPermitted, .unknownDataset:
        return fail(file, FieldProblem(field: nil, code: refusal.code.rawValue, reason: refusal.message))
      }
    } catch let failure as SpoolFailure {
      delivery.abandon()
      return .postponed(delivery.postponement(.fileSystem, BilingualText(id: "\(failure)", en: "\(failure)")))
    } catch {
      delivery.abandon()
      // What the intake throws otherwise is a fault of this node, not of the file.
      return .postponed(delivery.postponement(.unavailable, .intakeFailed))
    }
  }

  /// - Returns: the file, still open, so that what is written to it until it is moved can be told.
  private func deliver(_ delivery: inout SpoolDelivery) async throws -> FileByteSource {
    let source = try directory.open(delivery.file.path)
    try await deliver(source, &delivery)
    return source
  }

  private func deliver(_ source: FileByteSource, _ delivery: inout SpoolDelivery) async throws {
    guard let address = SpoolAddress(path: delivery.file.path) else { return try delivery.reject(.noDataset) }
    guard let format = address.format else { return try delivery.reject(.unknownFormat) }
    guard let (definition, regions) = try await definitions(address.dataset) else {
      return try delivery.reject(.noDataset)
    }
    guard try source.hasContent(of: delivery.file) else {
      throw IntakeRefusal(.unavailable, message: .fileChanged)
    }
    let parser = parser(for: format, address, delivery.file.name, definition, regions)
    var reader = RowReader(source: source, parser: parser)
    while let rows = try reader.next() {
      try Task.checkCancellation()
      for row in rows {
        try delivery.add(row)
        if delivery.isBatchFull { try await send(&delivery, address, reader) }
      }
    }
    try await send(&delivery, address, reader)
    guard try source.hasContent(of: delivery.file) else {
      throw IntakeRefusal(.unavailable, message: .fileChanged)
    }
  }

  private func send(
    _ delivery: inout SpoolDelivery, _ address: SpoolAddress, _ reader: RowReader<FileByteSource>
  ) async throws {
    let isFirst = !delivery.hasSent
    let batch = delivery.takeBatch()
    let outcome =
      batch.isEmpty ? IntakeOutcome(accepted: 0) : try await intake(address.dataset, address.source, isFirst, batch)
    try delivery.settle(outcome, heading: { reader.heading(of: $0) })
  }

  private func parser(
    for format: SpoolAddress.Format, _ address: SpoolAddress, _ name: String, _ definition: DatasetDefinition,
    _ regions: RegionTable?
  ) -> any RowParser {
    switch format {
    case .csv: return CSVRowParser(definition: definition, regions: regions)
    case .ndjson: return NDJSONRowParser()
    case .json: return JSONRowParser()
    case .attlog:
      // `1_attlog.dat` says only "terminal 1": the directory's name is better. A serial number in the name is
      // best, since it makes the
      // punches the same as those that the terminal pushed.
      let inName = AttlogParser.device(inFileName: name)
      let isSerial = (inName?.utf8.count ?? 0) >= 6
      let device = isSerial || address.source == SpoolAddress.defaultSource ? nil : address.source
      return AttlogParser(
        layout: .export, device: device, fileName: name, swapsStatusAndVerify: settings.swapsStatusAndVerify)
    }
  }

  private func fail(_ file: SpoolFile, _ problem: FieldProblem) -> SpoolOutcome {
    var delivery = SpoolDelivery(file: file, settings: settings, directory: directory)
    do throws(SpoolFailure) {
      try delivery.reject(problem)
      return try delivery.finish(nil)
    } catch {
      delivery.abandon()
      return .postponed(delivery.postponement(.fileSystem, BilingualText(id: "\(error)", en: "\(error)")))
    }
  }

  private func note(_ outcome: SpoolOutcome, of path: String, at now: ContinuousClock.Instant) {
    report(.finished(outcome))
    guard case .postponed = outcome else {
      retries[path] = nil
      return
    }
    let delay = min(retries[path].map { $0.delay * 2 } ?? settings.retryDelay, settings.retryDelayMax)
    retries[path] = Retry(delay: delay, at: now + delay)
    report(.retryScheduled(path: path, after: delay))
  }
}

/// The queue on which the spool's blocking calls are made.
private final class SpoolQueue: SerialExecutor {
  private let queue = DispatchQueue(label: "simpul.spool", qos: .utility)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
