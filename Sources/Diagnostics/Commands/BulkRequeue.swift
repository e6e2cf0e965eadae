import API
import Datasets
import Foundation
import Replication

/// `quarantine requeue --all`: one entry after the other, until a look at the list brings nothing that was not tried.
struct BulkRequeue {
  struct Summary: Encodable {
    var applied = 0
    /// Held no more when its turn came: it waited for one before it, or somebody else has decided.
    var decided = 0
    /// What is still held, or of which a part is.
    var held: [QuarantineReply.Decision] = []
    /// Of revoked offices: left to `nodes accept-backlog`.
    var skipped = 0
  }

  private static let revoked = QuarantineReason.Code.revokedBacklog.rawValue

  let reason: String
  let code: String?
  let dataset: String?

  /// What an entry may be held for, at the centre and at an office.
  static let codes = QuarantineReason.Code.allCases.map(\.rawValue) + ["damaged", "trimmed", "held_value", "recovered"]

  /// - Throws: what ended it before all were tried; the summary of what was done until then is printed first.
  func run(in session: Session) async throws {
    let client = try session.client()
    var summary = Summary()
    var tried: Set<String> = []
    do {
      while true {
        let entries = try await list(client).filter { tried.insert($0.id).inserted }
        // What a thief may have written enters by its own command, or where somebody says its code.
        let meant = entries.filter { $0.code != Self.revoked || code == Self.revoked }
        summary.skipped += entries.count - meant.count
        if meant.isEmpty { break }
        for (index, entry) in meant.enumerated() {
          try await requeue(entry.id, client, &summary)
          if session.console.errorIsTerminal, (index + 1).isMultiple(of: 100) {
            try session.note(session.language("\(index + 1) dari \(meant.count)…", "\(index + 1) of \(meant.count)…"))
          }
        }
      }
    } catch {
      try tell(summary, in: session)
      throw error
    }
    try tell(summary, in: session)
    guard summary.held.isEmpty else {
      throw CommandFailure(
        .problem, session.language("\(summary.held.count) masih ditahan", "\(summary.held.count) are still held"))
    }
  }

  /// All that is held; an office lists at most 10,000 of a kind, and the rest once these are dealt with.
  private func list(_ client: APIClient) async throws -> [QuarantineReply.Entry] {
    var page = Page(limit: 1000)
    var entries: [QuarantineReply.Entry] = []
    repeat {
      let reply = try await client.reply(QuarantineReply.self, to: .quarantine(page, dataset: dataset, node: nil)).reply
      entries += reply.quarantine.filter { code == nil || $0.code == code }
      page.cursor = reply.next
    } while page.cursor != nil
    return entries
  }

  /// A refusal of one stops none of the others; a daemon that fails or is full is not asked ten thousand times more.
  private func requeue(_ id: String, _ client: APIClient, _ summary: inout Summary) async throws {
    let request = try APIRequest.requeue(id, reason: reason)
    let answer = try await client.answer(to: request)
    let error = try? APICoding.decoder.decode(ErrorReply.self, from: answer.body).error
    if [404, 409].contains(answer.status), let error, ["not_held", "unknown_entry"].contains(error) {
      summary.decided += 1
      return
    }
    do {
      let body = try client.successBody(of: answer, to: request)
      let decision = try client.decode(QuarantineReply.Decision.self, body)
      if decision.outcome == "held" || decision.left != nil {
        summary.held.append(decision)
      } else {
        summary.applied += 1
      }
    } catch {
      guard error.code == .data else { throw error }
      summary.held.append(QuarantineReply.Decision(id: id, outcome: "held", reason: error.message))
    }
  }

  private func tell(_ summary: Summary, in session: Session) throws {
    if session.isJSON { return try session.print(json: summary) }
    for decision in summary.held.prefix(20) {
      try session.note("\(decision.id): \(decision.reason ?? decision.code ?? "-")")
    }
    if summary.held.count > 20 { try session.note("…") }
    let count = summary.applied
    try session.print(line: session.language("\(count) dimasukkan.", "\(count) applied."))
    if summary.decided > 0 {
      try session.note(
        session.language(
          "\(summary.decided) tidak ditahan lagi sebelum gilirannya.",
          "\(summary.decided) were held no more before their turn."))
    }
    guard summary.skipped > 0 else { return }
    try session.note(
      session.language(
        "\(summary.skipped) dari kantor yang dicabut tidak ikut: simpulctl nodes accept-backlog KANTOR --reason ALASAN.",
        "\(summary.skipped) of revoked offices are left out: simpulctl nodes accept-backlog OFFICE --reason TEXT."))
  }
}
