package import Logging
import Storage
import Wire

/// Writes the audit log's newest head to the journal, at the start, once a day and at the end: whoever keeps the journal
/// elsewhere can tell later whether the log still has what it had.
package struct AuditAnchor: Sendable {
  private let trail: AuditTrail
  private let logger: Logger
  private let period: Duration

  package init(_ trail: AuditTrail, logger: Logger, period: Duration = .seconds(86_400)) {
    self.trail = trail
    self.logger = logger
    self.period = period
  }

  /// Runs until cancelled.
  package func run() async {
    while !Task.isCancelled {
      await drop()
      do { try await Task.sleep(for: period) } catch { break }
    }
    // This task is cancelled by now, and a store does nothing for such a one.
    await Task { await drop(isLast: true) }.value
  }

  private func drop(isLast: Bool = false) async {
    do {
      let mark = try await trail.log.mark()
      logger.notice("audit log", metadata: ["sequence": "\(mark.sequence)", "head": "\(mark.head)"])
    } catch  where isLast {
      // Services that end by a failure end all at once: the store may be closed before this, and the log is well.
      logger.notice("the audit log's last head was not noted")
    } catch {
      logger.error("the audit log cannot be read: \(error)")
    }
  }
}
