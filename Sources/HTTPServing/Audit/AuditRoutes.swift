package import API
import Datasets
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
package import Replication
import Storage
package import Wire

extension AuditTrail {
  /// The audit log for its readers, the same at both daemons.
  package var routes: [Route] {
    let path = "/api/v1/audit"
    return [
      Route(
        .get, path, "Who looked at unmasked numbers and who decided what, newest first.",
        query: Route.Parameter.page + [
          .init("action", .words(AuditAction.allCases.map(\.rawValue)), "Only this."),
          .init("caller", .string, "Only of this one."),
        ], answer: .json(.named("AuditReply")), admits: .atLeast(.admin), handle: list),
      Route(
        .get, path + "/head", "The newest entry's place and the head of the chain there.",
        answer: .json(.named("AuditHeadReply")), admits: .atLeast(.admin)
      ) { _ in try .json(AuditHeadReply(try await log.mark())) },
      Route(
        .get, path + "/export", "The whole log, oldest first, a line of JSON for each entry.",
        answer: .text("application/x-ndjson"), admits: .atLeast(.admin), handle: export),
    ]
  }

  private func list(_ call: HTTPCall) async throws -> Response {
    let before = try call.cursor { cursor in
      cursor.parts.count == 1 ? cursor.parts.first.flatMap { UInt64($0) }.flatMap { Datasets.Sequence($0) } : nil
    }
    let page = try await log.newest(
      before: before, action: call.query("action"), caller: call.query("caller"), limit: try call.limit())
    return try .json(
      AuditReply(
        audit: page.entries.map { AuditReply.Entry($0) }, next: page.next.map { PageCursor(["\($0)"]).text }))
  }

  private func export(_ call: HTTPCall) async throws -> Response {
    let log = log
    // What comes while it is sent is the next export's: a reader that is slow gets an end.
    let through = try await log.mark().sequence
    return Response(
      status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        var after = Datasets.Sequence.none
        while after < through {
          let page = try await log.entries(after: after, through: through, limit: 500)
          guard let last = page.last else { break }
          var buffer = ByteBuffer()
          for entry in page {
            buffer.writeBytes(try APICoding.encoder.encode(AuditReply.Entry(entry)))
            buffer.writeInteger(UInt8(ascii: "\n"))
          }
          try await writer.write(buffer)
          after = last.entry.sequence
        }
        try await writer.finish(nil)
      })
  }
}

extension AuditReply.Entry {
  package init(_ audited: AuditedEntry) {
    let act = audited.entry.act
    self.init(
      sequence: audited.entry.sequence.value, at: InstantText.of(audited.entry.at), caller: act.caller, role: act.role,
      office: act.office, action: act.action, subject: act.subject, count: act.count,
      records: act.records.isEmpty ? nil : act.records.map(\.description), reason: act.reason, outcome: act.outcome,
      head: audited.head.description)
  }
}

extension AuditHeadReply {
  package init(_ mark: StreamMark) {
    self.init(sequence: mark.sequence.value, head: mark.head.description)
  }
}
