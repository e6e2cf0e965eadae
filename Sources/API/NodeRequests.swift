/// `POST /api/v1/nodes/{node}/invitation`.
package struct InvitationRequest: Sendable, Codable, Equatable {
  /// From now on; 1 to 720.
  package var validHours: Int

  package init(validHours: Int) { self.validHours = validHours }
}

/// `POST /api/v1/nodes/{node}/revocation`.
package struct RevocationRequest: Sendable, Codable, Equatable {
  /// Why, for the audit log.
  package var reason: String

  package init(reason: String) { self.reason = reason }
}

/// `POST /api/v1/quarantine/{entry}/requeue` and `…/discard`.
package struct DecisionRequest: Sendable, Codable, Equatable {
  /// Why, for the audit log.
  package var reason: String

  package init(reason: String) { self.reason = reason }
}
