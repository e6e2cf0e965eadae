package import Datasets
import GRDB
import Storage
import Wire

/// One version of the fleet key, without the key.
package struct FleetKeyVersion: Sendable, Equatable {
  package let version: UInt8
  package let created: Timestamp
}

extension CentreStore {
  /// All versions, the newest first.
  package func fleetKeyVersions() async throws -> [FleetKeyVersion] {
    try await read { database in
      try database.rows("SELECT version, created_ms FROM fleet_key ORDER BY version DESC") {
        FleetKeyVersion(version: UInt8(clamping: $0.integer(0)), created: $0.timestamp(1))
      }
    }
  }

  /// The one that makes the ids of new records; never to be shown.
  package func newestFleetKey() async throws -> FleetKey? {
    try await read { try $0.fleetKeys().first }
  }

  /// Adds a version that makes the ids of new records from now on. Records keep theirs, and nodes the versions before,
  /// by which they find people whose ids those made.
  ///
  /// - Parameters:
  ///   - present: the version that is to be replaced.
  ///   - secret: 32 random bytes.
  /// - Returns: the new version; nil when another one than `present` is in force, or it is the last there can be.
  package func rotateFleetKey(after present: UInt8, secret: [UInt8], now: Timestamp) async throws -> UInt8? {
    guard secret.count == 32 else { throw StoreError(.unusable, "A fleet key has 32 bytes, not \(secret.count).") }
    let version = try await write(now: now) { session -> UInt8? in
      let newest = try session.first("SELECT max(version) FROM fleet_key", []) { $0.integer(0) } ?? 0
      guard newest == Int64(present), present < .max else { return nil }
      try session.run(
        "INSERT INTO fleet_key (version, secret, created_ms) VALUES (?, ?, ?)",
        [.integer(newest + 1), .blob(secret), .integer(now.milliseconds)])
      return present + 1
    }
    if let version { catalogues.fleetKeyRotated(to: version) }
    return version
  }

  /// The offices with a key of their own that write records, and so hold the fleet key or get it when they connect.
  package func fleetKeyHolders() async throws -> [NodeName] {
    let catalogue = catalogues.current
    return try await nodes().filter { $0.state == .offline && catalogue.writesRecords($0.node) }.map(\.node)
  }
}

extension Database {
  /// The newest first; the ones before find people whose ids they made.
  func fleetKeys() throws -> [FleetKey] {
    try rows("SELECT version, secret FROM fleet_key ORDER BY version DESC") {
      FleetKey(version: UInt8(clamping: $0.integer(0)), secret: $0.blob(1))
    }.compactMap { $0 }
  }
}
