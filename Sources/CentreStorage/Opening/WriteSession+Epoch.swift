import Datasets
import GRDB
import Storage
import Wire

extension WriteSession {
  /// Keeps the first secret that it is given: ids made with it must stay the same for ever.
  func storeFleetKey(secret: [UInt8]) throws {
    guard try database.integer("SELECT count(*) FROM fleet_key") == 0 else { return }
    guard secret.count == 32 else {
      throw StoreError(.unusable, "A new store needs a fleet key of 32 random bytes, not \(secret.count).")
    }
    try run(
      "INSERT INTO fleet_key (version, secret, created_ms) VALUES (1, ?, ?)",
      [.blob(secret), .integer(now.milliseconds)])
  }

  /// Mints the epoch: child of the one before, with the feed position where it begins (protocol.md, Identity
  /// 1).
  func beginEpoch(random: UInt64) throws -> Incarnation {
    let previous = try first(
      "SELECT generation, random, incarnation FROM epoch ORDER BY id DESC LIMIT 1", []
    ) { (incarnation: $0.incarnation(0), row: $0.integer(2)) }
    let generation = (previous?.incarnation.generation ?? 0).addingReportingOverflow(1)
    guard !generation.overflow else { throw StoreError.damaged("an epoch") }
    let epoch = Incarnation(generation: generation.partialValue, random: random)
    let row = try insertIncarnation(Author(node: .centre, incarnation: epoch), parent: previous?.row)
    if let previous {
      // The centre's own streams go on where the epoch before ended.
      try run(
        """
        INSERT INTO stream (incarnation, dataset, applied, head)
        SELECT ?, dataset, applied, head FROM stream WHERE incarnation = ?
        """, [.integer(row), .integer(previous.row)])
      try run(
        """
        INSERT INTO incarnation_end (incarnation, dataset, last, sealed, head)
        SELECT ?, dataset, applied, applied, head FROM stream WHERE incarnation = ?
        """, [.integer(row), .integer(previous.row)])
    }
    try run(
      "INSERT INTO epoch (incarnation, generation, random, start, started_ms) VALUES (?, ?, ?, ?, ?)",
      [
        .integer(row), epoch.stored.generation, epoch.stored.random,
        .integer(Int64(clamping: memory.position)), .integer(now.milliseconds),
      ])
    memory.epoch = (row, epoch)
    return epoch
  }

  /// Whether a copy at `cursor` can go on from there.
  func isWithinHistory(_ cursor: FeedCursor) throws -> Bool {
    try database.isWithinHistory(cursor, end: memory.position)
  }
}

extension Database {
  /// Whether a copy at `cursor` can go on from there: its epoch is known, and had come that far before the
  /// next began.
  ///
  /// - Parameter end: the feed's newest position; nil for that of this snapshot.
  func isWithinHistory(_ cursor: FeedCursor, end: UInt64? = nil) throws -> Bool {
    let found = try first(
      "SELECT id FROM epoch WHERE generation = ? AND random = ? LIMIT 1",
      [cursor.epoch.stored.generation, cursor.epoch.stored.random]
    ) { $0.integer(0) }
    guard let id = found else { return false }
    let next = try first("SELECT start FROM epoch WHERE id > ? ORDER BY id LIMIT 1", [.integer(id)]) {
      $0.unsigned(0)
    }
    return try cursor.position <= next ?? end ?? feedPosition()
  }
}
