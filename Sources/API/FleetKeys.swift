/// The versions of the fleet key, never the key: `GET /api/v1/fleet-key`.
package struct FleetKeyReply: Sendable, Codable, Equatable {
  package struct Version: Sendable, Codable, Equatable {
    package var version: Int
    /// RFC 3339.
    package var createdAt: String

    package init(version: Int, createdAt: String) {
      self.version = version
      self.createdAt = createdAt
    }
  }

  /// The one that makes the ids of new records.
  package var version: Int
  package var versions: [Version]
  /// The offices that hold it, or get it when they connect: those with a key of their own that write records.
  package var nodes: [String]

  package init(version: Int, versions: [Version], nodes: [String]) {
    self.version = version
    self.versions = versions
    self.nodes = nodes
  }
}

/// `POST /api/v1/fleet-key/rotation`.
package struct FleetKeyRotation: Sendable, Codable, Equatable {
  /// The version that is to be replaced, so that an order that is repeated makes no second one.
  package var present: Int
  package var reason: String?

  package init(present: Int, reason: String?) {
    self.present = present
    self.reason = reason
  }
}

/// `GET /api/v1/export-key`.
package struct ExportKeyReply: Sendable, Codable, Equatable {
  /// For `ExportedVersion`; nil where there is no fleet key.
  package var key: String?

  package init(key: String?) { self.key = key }
}
