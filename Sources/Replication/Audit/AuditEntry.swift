package import Datasets
package import Wire

/// One entry of a daemon's audit log.
package struct AuditEntry: Sendable, Equatable {
  /// From 1, without a gap.
  package let sequence: Datasets.Sequence
  /// The daemon's wall clock.
  package let at: Timestamp
  package let act: AuditAct

  package init(sequence: Datasets.Sequence, at: Timestamp, act: AuditAct) {
    self.sequence = sequence
    self.at = at
    self.act = act
  }

  /// The bytes that the chain runs over; the first one is the form's version. Never to be changed: logs are verified
  /// years later.
  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 128)
    writer.byte(1)
    writer.varint(sequence.value)
    writer.fixed64(UInt64(bitPattern: at.milliseconds))
    writer.text(act.caller)
    writer.text(act.role)
    writer.optional(act.office) { $0.text($1) }
    writer.text(act.action)
    writer.text(act.subject)
    writer.optional(act.count) { $0.varint($1) }
    writer.list(act.records) { $0.raw($1.bytes) }
    writer.optional(act.reason) { $0.text($1) }
    writer.optional(act.outcome) { $0.text($1) }
    return writer.bytes
  }
}

/// An entry as it is kept: with the chain's head after it, SHA-256(head before, bytes).
package struct AuditedEntry: Sendable, Equatable {
  package let entry: AuditEntry
  package let head: Hash256

  package init(entry: AuditEntry, head: Hash256) {
    self.entry = entry
    self.head = head
  }
}

extension StreamChain {
  /// Goes on over one entry of an audit log.
  package mutating func append(_ entry: AuditEntry) -> AuditedEntry {
    append(entry.bytes)
    return AuditedEntry(entry: entry, head: head)
  }
}
