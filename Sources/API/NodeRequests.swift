/// `POST /api/v1/nodes/{node}/invitation`.
package struct InvitationRequest: Sendable, Codable, Equatable {
  /// From now on; 1 to 720.
  package var validHours: Int
  /// True where a machine that is connected just now shall be replaced; without, such an office is not invited.
  package var replace: Bool?

  package init(validHours: Int, replace: Bool? = nil) {
    self.validHours = validHours
    self.replace = replace
  }
}

/// `POST /api/v1/nodes/{node}/revocation`.
package struct RevocationRequest: Sendable, Codable, Equatable {
  /// Why, for the audit log.
  package var reason: String

  package init(reason: String) { self.reason = reason }
}

/// What became of the backlog that a revoked node joined again with: `POST /api/v1/nodes/{node}/backlog`.
package struct BacklogDecision: Sendable, Codable, Equatable {
  package var node: String
  /// Entries that left quarantine.
  package var taken: Int
  /// Those that are refused for other reasons, and stay.
  package var held: Int

  package init(node: String, taken: Int, held: Int) {
    self.node = node
    self.taken = taken
    self.held = held
  }
}

/// `POST /api/v1/quarantine/{entry}/mend`.
package struct MendRequest: Sendable, Codable, Equatable {
  /// What is put right, or added; other fields stay as the change has them.
  package var fields: [String: JSONValue]
  /// The record's version that was looked at; without one nothing newer is replaced.
  package var version: String?
  /// Why, for the audit log.
  package var reason: String?

  package init(fields: [String: JSONValue], version: String?, reason: String?) {
    self.fields = fields
    self.version = version
    self.reason = reason
  }
}

/// `POST /api/v1/nodes/{node}/backlog`, `…/quarantine/{entry}/requeue` and `…/discard`.
package struct DecisionRequest: Sendable, Codable, Equatable {
  /// Why, for the audit log.
  package var reason: String

  package init(reason: String) { self.reason = reason }
}
