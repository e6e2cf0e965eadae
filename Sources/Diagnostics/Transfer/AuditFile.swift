import API
import Datasets
import Foundation
import Replication
import Wire

/// Recomputes an exported audit log as its bytes come, in the memory of one line.
struct AuditFile: Sendable {
  /// What ends the reading: the first entry that does not fit, or a line that is none.
  enum Break: Error, Sendable, Equatable {
    case finding(AuditVerification.Finding)
    /// The line, from 1, that is no entry.
    case unreadable(line: Int)
  }

  /// An entry has at most some 4 KiB; whatever is longer is none.
  private static let lineBytesMax = 64 << 10

  private var verification: AuditVerification
  private var rest: [UInt8] = []
  private var line = 0
  /// The newest entry's time, as it stands there.
  private(set) var newest: String?
  private(set) var found: Break?

  /// - Parameter noted: a head that was noted elsewhere.
  init(noted: Hash256?) { verification = AuditVerification(noted: noted) }

  var mark: StreamMark { verification.mark }
  var lacksNoted: Bool { found == nil && verification.lacksNoted }
  var notedAt: Datasets.Sequence? { verification.notedAt }

  /// Takes the next bytes; what comes behind a break is passed over.
  mutating func push(_ bytes: [UInt8]) {
    guard found == nil else { return }
    rest += bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      check(Array(rest[..<end]))
      rest.removeFirst(end + 1)
      if found != nil { return }
    }
    if rest.count > Self.lineBytesMax { found = .unreadable(line: line + 1) }
  }

  /// The file has ended; a last line may have no line end.
  mutating func finish() {
    if found == nil, !rest.isEmpty { check(rest) }
    rest = []
  }

  private mutating func check(_ bytes: [UInt8]) {
    line += 1
    guard let reply = try? APICoding.decoder.decode(AuditReply.Entry.self, from: Data(bytes)),
      let audited = AuditedEntry(reply)
    else {
      found = .unreadable(line: line)
      return
    }
    do throws(AuditVerification.Finding) {
      try verification.check(audited)
      newest = reply.at
    } catch {
      found = .finding(error)
    }
  }
}

extension AuditedEntry {
  /// - Returns: nil for what no log has written.
  init?(_ reply: AuditReply.Entry) {
    guard let sequence = Datasets.Sequence(reply.sequence),
      let at = ZonedInstant(reply.at, defaultOffsetMinutes: nil)?.timestamp,
      let head = Hexadecimal.bytes(of: reply.head).flatMap({ Hash256($0) })
    else { return nil }
    let ids = reply.records ?? []
    let records = ids.compactMap { RecordID($0) }
    guard records.count == ids.count else { return nil }
    let act = AuditAct(
      caller: reply.caller, role: reply.role, office: reply.office, action: reply.action, subject: reply.subject,
      count: reply.count, records: records, reason: reply.reason, outcome: reply.outcome)
    self.init(entry: AuditEntry(sequence: sequence, at: at, act: act), head: head)
  }
}
