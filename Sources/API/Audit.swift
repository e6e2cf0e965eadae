/// One page of the audit log, newest first: `GET /api/v1/audit`.
package struct AuditReply: Sendable, Codable, Equatable {
  /// An entry, also a line of the export. What the chain runs over are its members but `head`, in a form of their own.
  package struct Entry: Sendable, Codable, Equatable {
    package var sequence: UInt64
    /// RFC 3339.
    package var at: String
    package var caller: String
    package var role: String
    /// The only office that the caller was concerned with.
    package var office: String?
    package var action: String
    package var subject: String
    /// How many records a reveal was of, and the ids of the first.
    package var count: UInt64?
    package var records: [String]?
    package var reason: String?
    package var outcome: String?
    /// SHA-256 of the head before and this entry, in hexadecimal.
    package var head: String

    package init(
      sequence: UInt64, at: String, caller: String, role: String, office: String?, action: String, subject: String,
      count: UInt64?, records: [String]?, reason: String?, outcome: String?, head: String
    ) {
      self.sequence = sequence
      self.at = at
      self.caller = caller
      self.role = role
      self.office = office
      self.action = action
      self.subject = subject
      self.count = count
      self.records = records
      self.reason = reason
      self.outcome = outcome
      self.head = head
    }
  }

  package var audit: [Entry]
  /// Where the next page begins; absent at the end.
  package var next: String?

  package init(audit: [Entry], next: String?) {
    self.audit = audit
    self.next = next
  }
}

/// The newest entry's place and head: `GET /api/v1/audit/head`, and in `status`.
package struct AuditHeadReply: Sendable, Codable, Equatable {
  /// 0 for an empty log.
  package var sequence: UInt64
  /// In hexadecimal.
  package var head: String

  package init(sequence: UInt64, head: String) {
    self.sequence = sequence
    self.head = head
  }
}
