import Datasets
import HTTPTypes
import Hummingbird
import Logging
package import Replication
import Storage

extension HTTPCall {
  /// Does what a person ordered, once it stands in the audit log. Where it then is not done, that stands there too.
  ///
  /// - Parameters:
  ///   - subject: what it is done to; see `AuditAct`.
  ///   - reason: the order's own; without one `Simpul-Reason`.
  /// - Throws: `HTTPProblem` (503, 507) when the audit log cannot be written; then nothing was done.
  package func audited<Result>(
    _ action: AuditAction, _ subject: String, reason: String? = nil, _ body: () async throws -> Result
  ) async throws -> Result {
    try await audit(action, subject, reason: reason)
    do {
      return try await body()
    } catch {
      try await audit(action, subject, reason: reason, outcome: AuditAct.notDone)
      throw error
    }
  }

  /// Notes something that this caller did, or is about to do.
  ///
  /// - Throws: `HTTPProblem` (503, 507) when the audit log cannot be written.
  package func audit(
    _ action: AuditAction, _ subject: String, reason: String? = nil, outcome: String? = nil
  ) async throws {
    try await note([act(action, subject, reason: reason ?? self.reason, outcome: outcome)])
  }

  /// Answers, once all that the answer shows unmasked stands in the audit log: also where it is a refusal that shows the
  /// present record.
  func answered(by handle: @Sendable (HTTPCall) async throws -> Response) async throws -> Response {
    let response: Response
    do {
      response = try await handle(self)
    } catch {
      try await auditLooks()
      throw error
    }
    try await auditLooks()
    return response
  }

  private func auditLooks() async throws {
    let acts = looks.take().map { look in
      act(
        .reveal, look.dataset?.text ?? "-", count: look.count, records: Array(look.records.prefix(AuditAct.recordsMax)),
        reason: reason)
    }
    if !acts.isEmpty { try await note(acts) }
  }

  private func act(
    _ action: AuditAction, _ subject: String, count: UInt64? = nil, records: [RecordID] = [], reason: String?,
    outcome: String? = nil
  ) -> AuditAct {
    AuditAct(
      caller: caller.name, role: caller.role, office: caller.office, action, subject, count: count, records: records,
      reason: reason, outcome: outcome)
  }

  private func note(_ acts: [AuditAct]) async throws {
    do {
      try await trail.note(acts)
    } catch {
      logger.critical("the audit log cannot be written: \(error)", metadata: ["route": "\(route)"])
      let isFull = (error as? StoreError)?.code == .full
      throw HTTPProblem(
        isFull ? .insufficientStorage : .serviceUnavailable, "audit_unavailable",
        BilingualText(
          id: "Catatan audit tidak dapat ditulis, maka nomor tidak ditampilkan dan perintah tidak dijalankan. Yang "
            + "sudah tersimpan tetap tersimpan. Beri ruang pada disk atau lihat catatan (journalctl), lalu ulangi.",
          en: "The audit log cannot be written, so no numbers are shown and no order is carried out. What was kept is "
            + "kept. Make room on the disk or see the log (journalctl), then try again."),
        language: language)
    }
  }
}
