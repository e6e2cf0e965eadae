package import Datasets

/// What somebody did that an auditor may ask about, as the audit log's `action`.
package enum AuditAction: String, Sendable, CaseIterable {
  /// Identifying numbers were shown unmasked.
  case reveal
  /// The centre itself changed a record; what offices write is their work, and stands in the records.
  case edit
  // At the centre or at an office.
  case delete
  case restore
  /// A conflict was decided.
  case resolve
  // Persons: one of two, two again, noted as two, two of one.
  case merge
  case undo
  case distinct
  case split
  // Quarantine: tried again, put right, given up.
  case requeue
  case mend
  case discard
  // Offices.
  case invite
  case revoke
  case acceptBacklog = "accept_backlog"
  // An office's attendance terminals; what they handed in and is given up is a `discard`.
  case terminalAdopt = "terminal_adopt"
  case terminalRelease = "terminal_release"
  /// The fleet key got a new version.
  case fleetKey = "fleet_key"
  /// Everything left the centre in one file.
  case backup
  /// The store was set back to a backup: what was noted after it is gone.
  case restoreBackup = "restore_backup"
  // People's access.
  case tokenCreate = "token_create"
  case tokenRevoke = "token_revoke"
  case signInLink = "sign_in_link"
  case signIn = "sign_in"
  case signOut = "sign_out"
}

/// Who did what to what, and why: an entry of the audit log without its place. Everything in it is bounded, and numbers
/// that identify people are masked: whoever audits needs none, whatever people type as a reason.
package struct AuditAct: Sendable, Equatable {
  /// So many records are named; the count says how many there were.
  package static let recordsMax = 50
  package static let reasonBytesMax = 500
  package static let nameBytesMax = 100
  package static let subjectBytesMax = 200
  /// `outcome` of an order that was not carried out.
  package static let notDone = "not done"

  /// A token's name, or `socket`.
  package let caller: String
  /// `viewer`, `operator` or `admin`.
  package let role: String
  /// The only office that the caller is concerned with; nil is all.
  package let office: String?
  /// `AuditAction`'s word; a later version may know others.
  package let action: String
  /// What it was done to: a dataset, `population/9f2c…`, an office, an entry of quarantine.
  package let subject: String
  /// How many records a reveal was of.
  package let count: UInt64?
  /// The first of them.
  package let records: [RecordID]
  package let reason: String?
  /// Nil for what was ordered; otherwise what became of it.
  package let outcome: String?

  package init(
    caller: String, role: Role, office: NodeName? = nil, _ action: AuditAction, _ subject: String,
    count: UInt64? = nil, records: [RecordID] = [], reason: String? = nil, outcome: String? = nil
  ) {
    self.init(
      caller: Self.fitting(caller, Self.nameBytesMax), role: role.rawValue, office: office?.text,
      action: action.rawValue, subject: Self.fitting(subject, Self.subjectBytesMax), count: count,
      records: Array(records.prefix(Self.recordsMax)), reason: reason.map { Self.fitting($0, Self.reasonBytesMax) },
      outcome: outcome.map { Self.fitting($0, Self.nameBytesMax) })
  }

  /// What a store or a file holds, as it is.
  package init(
    caller: String, role: String, office: String?, action: String, subject: String, count: UInt64?,
    records: [RecordID], reason: String?, outcome: String?
  ) {
    self.caller = caller
    self.role = role
    self.office = office
    self.action = action
    self.subject = subject
    self.count = count
    self.records = records
    self.reason = reason
    self.outcome = outcome
  }

  /// Masked first: a number that is cut in two would be none any more.
  private static func fitting(_ text: String, _ bytesMax: Int) -> String {
    let masked = IdentityNumbers.masked(text)
    guard masked.utf8.count > bytesMax else { return masked }
    var output = String.UnicodeScalarView()
    var count = 0
    for scalar in masked.unicodeScalars {
      count += UTF8.width(scalar)
      if count > bytesMax { break }
      output.append(scalar)
    }
    return String(output)
  }
}
