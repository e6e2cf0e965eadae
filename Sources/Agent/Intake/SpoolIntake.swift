import Collectors
import Datasets
import Logging
import Synchronization

/// The spool directory as a way in.
enum SpoolIntake {
  /// Keeps what the intake knows of the file on its way; the spool takes one file at a time.
  private final class Current: Sendable {
    let delivery = Mutex<Intake.Delivery?>(nil)
  }

  static func service(_ context: AgentContext, directory: String, logger: Logger) -> SpoolService {
    var settings = SpoolSettings(directory: directory)
    settings.language = context.language
    let current = Current()
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
        var delivery =
          (isFirst ? nil : current.delivery.withLock { $0 }) ?? .file(dataset, source: source)
        let receipt = try await context.intake.take(batch, of: &delivery)
        let next = delivery
        current.delivery.withLock { $0 = next }
        return IntakeOutcome(
          accepted: receipt.accepted, duplicates: receipt.duplicates, rejected: receipt.rejected)
      },
      report: { report($0, logger) })
  }

  private static func report(_ event: SpoolEvent, _ logger: Logger) {
    switch event {
    case .finished(.done(let result)): logger.info("spool: \(result)")
    case .finished(.failed(let result)): logger.warning("spool: \(result)")
    case .finished(.postponed(let postponement)): logger.warning("spool: \(postponement)")
    case .retryScheduled(let path, let after): logger.notice("spool: \(path) is tried again in \(after)")
    case .scanFailed(let failure): logger.error("spool: \(failure)")
    }
  }
}
