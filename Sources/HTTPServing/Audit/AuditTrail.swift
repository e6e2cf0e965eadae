package import Datasets
package import Replication
package import Storage
package import Wire

/// A daemon's audit log as its interface writes to it.
package struct AuditTrail: Sendable {
  package let log: AuditLog
  private let now: @Sendable () -> Timestamp

  /// - Parameter now: the wall clock.
  package init(_ log: AuditLog, now: @escaping @Sendable () -> Timestamp) {
    self.log = log
    self.now = now
  }

  /// Notes acts; they are on the disk when this returns.
  ///
  /// - Throws: `StoreError`: then nothing of it may be shown or done.
  @discardableResult
  package func note(_ acts: [AuditAct]) async throws -> StreamMark {
    try await log.append(acts, at: now())
  }
}
