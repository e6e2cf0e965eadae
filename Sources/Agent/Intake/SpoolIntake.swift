import Collectors
import Datasets
import Logging
import Machine
import Sessions
import Settings
import Synchronization

/// The spool directory as a way in.
enum SpoolIntake {
  /// What the intake knows of the file on its way; the spool takes one file at a time.
  private struct Current: Sendable {
    var delivery: Intake.Delivery
    var unknown = UnknownFields()
    var remarks = IntakeRemarks()
  }

  private final class Desk: Sendable {
    /// Nil until the first rows of a file have come.
    let current = Mutex<Current?>(nil)
  }

  /// - Parameter counters: counts rows as HTTP does, when the file is done with.
  static func service(
    _ context: AgentContext, directory: String, logger: Logger, counters: IntakeCounters = .process
  ) -> SpoolService {
    var settings = SpoolSettings(directory: directory)
    settings.language = context.language
    settings.settle = context.settings.spool.settle
    settings.swapsStatusAndVerify = context.settings.spool.attlogVerifyFirst
    let desk = Desk()
    let language = context.language
    return SpoolService(
      settings: settings,
      definitions: { name in
        guard let dataset = context.catalogue.dataset(name) else {
          let refusal = Intake.unknown(name, context.catalogue)
          if refusal.code == .unavailable { throw refusal }
          return nil
        }
        return (dataset.definition, dataset.regions)
      },
      intake: { dataset, source, isFirst, batch in
        var current =
          (isFirst ? nil : desk.current.withLock { $0 }) ?? Current(delivery: .file(dataset, source: source))
        var receipt = Intake.Receipt()
        try await context.intake.take(batch, of: &current.delivery, into: &receipt)
        context.spool.noteActivity(at: MachineClock.wall())
        current.unknown.add(receipt.unknown)
        current.remarks.add(receipt.remarks)
        let next = current
        desk.current.withLock { $0 = next }
        return IntakeOutcome(
          accepted: receipt.accepted, duplicates: receipt.duplicates, rejected: receipt.rejected)
      },
      datasets: { writableDatasets(context.catalogue) },
      report: { event in
        context.spool.note(event)
        count(event, counters)
        report(event, language, logger)
        guard case .finished = event else { return }
        // Taken away with the file's end, whatever it was: the next one may have no rows, and then never comes by here.
        let current = desk.current.withLock { current in
          defer { current = nil }
          return current
        }
        noteRefusedHeadings(event, context)
        guard let current else { return }
        noteMisspelt(event, current.unknown, context, logger)
        warn(event, current.remarks, logger)
      },
      scanned: { context.spool.note($0, at: MachineClock.wall()) })
  }

  /// The datasets that this office may fill, and for whose files there is a directory.
  static func writableDatasets(_ catalogue: Catalogue) -> [DatasetName] {
    catalogue.current.sortedDatasets.filter { !$0.write.isEmpty }.map(\.definition.name)
  }

  private static func count(_ event: SpoolEvent, _ counters: IntakeCounters) {
    guard let result = event.result, let dataset = SpoolAddress(path: result.path)?.dataset else { return }
    counters.add(accepted: result.accepted, duplicates: result.duplicates, rejected: result.rejected, to: dataset)
  }

  /// Columns that nobody declared and that are spelt nearly like one that is: their values are kept, and yet not where
  /// they were meant to be.
  private static func noteMisspelt(
    _ event: SpoolEvent, _ unknown: UnknownFields, _ context: AgentContext, _ logger: Logger
  ) {
    // Of a file of which no row was taken, no column is kept anywhere: its rows say what is wrong.
    guard let result = event.result, result.accepted > 0, let name = SpoolAddress(path: result.path)?.dataset,
      let dataset = context.catalogue.dataset(name)
    else {
      return
    }
    let pairs = unknown.sorted.compactMap { field -> (written: FieldName, meant: FieldName)? in
      dataset.validator.nearest(to: field.name).map { (field.name, $0) }
    }
    let words = pairs.map { "\(IdentityNumbers.masked($0.written.text)) → \($0.meant)" }.joined(separator: ", ")
    context.spool.noteMisspelt(words, in: name, at: MachineClock.wall())
    if !pairs.isEmpty {
      logger.warning("spool: columns that may be misspelt", metadata: ["dataset": "\(name)", "columns": "\(words)"])
    }
  }

  /// Words of a refusal of a whole file that its headings are the cause of.
  private static let headingRefusals: Set<String> = ["misspelt_column", "missing_column"]

  private static func noteRefusedHeadings(_ event: SpoolEvent, _ context: AgentContext) {
    guard let result = event.result, let code = result.refusal, headingRefusals.contains(code),
      let reason = result.refusalReason, let dataset = SpoolAddress(path: result.path)?.dataset
    else { return }
    context.spool.noteMisspelt(
      IdentityNumbers.masked(reason(context.language)), in: dataset, isRefused: true, at: MachineClock.wall())
  }

  /// What was taken, and yet not as whoever made the file may believe: which fields and in how many rows, no values.
  private static func warn(_ event: SpoolEvent, _ remarks: IntakeRemarks, _ logger: Logger) {
    guard let result = event.result, !remarks.isEmpty else { return }
    let words = remarks.sorted.map { "\($0.problem.field ?? "-"): \($0.problem.code) (\($0.rows))" }
    logger.warning(
      "spool: values that say nothing or lie ahead",
      metadata: [
        "file": "\(IdentityNumbers.masked(result.path))", "fields": "\(words.joined(separator: ", "))",
      ])
  }

  private static func report(_ event: SpoolEvent, _ language: Language, _ logger: Logger) {
    switch event {
    case .finished(.done(let result)): logger.info("spool: a file was taken", metadata: metadata(result))
    case .finished(.failed(let result)):
      if let refusal = result.refusal {
        var facts = metadata(result)
        facts["reason"] = "\(refusal)"
        return logger.warning("spool: a file was refused as a whole", metadata: facts)
      }
      logger.warning("spool: rows of a file were refused", metadata: metadata(result))
    case .finished(.postponed(let postponement)):
      logger.warning(
        "spool: \(postponement.path): \(postponement.message(language)) (\(postponement.code.rawValue))")
    case .retryScheduled(let path, let after): logger.notice("spool: \(path) is tried again in \(after)")
    case .waitEnded(let path): logger.info("spool: \(path) is no longer waited for")
    case .scanFailed(let failure): logger.error("spool: \(failure)")
    case .scanRecovered: logger.notice("spool: it can be read again")
    }
  }

  private static func metadata(_ result: SpoolResult) -> Logger.Metadata {
    [
      "file": "\(IdentityNumbers.masked(result.path))", "moved_to": "\(IdentityNumbers.masked(result.movedTo))",
      "accepted": "\(result.accepted)", "duplicates": "\(result.duplicates)", "rejected": "\(result.rejected)",
    ]
  }
}
